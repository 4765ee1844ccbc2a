/** Harvests on which several processes work: what is done, who has what at hand, and who was harvested. */
import type { Pool } from 'pg';
import type { Ms } from '../domain/index.js';
import type { Database } from './database/database-types.js';
import { LOCK_CLASS, LOCKS } from './database/locks.js';
import { inTransaction, withConnection } from './transaction.js';

/** A harvest's number, and a worker's. */
export type HarvestNumber = number;
export type HarvestWorker = number;

export interface StoredHarvest {
  readonly number: HarvestNumber;
  /** What it was begun with. */
  readonly record: unknown;
  /** `ended`: the set is there, and something may be had by asking once more. */
  readonly state: 'working' | 'ended' | 'complete';
  /** Processes that work on it now. */
  readonly workers: number;
}

/** Work has a name, and an entry when it is done. A worker that does not say that it lives loses what it has at hand. */
export interface Harvests {
  /** Does something while no other process does something in this way; an end of the process ends it. */
  alone<T>(work: () => Promise<T>): Promise<T>;
  find(out: string): Promise<StoredHarvest | undefined>;
  /** Forgets what was known of a harvest into this folder. */
  begin(out: string, record: unknown): Promise<HarvestNumber>;
  /** Takes up a harvest that ended: what may be had by asking once more is free again. */
  again(harvest: HarvestNumber): Promise<void>;

  join(harvest: HarvestNumber, leaseMs: Ms): Promise<HarvestWorker>;
  /** False where the lease was over before it was renewed: others may have taken its work. */
  renew(worker: HarvestWorker, leaseMs: Ms): Promise<boolean>;
  leave(worker: HarvestWorker): Promise<void>;

  /** Takes what nobody has at hand and nobody did; tells what is done. What is in neither list others have. */
  claim(
    harvest: HarvestNumber,
    worker: HarvestWorker,
    names: readonly string[],
  ): Promise<{ readonly mine: readonly string[]; readonly done: readonly string[] }>;
  /** False where the work is no longer this worker's; nothing was written. */
  done(
    harvest: HarvestNumber,
    worker: HarvestWorker,
    work: { readonly name: string; readonly entry: string; readonly again: boolean },
  ): Promise<boolean>;
  entry(harvest: HarvestNumber, name: string): Promise<string | undefined>;
  /** All entries, some at a time. */
  entries(harvest: HarvestNumber): AsyncIterable<readonly string[]>;
  /** The last piece of work: the harvest is over. Its entries stay for those who are still looking, and go when the last of them leaves. */
  finish(
    harvest: HarvestNumber,
    worker: HarvestWorker,
    last: { readonly name: string; readonly entry: string; readonly state: 'ended' | 'complete' },
  ): Promise<boolean>;

  moves(harvest: HarvestNumber): Promise<unknown>;
  setMoves(harvest: HarvestNumber, moves: unknown): Promise<void>;

  /** Who was harvested with a key, by the key's fingerprint. */
  patients(key: string): Promise<string | undefined>;
  setPatients(key: string, registry: string): Promise<void>;
}

/** How many entries are read at a time. */
const PAGE = 1000;

const ALIVE = 'alive_until > now()';
const LEASE = "now() + $2 * interval '1 millisecond'";

/** UIDs are kept no longer than they are needed: of a complete harvest that nobody looks at any more no work is kept. Who was killed looks until its lease is over; then the next who asks tidies up. */
const TIDY = `
  delete from caliper.harvest_work k using caliper.harvest h
  where k.harvest = h.number and h.state = 'complete'
    and not exists (select 1 from caliper.harvest_worker w where w.harvest = h.number and w.${ALIVE})`;

