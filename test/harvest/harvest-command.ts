import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { startArchive, type RunningArchive } from '../../src/archive/index.js';
import { makePhantomStudy } from '../../src/phantom/index.js';
import { generateArchive, type Truth } from './generated-archive.js';

/** `caliper harvest` as a process of its own, on a generated archive that this process serves. */
export const KEY = 'a key of a test, thirty-two characters or more';
const here = new URL('.', import.meta.url).pathname;

/** Writes a generated archive; highdicom writes its share where there is an interpreter. */
export function fillArchive(folder: string, patients: number, interpreter?: string): Truth {
  const made = generateArchive(makePhantomStudy(1), { patients, highdicom: interpreter !== undefined });
  for (const { name, bytes } of made.files) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), bytes);
  }
  if (interpreter !== undefined)
    execFileSync(interpreter, [join(here, 'reports_by_highdicom.py'), folder], {
      input: JSON.stringify(made.highdicom),
      stdio: ['pipe', 'ignore', 'ignore'],
    });
  return made.truth;
}

export const serveArchive = (folder: string): Promise<RunningArchive> =>
  startArchive({ folder, host: '127.0.0.1', port: 0 }, { randomUUID, report: () => undefined });

interface Site {
  readonly url: string;
  readonly requestsPerSecond?: number;
  /** Further settings of the section harvest. */
  readonly harvest?: string;
  /** Further lines. */
  readonly more?: string;
}

/** Writes a configuration with its own state folder. */
export function writeConfiguration(file: string, { url, requestsPerSecond = 1000, harvest, more = '' }: Site): string {
  writeFileSync(
    file,
    `archives:
  - name: pacs
    url: ${url}
    budget: { requestsPerSecond: ${requestsPerSecond}, megabytesPerSecond: 1000 }
    timeoutSeconds: 20
sources: [{ archive: pacs }]
destinations: [{ archive: pacs, mode: shadow }]
rules: [{ name: lesions, store: { to: [pacs] } }]
stateFolder: ${basename(file, '.yaml')}-state
harvest: { pseudonymKey: "env:HARVEST_KEY"${harvest === undefined ? '' : `, ${harvest}`} }
${more}`,
  );
  return file;
}

export interface Ran {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
}

/** What a test that failed left behind is ended with the file. */
const running = new Set<ChildProcess>();
export const endHarvests = (): void => running.forEach((child) => void child.kill('SIGKILL'));

/** Runs the command; the archive lives in this process, so nothing here may block. */
export function caliper(
  args: readonly string[],
  more: { killAfterMs?: number; signal?: NodeJS.Signals; env?: NodeJS.ProcessEnv } = {},
): Promise<Ran> {
  const started = startHarvest(args, more.env);
  if (more.killAfterMs !== undefined) setTimeout(() => started.kill(more.signal ?? 'SIGKILL'), more.killAfterMs);
  return started.ended;
}

interface Started {
  readonly ended: Promise<Ran>;
  kill(signal: NodeJS.Signals): void;
}

export function startHarvest(args: readonly string[], env: NodeJS.ProcessEnv = {}): Started {
  const child = spawn(process.execPath, ['bin/caliper.mjs', 'harvest', ...args], {
    env: { ...process.env, HARVEST_KEY: KEY, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  child.once('close', () => running.delete(child));
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  return {
    ended: new Promise((done) => child.once('close', (status, signal) => done({ status, signal, out, err }))),
    kill: (signal) => void child.kill(signal),
  };
}

export const filesOf = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();

export const digestsOf = (folder: string): Record<string, string> =>
  Object.fromEntries(
    filesOf(folder).map((path) => [
      path,
      createHash('sha256')
        .update(readFileSync(join(folder, path)))
        .digest('hex'),
    ]),
  );

export const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));
