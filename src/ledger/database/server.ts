/** An embedded server: making its folder, starting it, stopping it. */
import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { open, readFile, readdir, rename, rm, rmdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isThere, type Binaries } from './binaries.js';
import { codeOf, DatabaseRefusal } from './database-types.js';
import type { Layout } from './layout.js';
import { disownStaleLockFiles, isAlive, isServerOf, livingPostmaster } from './postmaster.js';

export const SUPERUSER = 'caliper';
export const PORT = 5432;

const LOG_BYTES = 1 << 20;

/**
 * Only what differs from PostgreSQL's own defaults: no port, little memory (one daemon, rows of a few hundred bytes, no parallel queries), and
 * a log that never repeats what a statement carried.
 */
const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: '',
  unix_socket_permissions: '0700',
  fsync: 'on',
  shared_buffers: '32MB',
  max_connections: '60',
  max_wal_size: '256MB',
  max_parallel_workers: '0',
  max_logical_replication_workers: '0',
  autovacuum_max_workers: '1',
  jit: 'off',
  log_checkpoints: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_error_verbosity: 'terse',
  log_min_error_statement: 'panic',
};

/** The major version that made a data folder; undefined where there is none yet. */
export async function versionOfData(dataFolder: string): Promise<number | undefined> {
  try {
    return Number((await readFile(join(dataFolder, 'PG_VERSION'), 'utf8')).trim());
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
  if ((await isThere(dataFolder)) && (await readdir(dataFolder)).length > 0)
    throw new DatabaseRefusal('state-folder-unusable', `${dataFolder} holds something that is not a database.`);
  return undefined;
}

/** Makes the data folder beside its place and moves it there when complete: one that is there is whole. */
export async function createData(layout: Layout, binaries: Binaries): Promise<void> {
  await removeUnfinished(layout);
  const fresh = `${layout.dataFolder}.${process.pid}.${randomUUID()}.new`;
  const words = ['-D', fresh, '-U', SUPERUSER, '-E', 'UTF8', '--locale=C', '-A', 'trust', '-k', '--no-instructions'];
  if (binaries.major >= 17 && process.platform === 'linux') words.push('--sync-method=syncfs'); // half the time of a thousand fsyncs
  const initdb = await spawnAsAccount(layout, binaries.initdb, words, { stdio: ['ignore', 'ignore', 'pipe'] });
  const said: string[] = [];
  initdb.stderr!.setEncoding('utf8').on('data', (text: string) => said.push(text));
  const [code] = (await once(initdb, 'close')) as [number | null];
  if (code !== 0) {
    await rm(fresh, { recursive: true, force: true });
    throw new DatabaseRefusal(
      'database-start-failed',
      `The database cannot be made in ${layout.dataFolder}: ${lastLine(said.join('')) ?? `initdb ended with ${code}`}`,
    );
  }
  try {
    if (await isThere(layout.dataFolder)) await rmdir(layout.dataFolder); // empty: see versionOfData
    await rename(fresh, layout.dataFolder);
  } catch (error) {
    if (codeOf(error) !== 'ENOTEMPTY' && codeOf(error) !== 'EEXIST') throw error; // another process was quicker
    await rm(fresh, { recursive: true, force: true });
  }
}

/** What processes left that ended while they made a data folder. */
async function removeUnfinished(layout: Layout): Promise<void> {
  const folder = dirname(layout.dataFolder);
  for (const name of await readdir(folder)) {
    const [, maker] = /^postgresql\.(\d+)\.[0-9a-f-]+\.new$/.exec(name) ?? [];
    if (maker === undefined || isAlive(Number(maker))) continue;
    try {
      // its initdb may outlive the killed daemon by seconds and still be writing
      await rm(join(folder, name), { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    } catch (error) {
      if (codeOf(error) !== 'ENOTEMPTY') throw error; // the next start finds it again
    }
  }
}

/** A server that was started; it may not answer yet. */
export interface StartedServer {
  readonly pid: number;
  hasEnded(): boolean;
}

/**
 * Starts the server as a child in a session of its own: an interrupt of the terminal goes to the daemon, which stops it when its work is done.
 */
export async function startServer(layout: Layout, binaries: Binaries): Promise<StartedServer> {
  await disownStaleLockFiles(layout.dataFolder, layout.socketFolder, PORT);
  if ((await isThere(layout.logFile)) && (await stat(layout.logFile)).size > LOG_BYTES)
    await rename(layout.logFile, `${layout.logFile}.1`);
  const log = await open(layout.logFile, 'a', 0o600);
  try {
    const settings: Record<string, string> = { ...SETTINGS };
    if (binaries.major >= 18) settings['io_method'] = 'sync'; // three worker processes fewer
    const words = ['-D', layout.dataFolder, '-k', layout.socketFolder, '-p', String(PORT)];
    for (const [name, value] of Object.entries(settings)) words.push('-c', `${name}=${value}`);
    const child = await spawnAsAccount(layout, binaries.postgres, words, {
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
    });
    let ended = false;
    child.once('exit', () => (ended = true));
    child.unref();
    return { pid: child.pid!, hasEnded: () => ended };
  } finally {
    await log.close();
  }
}

/**
 * Stops the folder's server by the fast shutdown: open transactions are rolled back, everything else is written. Never SIGKILL. It is over when
 * its program is: an adopted one may stay in the process table until somebody collects it.
 */
export async function stopServer(dataFolder: string): Promise<void> {
  const server = await livingPostmaster(dataFolder);
  if (!server) return;
  try {
    process.kill(server.pid, 'SIGINT');
  } catch (error) {
    if (codeOf(error) !== 'ESRCH') throw error;
  }
  while (await isServerOf(server.pid, dataFolder)) await new Promise((resolve) => setTimeout(resolve, 20));
}

/** The last thing the server said before it ended. */
export async function lastWords(layout: Layout): Promise<string> {
  const log = await readFile(layout.logFile, 'utf8');
  const fatal = log.split('\n').findLast((line) => /(FATAL|PANIC|ERROR):/.test(line));
  return fatal?.replace(/^.*?(FATAL|PANIC|ERROR):\s*/, '') ?? lastLine(log) ?? 'it said nothing';
}

const lastLine = (text: string): string | undefined =>
  text
    .split('\n')
    .findLast((line) => line.trim() !== '')
    ?.trim();

/** Nothing of our own environment: PGDATA, PGOPTIONS and the like would change what the server does. */
async function spawnAsAccount(
  layout: Layout,
  program: string,
  words: readonly string[],
  options: SpawnOptions,
): Promise<ChildProcess> {
  try {
    const child = spawn(program, words, {
      cwd: dirname(layout.dataFolder),
      env: { LC_ALL: 'C', PATH: process.env['PATH'] ?? '/usr/bin:/bin' },
      ...(layout.account ?? {}),
      ...options,
    });
    if (child.pid === undefined) await once(child, 'spawn'); // rejects with what went wrong
    return child;
  } catch (error) {
    throw new DatabaseRefusal(
      'database-start-failed',
      layout.account !== undefined && (codeOf(error) === 'EPERM' || codeOf(error) === 'EINVAL')
        ? 'As root the database runs under another account, which is not allowed here: start the daemon as an ordinary user.'
        : `${program} cannot be started (${codeOf(error) ?? 'unknown error'}).`,
      { cause: error },
    );
  }
}
