import { describe, test } from '@jest/globals';
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';

/**
 * Other people's software and data that tests measure ours against. Each function gives a path, or undefined where the peer is not on this
 * machine. In strict mode (CALIPER_STRICT=1, set by CI) a missing peer fails the tests that need it; otherwise they are skipped by name.
 */
const root = resolve(process.cwd());

const onPath = (name: string, ...more: string[]): string | undefined => {
  for (const folder of [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin', ...more]) {
    const candidate = join(folder, name);
    try {
      accessSync(candidate, constants.X_OK);
      return candidate;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    }
  }
  return undefined;
};

const ifThere = (path: string): string | undefined => (existsSync(path) ? path : undefined);

/** The Python of the test environment (pydicom, highdicom, numpy). */
export const python = (): string | undefined =>
  ifThere(process.env['CALIPER_PYTHON'] ?? join(root, 'training/.venv/bin/python'));
export const orthanc = (): string | undefined =>
  existsSync('/usr/share/orthanc/plugins/libOrthancDicomWeb.so') ? onPath('Orthanc') : undefined;
export const dciodvfy = (): string | undefined => onPath('dciodvfy');
export const dcentvfy = (): string | undefined => onPath('dcentvfy');
export const dcmdump = (): string | undefined => onPath('dcmdump');
export const dcmftest = (): string | undefined => onPath('dcmftest');
/** dcmqi's reader of segmentations, a program of the Python environment. */
export const dcmqi = (): string | undefined => {
  const environment = python();
  return environment && ifThere(join(dirname(environment), 'segimage2itkimage'));
};
/** Folder in whose node_modules the readers of test/readers/packages/package.json are installed. */
export const readerPackages = (): string | undefined => {
  const folder = process.env['CALIPER_READERS'] ?? join(root, '.readers');
  return existsSync(join(folder, 'node_modules/@cornerstonejs/adapters')) ? folder : undefined;
};
/** The archive of PixelMed's classes, where there is a Java that compiles too. */
export const pixelmed = (): string | undefined =>
  onPath('javac') === undefined ? undefined : ifThere('/usr/share/java/pixelmed.jar');
export const chromium = (): string | undefined => onPath('chromium');
/** Folder of Debian's PostgreSQL server programs. */
export const postgresql = (): string | undefined => ifThere('/usr/lib/postgresql/15/bin');
/** The collection of real studies and reports that lies beside a checkout where there is one. */
export const shared = (): string | undefined => ifThere(process.env['CALIPER_SHARED'] ?? join(root, '../shared'));

const strict = process.env['CALIPER_STRICT'] === '1';

/**
 * `describe` for tests that need peers: `describeWith({ orthanc: orthanc() }, 'title', ({ orthanc }) => ...)`. The collection named `shared` is
 * data that only some checkouts have beside them: without it the tests are skipped, in strict mode too.
 */
export function describeWith<P extends Record<string, string | undefined>>(
  peers: P,
  title: string,
  tests: (peers: { [K in keyof P]: string }) => void,
): void {
  const missing = Object.keys(peers).filter((name) => peers[name] === undefined);
  if (missing.length === 0) {
    describe(title, () => tests(peers as { [K in keyof P]: string }));
    return;
  }
  describe(`${title} (needs ${missing.join(', ')})`, () => {
    if (strict && missing.some((name) => name !== 'shared'))
      test('the peers of this test are on the machine', () => {
        throw new Error(`not on this machine: ${missing.join(', ')}`);
      });
    else test.skip(`skipped: not on this machine: ${missing.join(', ')}`, () => undefined);
  });
}
