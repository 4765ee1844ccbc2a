import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { startArchive } from '../../src/archive/index.js';
import { readLesionSet } from '../../src/dataset/index.js';
import { makePhantomStudy } from '../../src/phantom/index.js';
import { dciodvfy, describeWith, python } from '../environment/peers.js';
import { generateArchive } from './generated-archive.js';

/** The set once more as DICOM: sound to a validator, the same pixels to another reader, and the same set when it is harvested itself. */
jest.setTimeout(600_000);

const scratch = mkdtempSync(join(tmpdir(), 'caliper-dicom-copy-'));
const here = new URL('.', import.meta.url).pathname;
const out = join(scratch, 'set');
const files = () =>
  readdirSync(join(out, 'dicom'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.dcm'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();

beforeAll(async () => {
  const archive = join(scratch, 'archive');
  for (const { name, bytes } of generateArchive(makePhantomStudy(1), { patients: 10, highdicom: false }).files) {
    mkdirSync(dirname(join(archive, name)), { recursive: true });
    writeFileSync(join(archive, name), bytes);
  }
  await harvested(archive, out, ['--context', '5', '--dicom']);
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

async function harvested(folder: string, to: string, more: readonly string[]): Promise<void> {
  const archive = await startArchive({ folder, host: '127.0.0.1', port: 0 }, { randomUUID, report: () => undefined });
  const config = `${to}.yaml`;
  writeFileSync(
    config,
    `archives: [{ name: pacs, url: "${archive.url}", budget: { requestsPerSecond: 1000, megabytesPerSecond: 1000 } }]
sources: [{ archive: pacs }]
destinations: [{ archive: pacs, mode: shadow }]
rules: [{ name: lesions, store: { to: [pacs] } }]
stateFolder: ${to}-state
harvest: { pseudonymKey: "env:HARVEST_KEY", shareOfBudget: 1 }
`,
  );
  const args = ['bin/caliper.mjs', 'harvest', '--config', config, '--out', to, '--from', '1900-01-01', ...more];
  const child = spawn(process.execPath, args, {
    env: { ...process.env, HARVEST_KEY: 'a key of a test, thirty-two characters or more' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let err = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  const status = await new Promise((done) => child.once('close', done));
  await archive.close();
  expect({ status, err: status === 0 ? '' : err }).toEqual({ status: 0, err: '' });
}

/** Rows without what is a pseudonym or a number of the set's own. */
async function measured(folder: string): Promise<readonly string[]> {
  const set = await readLesionSet(folder);
  if (!set.ok) throw new Error(set.error.says);
  return set.value.rows
    .map(({ observerMarks, rows, columns, spacing }) => JSON.stringify([observerMarks, rows, columns, spacing]))
    .sort();
}

describe('harvested again', () => {
  test('the copy gives the same measurements on the same slices', async () => {
    const again = join(scratch, 'again');
    await harvested(join(out, 'dicom'), again, ['--context', '5']);
    expect((await measured(out)).length).toBeGreaterThan(5);
    expect(await measured(again)).toEqual(await measured(out));
  });
});

describeWith({ dciodvfy: dciodvfy() }, 'dciodvfy', (peers) => {
  test('finds no error in images and reports', () => {
    const errors = files().flatMap((file) => {
      const { stdout, stderr } = spawnSync(peers.dciodvfy, ['-new', file], { encoding: 'utf8' });
      return `${stdout}${stderr}`.split('\n').filter((line) => line.startsWith('Error'));
    });
    expect(files().length).toBeGreaterThan(20);
    expect([...new Set(errors)]).toEqual([]);
  });
});

describeWith({ python: python() }, 'pydicom and Pillow', (peers) => {
  test('read the same Hounsfield units from slice and picture, and places a slice distance apart', () => {
    const said = execFileSync(peers.python, [join(here, 'compare_dicom_copy.py'), out], { encoding: 'utf8' });
    expect(JSON.parse(said)).toEqual({ differing: [], misplaced: [], compared: expect.any(Number) });
    expect((JSON.parse(said) as { compared: number }).compared).toBeGreaterThan(20);
  });
});
