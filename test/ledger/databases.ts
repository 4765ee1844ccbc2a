import { afterAll, afterEach, beforeAll, beforeEach, describe, expect } from '@jest/globals';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import {
  deleteState,
  openDatabase,
  openLedger,
  type Database,
  type DatabaseOptions,
  type DatabaseProblem,
  type EmbeddedOptions,
  type Ledger,
} from '../../src/ledger/index.js';
import { describeWith, postgresql } from '../environment/peers.js';

/** Where databases of tests lie that run as root; the copy of the server's programs in it is kept between runs. */
export const FOLDER_AS_ROOT = join(tmpdir(), 'caliper-tests');
export const NOBODY = 65534;
export const asRoot = process.getuid!() === 0;

/** Things that a database told its world. */
export class Told {
  readonly broken: string[] = [];
  readonly lost: DatabaseProblem[] = [];
  readonly world = {
    broken: (error: Error) => void this.broken.push(error.message),
    lost: (problem: DatabaseProblem) => void this.lost.push(problem),
  };
}

export const temporaryFolder = (): string => mkdtempSync(join(tmpdir(), 'caliper-ledger-'));

export const embeddedIn = (folder: string, as: 'daemon' | 'guest' = 'daemon'): EmbeddedOptions => ({
  kind: 'embedded',
  folder,
  as,
  folderAsRoot: FOLDER_AS_ROOT,
});

export async function opened(options: DatabaseOptions, told = new Told()): Promise<Database> {
  const result = await openDatabase(options, told.world);
  if (!result.ok) throw new Error(`${result.error.code}: ${result.error.says}`);
  return result.value;
}

/** Debian's PostgreSQL, run as an ordinary user on a port of the loopback: the stand-in for a site's own. */
export async function startSite(programs: string): Promise<{ url: string; stop(): Promise<void> }> {
  const folder = temporaryFolder();
  const account = asRoot ? { uid: NOBODY, gid: NOBODY } : {};
  if (asRoot) chownSync(folder, NOBODY, NOBODY);
  const data = join(folder, 'data');
  const made = spawnSync(
    join(programs, 'initdb'),
    ['-D', data, '-U', 'site', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'],
    { ...account, cwd: folder, encoding: 'utf8', env: {} },
  );
  if (made.status !== 0) throw new Error(made.stderr);
  const port = await freePort();
  const settings = [
    'listen_addresses=127.0.0.1',
    `port=${port}`,
    `unix_socket_directories=${folder}`,
    'max_connections=80',
    'fsync=off',
  ];
  const server = spawn(join(programs, 'postgres'), ['-D', data, ...settings.flatMap((setting) => ['-c', setting])], {
    ...account,
    cwd: folder,
    env: {},
    stdio: 'ignore',
  });
  const url = `postgres://site@127.0.0.1:${port}/postgres`;
  await answering(url);
  return {
    url,
    stop: async () => {
      server.kill('SIGINT');
      await once(server, 'exit');
      rmSync(folder, { recursive: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

export async function answering(url: string): Promise<void> {
  for (const end = Date.now() + 60_000; ;) {
    const client = new Client({ connectionString: url });
    client.on('error', () => undefined);
    try {
      await client.connect();
      return await client.end();
    } catch (error) {
      if (Date.now() > end) throw new Error('the server of the test does not answer', { cause: error });
      await soon();
    }
  }
}

export const soon = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));

/** Waits, but not for ever: what was waited for stands in the error. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what = String(condition),
  mostMs = 60_000,
): Promise<void> {
  const end = Date.now() + mostMs;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`waited ${mostMs / 1000} s for ${what}`);
    await soon();
  }
}

export interface Bench {
  /** Fresh tables for every test. */
  readonly ledger: Ledger;
  readonly database: Database;
  /** How a guest opens it. */
  readonly options: DatabaseOptions;
  /** A second process's way to the same database. */
  second(): Promise<Database>;
}

/** The same tests on the embedded server and on a site's. */
export function onBothDatabases(title: string, tests: (bench: Bench) => void): void {
  describe(`${title}, on the embedded database`, () => {
    let folder: string;
    suite(
      tests,
      () => {
        folder = temporaryFolder();
        return Promise.resolve(embeddedIn(folder));
      },
      () => embeddedIn(folder, 'guest'),
      async () => void (await deleteState(embeddedIn(folder), new Told().world)),
    );
  });
  describeWith({ postgresql: postgresql() }, `${title}, on a PostgreSQL of the site`, (peers) => {
    let site: Awaited<ReturnType<typeof startSite>>;
    const options = (): DatabaseOptions => ({ kind: 'site', url: site.url });
    suite(
      tests,
      async () => {
        site = await startSite(peers.postgresql);
        return options();
      },
      options,
      () => site.stop(),
    );
  });
}

function suite(
  tests: (bench: Bench) => void,
  start: () => Promise<DatabaseOptions>,
  second: () => DatabaseOptions,
  stop: () => Promise<void>,
): void {
  let database: Database;
  let ledger: Ledger;
  const others: Database[] = [];
  beforeAll(async () => {
    database = await opened(await start());
  });
  beforeEach(async () => {
    await database.pool.query('drop schema if exists caliper cascade');
    await database.pool.query('drop schema if exists caliper_queue cascade');
    const result = await openLedger(database);
    if (!result.ok) throw new Error(result.error.says);
    ledger = result.value;
  });
  afterEach(async () => {
    for (const other of others.splice(0)) await other.close();
  });
  afterAll(async () => {
    await database.close();
    await stop();
  });
  tests({
    get ledger() {
      return ledger;
    },
    get database() {
      return database;
    },
    get options() {
      return second();
    },
    second: async () => {
      const other = await opened(second());
      others.push(other);
      return other;
    },
  });
}

export const valueOf = <T>(result: { ok: true; value: T } | { ok: false; error: unknown }): T => {
  expect(result).toMatchObject({ ok: true });
  return (result as { value: T }).value;
};
