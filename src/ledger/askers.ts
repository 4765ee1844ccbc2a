/** Who asks the archives of a configuration now: locks tell it, which end with the process that holds them. */
import pg from 'pg';
import type { Pool } from 'pg';
import { ms, type Ms } from '../domain/index.js';
import { connectionOf } from './database/connection-of.js';
import type { DatabaseOptions } from './database/database-types.js';
import { LOCK_CLASS, LOCKS } from './database/locks.js';

export interface Askers {
  /** Daemons, which watch the archives and store. */
  readonly daemons: number;
  /** Processes that harvest. */
  readonly harvests: number;
}

/** A process that harvests, seen by daemons and by other harvests as long as it lives. */
export interface HarvestPresence {
  /** What the last look saw, this harvest among it; `unknown` where the database cannot be asked. */
  seen(): Askers | 'unknown';
  close(): Promise<void>;
}

/** How often everybody looks who else is there. */
export const LOOK_EVERY_MS = ms(5_000);

/** An embedded database that nobody runs: no daemon is there. */
const NOBODY_ELSE: Askers = { daemons: 0, harvests: 1 };

const ASKERS = `
  select count(*) filter (where objid = ${LOCKS.daemon}) as daemons, count(*) filter (where objid = ${LOCKS.harvesting}) as harvests
  from pg_locks where locktype = 'advisory' and classid = ${LOCK_CLASS} and granted
    and database = (select oid from pg_database where datname = current_database())`;

export async function askers(on: Pool | pg.Client): Promise<Askers> {
  const { rows } = await on.query<{ daemons: number; harvests: number }>(ASKERS);
  const { daemons, harvests } = rows[0]!;
  return { daemons, harvests };
}

/**
 * Says that a harvest begins, and looks who else asks. Where a daemon is there it resolves when that has had the time to see it. A database that nobody
 * runs is not started for this; a daemon that starts later is seen at the next look.
 */
export async function announceHarvest(
  options: DatabaseOptions,
  { lookEveryMs, sleep }: { readonly lookEveryMs: Ms; readonly sleep: (ms: number) => Promise<void> },
): Promise<HarvestPresence> {
  let session: pg.Client | undefined;
  const last: { seen: Askers | 'unknown' } = { seen: 'unknown' };

  const connect = async (): Promise<pg.Client | undefined> => {
    const connection = await connectionOf(options);
    if (!connection) return undefined;
    const client = new pg.Client(connection);
    client.on('error', () => {
      if (session === client) session = undefined;
    });
    await client.connect();
    await client.query(`select pg_advisory_lock_shared(${LOCK_CLASS}, ${LOCKS.harvesting})`);
    return client;
  };

  const look = async (): Promise<void> => {
    try {
      session ??= await connect();
      last.seen = session ? await askers(session) : NOBODY_ELSE;
    } catch {
      // away or not to be reached: who is there is not known, and the next look tries again
      session = undefined;
      last.seen = 'unknown';
    }
  };

  await look();
  if (last.seen !== 'unknown' && last.seen.daemons > 0) await sleep(lookEveryMs);
  let looking = Promise.resolve();
  const looks = setInterval(() => {
    looking = looking.then(look);
  }, lookEveryMs).unref();
  return {
    seen: () => last.seen,
    async close() {
      clearInterval(looks);
      await looking;
      await session?.end();
    },
  };
}