/** On a database whose tables `openLedger` made. */
export function openHarvests({ pool }: Pick<Database, 'pool'>): Harvests {
  return {
    alone: (work) =>
      withConnection(pool, async (connection) => {
        // where the work fails the connection ends, and the lock with it
        await connection.query('select pg_advisory_lock($1, $2)', [LOCK_CLASS, LOCKS.harvestOpening]);
        const result = await work();
        await connection.query('select pg_advisory_unlock($1, $2)', [LOCK_CLASS, LOCKS.harvestOpening]);
        return result;
      }),
    async find(out) {
      await pool.query(TIDY);
      const { rows } = await pool.query<StoredHarvest>(
        `select number, record, state, (select count(*) from caliper.harvest_worker w where w.harvest = h.number and ${ALIVE}) as workers
         from caliper.harvest h where out = $1`,
        [out],
      );
      return rows[0];
    },
    begin: (out, record) =>
      inTransaction(pool, async (transaction) => {
        await transaction.query('delete from caliper.harvest where out = $1', [out]);
        const { rows } = await transaction.query<{ number: HarvestNumber }>(
          'insert into caliper.harvest (out, record) values ($1, $2) returning number',
          [out, JSON.stringify(record)],
        );
        return rows[0]!.number;
      }),
    again: (harvest) =>
      inTransaction(pool, async (transaction) => {
        await transaction.query('delete from caliper.harvest_work where harvest = $1 and again', [harvest]);
        await transaction.query("update caliper.harvest set state = 'working', moves = null where number = $1", [
          harvest,
        ]);
      }),
    async join(harvest, leaseMs) {
      const { rows } = await pool.query<{ id: HarvestWorker }>(
        `insert into caliper.harvest_worker (harvest, alive_until) values ($1, ${LEASE}) returning id`,
        [harvest, leaseMs],
      );
      return rows[0]!.id;
    },
    async renew(worker, leaseMs) {
      const { rowCount } = await pool.query(
        `update caliper.harvest_worker set alive_until = ${LEASE} where id = $1 and ${ALIVE}`,
        [worker, leaseMs],
      );
      return rowCount === 1;
    },
    async leave(worker) {
      await pool.query("update caliper.harvest_worker set alive_until = '-infinity' where id = $1", [worker]);
      await pool.query(TIDY);
    },
    claim: (...given) => claim(pool, ...given),
    async done(harvest, worker, { name, entry, again }) {
      const { rowCount } = await pool.query(
        `update caliper.harvest_work set entry = $4, again = $5, worker = null
         where harvest = $1 and worker = $2 and name = $3 and entry is null`,
        [harvest, worker, name, entry, again],
      );
      return rowCount === 1;
    },
    async entry(harvest, name) {
      const { rows } = await pool.query<{ entry: string | null }>(
        'select entry from caliper.harvest_work where harvest = $1 and name = $2',
        [harvest, name],
      );
      return rows[0]?.entry ?? undefined;
    },
    entries: (harvest) => entries(pool, harvest),
    finish: (harvest, worker, last) =>
      inTransaction(pool, async (transaction) => {
        const { rowCount } = await transaction.query(
          `update caliper.harvest_work set entry = $4, again = $5, worker = null
           where harvest = $1 and worker = $2 and name = $3 and entry is null`,
          [harvest, worker, last.name, last.entry, last.state === 'ended'],
        );
        if (rowCount !== 1) return false;
        await transaction.query('update caliper.harvest set state = $2 where number = $1', [harvest, last.state]);
        return true;
      }),
    async moves(harvest) {
      const { rows } = await pool.query<{ moves: unknown }>('select moves from caliper.harvest where number = $1', [
        harvest,
      ]);
      return rows[0]?.moves ?? undefined;
    },
    async setMoves(harvest, moves) {
      await pool.query('update caliper.harvest set moves = $2 where number = $1', [
        harvest,
        moves === undefined ? null : JSON.stringify(moves),
      ]);
    },
    async patients(key) {
      const { rows } = await pool.query<{ registry: string }>(
        'select registry from caliper.harvest_patients where key = $1',
        [key],
      );
      return rows[0]?.registry;
    },
    async setPatients(key, registry) {
      await pool.query(
        `insert into caliper.harvest_patients (key, registry) values ($1, $2)
         on conflict (key) do update set registry = excluded.registry`,
        [key, registry],
      );
    },
  };
}

/**
 * In one order of names, so that two that take at once wait for each other and never for ever. A worker is gone when its lease is seen to be over: one
 * that is not seen may have come while the statement waited.
 */
async function claim(
  pool: Pool,
  harvest: HarvestNumber,
  worker: HarvestWorker,
  names: readonly string[],
): Promise<{ readonly mine: readonly string[]; readonly done: readonly string[] }> {
  const { rows } = await pool.query<{ name: string; whose: 'mine' | 'done' }>(
    `with asked as (
       select unnest($3::text[]) as name
     ), taken as (
       insert into caliper.harvest_work as known (harvest, name, worker)
       select $1, name, $2 from asked order by name
       on conflict (harvest, name) do update set worker = excluded.worker
         where known.entry is null
           and exists (select 1 from caliper.harvest_worker w where w.id = known.worker and not w.${ALIVE})
       returning name
     )
     select name, 'mine' as whose from taken
     union all
     select name, 'done' from caliper.harvest_work join asked using (name) where harvest = $1 and entry is not null`,
    [harvest, worker, names],
  );
  const of = (whose: string) => rows.filter((row) => row.whose === whose).map((row) => row.name);
  return { mine: of('mine'), done: of('done') };
}

async function* entries(pool: Pool, harvest: HarvestNumber): AsyncGenerator<readonly string[]> {
  for (let after = ''; ;) {
    const { rows } = await pool.query<{ name: string; entry: string }>(
      `select name, entry from caliper.harvest_work where harvest = $1 and name > $2 and entry is not null
       order by name limit ${PAGE}`,
      [harvest, after],
    );
    if (rows.length === 0) return;
    yield rows.map((row) => row.entry);
    after = rows.at(-1)!.name;
  }
}
