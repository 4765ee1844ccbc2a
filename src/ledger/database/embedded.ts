/** The embedded server's supervisor: one server and one owner a state folder, whatever died before or meanwhile. */
import { statfs } from 'node:fs/promises';
import type pg from 'pg';
import { ms } from '../../domain/index.js';
import { binariesIn, packagedBinaries, type Binaries } from './binaries.js';
import { openPool, tryToConnect, withOurTypes } from './connection.js';
import { DatabaseRefusal, type Database, type DatabaseWorld, type EmbeddedOptions } from './database-types.js';
import { layoutOf, type Layout } from './layout.js';
import { LOCK_CLASS, LOCKS } from './locks.js';
import { livingPostmaster } from './postmaster.js';
import { createData, lastWords, PORT, startServer, stopServer, SUPERUSER, versionOfData } from './server.js';

/** How long an owner that may just be dying is waited for, and how long a server may take to recover. */
const PATIENCE_MS = { owner: 3_000, server: 300_000, retry: 1_000, look: 40 };
/** Processes of a server that was killed may hold its memory for a moment. */
const START_TRIES = 5;

/** A server that answers. `client`: the connection that says so, and holds the folder's lock if this process is the owner. */
interface Attached {
  readonly how: Database['how'];
  readonly client: pg.Client;
  readonly owner: boolean;
  readonly socketFolder: string;
}

export async function openEmbedded(options: EmbeddedOptions, world: DatabaseWorld): Promise<Database> {
  const began = performance.now();
  const layout = await layoutOf(options);
  const binaries = await binariesOf(options, layout);
  await refuseForeignVersion(layout, binaries);
  const attached = await attach(layout, binaries, options.as);
  if (!attached.owner) await attached.client.end();
  return new EmbeddedDatabase(attached, { ...layout, socketFolder: attached.socketFolder }, binaries, world, began);
}

class EmbeddedDatabase implements Database {
  readonly kind = 'embedded';
  readonly how: Database['how'];
  readonly connection: pg.ClientConfig;
  readonly pool: pg.Pool;
  readonly tookMs;
  private owned: pg.Client | undefined;
  private readonly life: { closing: boolean; recovery: Promise<void> } = {
    closing: false,
    recovery: Promise.resolve(),
  };

  constructor(
    attached: Attached,
    private readonly layout: Layout,
    private readonly binaries: Binaries,
    private readonly world: DatabaseWorld,
    began: number,
  ) {
    this.how = attached.how;
    this.connection = connectionTo(attached.socketFolder);
    this.pool = openPool(this.connection, world);
    if (attached.owner) this.own(attached.client);
    this.tookMs = ms(performance.now() - began);
  }

  async freeBytes(): Promise<number> {
    const { bavail, bsize } = await statfs(this.layout.dataFolder);
    return bavail * bsize;
  }

  async close(): Promise<void> {
    if (this.life.closing) return;
    this.life.closing = true;
    await this.life.recovery;
    await this.pool.end();
    if (!this.owned) return;
    await this.owned.end();
    await stopServer(this.layout.dataFolder);
  }

  /** The lock lives as long as this connection: when that ends, the server ended with it, and is started again. */
  private own(client: pg.Client): void {
    this.owned = client;
    let over = false;
    const recover = (error: Error): void => {
      if (over || this.life.closing) return;
      over = true;
      this.world.broken(error);
      this.life.recovery = this.recover();
    };
    client.on('error', recover);
    client.on('end', () => recover(new Error('the connection that holds the state folder ended')));
  }

  private async recover(): Promise<void> {
    while (!this.life.closing) {
      try {
        this.own((await attach(this.layout, this.binaries, 'daemon')).client);
        return;
      } catch (error) {
        if (error instanceof DatabaseRefusal && error.code !== 'database-start-failed') {
          this.owned = undefined;
          this.world.lost(error.problem);
          return;
        }
        this.world.broken(
          error instanceof Error ? error : new Error('the database cannot be reached', { cause: error }),
        );
        await pause(PATIENCE_MS.retry);
      }
    }
  }
}

const binariesOf = (options: EmbeddedOptions, layout: Layout): Promise<Binaries> =>
  options.binaries !== undefined
    ? binariesIn(options.binaries)
    : packagedBinaries({
        folder: layout.binariesFolder,
        when: layout.account !== undefined ? 'always' : 'links-missing',
      });

async function refuseForeignVersion(layout: Layout, binaries: Binaries): Promise<void> {
  const version = await versionOfData(layout.dataFolder);
  if (version !== undefined && version !== binaries.major)
    throw new DatabaseRefusal(
      'database-version-unsupported',
      `The database in ${layout.dataFolder} was made by PostgreSQL ${version}, this installation brings ${binaries.major}. Back it up with the release that made it (caliper backup), then restore with this one (caliper restore).`,
    );
}

/** Finds the server of the folder or starts it, and (a guest: only if it started it) takes the folder's lock. */
async function attach(layout: Layout, binaries: Binaries, as: EmbeddedOptions['as']): Promise<Attached> {
  let how: Database['how'] = as === 'guest' ? 'found' : 'adopted';
  let started: Awaited<ReturnType<typeof startServer>> | undefined;
  let tries = 0;
  const waiting = { forOwner: patience(PATIENCE_MS.owner), forServer: patience(PATIENCE_MS.server) };
  for (;;) {
    const server = await livingPostmaster(layout.dataFolder);
    const socketFolder = server?.socketFolder || layout.socketFolder;
    const answer = await tryToConnect(connectionTo(socketFolder));
    if (answer.kind === 'connected') {
      const { client } = answer;
      if (how === 'found') return { how, client, owner: false, socketFolder };
      if (await takeFolder(client)) return { how, client, owner: true, socketFolder };
      const owner = await ownerOf(client);
      await client.end();
      if (waiting.forOwner.isOver()) throw inUse(layout, owner);
    } else if (!server && (!started || started.hasEnded())) {
      if (started && tries >= START_TRIES)
        throw new DatabaseRefusal(
          'database-start-failed',
          `The database in ${layout.dataFolder} does not start: ${await lastWords(layout)}`,
        );
      if (started) await pause(PATIENCE_MS.retry);
      how = 'started';
      if ((await versionOfData(layout.dataFolder)) === undefined) {
        await createData(layout, binaries);
        how = 'created';
      }
      started = await startServer(layout, binaries);
      tries += 1;
    } else if (waiting.forServer.isOver()) {
      throw new DatabaseRefusal(
        'database-start-failed',
        `The database in ${layout.dataFolder} runs (process ${server?.pid ?? started?.pid}) but does not answer: see ${layout.logFile}.`,
        { cause: answer.error },
      );
    }
    await pause(PATIENCE_MS.look);
  }
}

export const connectionTo = (socketFolder: string): pg.ClientConfig =>
  withOurTypes({
    host: socketFolder,
    port: PORT,
    user: SUPERUSER,
    database: 'postgres',
    ssl: false,
    options: '-c timezone=UTC', // given, so that PGOPTIONS is not taken
    application_name: `caliper process ${process.pid}`,
  });

async function takeFolder(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ taken: boolean }>('select pg_try_advisory_lock($1, $2) as taken', [
    LOCK_CLASS,
    LOCKS.stateFolder,
  ]);
  return rows[0]!.taken;
}

async function ownerOf(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ application_name: string }>(
    `select a.application_name from pg_locks l join pg_stat_activity a using (pid)
     where l.locktype = 'advisory' and l.classid = $1 and l.objid = $2 and l.granted`,
    [LOCK_CLASS, LOCKS.stateFolder],
  );
  return rows[0]?.application_name ?? 'another process';
}

const inUse = (layout: Layout, owner: string): DatabaseRefusal =>
  new DatabaseRefusal(
    'state-folder-in-use',
    `The state folder ${layout.stateFolder} is in use by ${owner}. Stop it first, or give this one a folder of its own.`,
  );

const patience = (forMs: number): { isOver(): boolean } => {
  const until = performance.now() + forMs;
  return { isOver: () => performance.now() > until };
};

const pause = (forMs: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, forMs));
