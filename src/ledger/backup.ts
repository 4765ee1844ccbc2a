/** The ledger as lines of text, and back: independent of the server's version, which an embedded database's folder is not. */
import type { Pool } from 'pg';
import { fail, ok, type Result } from '../domain/index.js';
import type { Database } from './database/database-types.js';
import { LOCK_CLASS, LOCKS } from './database/locks.js';
import { migrate } from './migrate.js';
import { MIGRATIONS } from './migrations.js';
import { inSnapshot, inTransaction, withConnection, type Transaction } from './transaction.js';

const FORMAT = 'caliper-backup/1';
const ROWS_PER_LINE = 500;

interface Header {
  readonly format: typeof FORMAT;
  /** Version of the tables (`caliper.version`). */
  readonly tables: number;
  readonly postgresql: number;
  /** Where the numbers of the ledger go on. */
  readonly sequences: Readonly<Record<string, number | null>>;
}

/** How many rows of each table. */
export type RowCounts = Readonly<Record<string, number>>;

export interface RestoreProblem {
  readonly code: 'not-a-backup' | 'backup-newer' | 'backup-incomplete' | 'ledger-not-empty' | 'ledger-in-use';
  /** A sentence for the administrator. */
  readonly says: string;
}

/**
 * Everything of the ledger at one moment, beside a daemon that works: a header, rows of one table a line (tables before those that refer to them),
 * counts. Wake-ups of the queue are not in it: they are made again. No line where there is no ledger.
 */
export async function* backupLines({ pool }: Database): AsyncGenerator<string> {
  // on a connection that only this loop uses, and that is closed with it
  const connection = await pool.connect();
  try {
    await connection.query('begin isolation level repeatable read read only');
    const header = await headerOf(connection);
    if (!header) return;
    yield JSON.stringify(header);
    const counts: Record<string, number> = {};
    for (const table of await tablesInOrder(connection)) {
      counts[table] = 0;
      await connection.query(`declare rows cursor for select to_jsonb(t)::text as row from caliper.${table} t`);
      for (;;) {
        const { rows } = await connection.query<{ row: string }>(`fetch ${ROWS_PER_LINE} from rows`);
        if (rows.length === 0) break;
        counts[table] += rows.length;
        yield `{"table":"${table}","rows":[${rows.map(({ row }) => row).join(',')}]}`;
      }
      await connection.query('close rows');
    }
    await connection.query('commit');
    yield JSON.stringify({ end: counts });
  } finally {
    connection.release(true);
  }
}

async function headerOf(transaction: Transaction): Promise<Header | undefined> {
  const { rows: there } = await transaction.query<{ there: boolean }>(
    "select to_regclass('caliper.version') is not null as there",
  );
  if (!there[0]!.there) return undefined;
  const { rows } = await transaction.query<{ tables: number; postgresql: string }>(
    "select max(version) as tables, current_setting('server_version_num') as postgresql from caliper.version",
  );
  const sequences = await transaction.query<{ name: string; last: number | null }>(
    "select sequencename as name, last_value as last from pg_sequences where schemaname = 'caliper' order by 1",
  );
  return {
    format: FORMAT,
    tables: rows[0]!.tables,
    postgresql: Math.floor(Number(rows[0]!.postgresql) / 10_000),
    sequences: Object.fromEntries(sequences.rows.map(({ name, last }) => [name, last])),
  };
}

/** The tables of the schema, those first that others refer to. */
async function tablesInOrder(transaction: Transaction): Promise<readonly string[]> {
  const { rows: tables } = await transaction.query<{ name: string }>(
    "select tablename as name from pg_tables where schemaname = 'caliper' and tablename <> 'version' order by 1",
  );
  const { rows: references } = await transaction.query<{ from: string; to: string }>(
    `select f.relname as from, t.relname as to from pg_constraint c
     join pg_class f on f.oid = c.conrelid join pg_class t on t.oid = c.confrelid
     where c.contype = 'f' and c.connamespace = 'caliper'::regnamespace and f.oid <> t.oid`,
  );
  const ordered: string[] = [];
  while (ordered.length < tables.length) {
    const next = tables.filter(
      ({ name }) =>
        !ordered.includes(name) && references.every(({ from, to }) => from !== name || ordered.includes(to)),
    );
    if (next.length === 0) throw new Error('tables refer to each other in a circle');
    ordered.push(...next.map(({ name }) => name));
  }
  return ordered;
}

/** Puts a backup into an empty ledger, and brings its tables to this program's version. */
export async function restoreLines(
  { pool }: Database,
  lines: AsyncIterable<string>,
): Promise<Result<RowCounts, RestoreProblem>> {
  const iterator = lines[Symbol.asyncIterator]();
  const first = await iterator.next();
  const header = first.done === true ? undefined : headerIn(first.value);
  if (!header) return fail({ code: 'not-a-backup', says: 'This is no backup of a ledger.' });
  const known = MIGRATIONS.at(-1)!.version;
  if (header.tables > known)
    return fail({
      code: 'backup-newer',
      says: `The backup was made by a newer Caliper (tables of version ${header.tables}, this program knows ${known}): restore it with that one.`,
    });
  return withConnection(pool, async (lock) => {
    const { rows } = await lock.query<{ taken: boolean }>('select pg_try_advisory_lock($1, $2) as taken', [
      LOCK_CLASS,
      LOCKS.leader,
    ]);
    if (!rows[0]!.taken) return fail({ code: 'ledger-in-use', says: 'A daemon works on this ledger: stop it first.' });
    try {
      return await restoreInto(pool, header, iterator);
    } finally {
      await lock.query('select pg_advisory_unlock($1, $2)', [LOCK_CLASS, LOCKS.leader]);
    }
  });
}

async function restoreInto(
  pool: Pool,
  header: Header,
  lines: AsyncIterator<string>,
): Promise<Result<RowCounts, RestoreProblem>> {
  if (!(await isEmpty(pool)))
    return fail({
      code: 'ledger-not-empty',
      says: 'The ledger holds reports. A backup is put into an empty one: give another state folder (or database), or purge this one.',
    });
  await pool.query('drop schema if exists caliper cascade');
  await migrate(
    pool,
    MIGRATIONS.filter(({ version }) => version <= header.tables),
  );
  const counts = await loaded(pool, header, lines);
  if (counts.ok) await migrate(pool);
  return counts;
}

async function isEmpty(pool: Pool): Promise<boolean> {
  return inSnapshot(pool, async (transaction) => {
    const { rows } = await transaction.query<{ there: boolean }>(
      "select to_regclass('caliper.report') is not null as there",
    );
    if (!rows[0]!.there) return true;
    const reports = await transaction.query('select 1 from caliper.report limit 1');
    return reports.rows.length === 0;
  });
}

/** All of it or nothing: what breaks off leaves an empty ledger. */
async function loaded(
  pool: Pool,
  header: Header,
  lines: AsyncIterator<string>,
): Promise<Result<RowCounts, RestoreProblem>> {
  try {
    return await inTransaction(pool, async (transaction) => {
      const counts: Record<string, number> = {};
      for (const table of await tablesInOrder(transaction)) counts[table] = 0;
      for (;;) {
        const next = await lines.next();
        const line = next.done === true ? undefined : (JSON.parse(next.value) as Line);
        if (!line) throw new Incomplete();
        if ('end' in line) {
          if (Object.entries(line.end).some(([table, count]) => counts[table] !== count)) throw new Incomplete();
          break;
        }
        if (counts[line.table] === undefined) throw new Incomplete();
        await transaction.query(
          `insert into caliper.${line.table} select * from jsonb_populate_recordset(null::caliper.${line.table}, $1::jsonb)`,
          [JSON.stringify(line.rows)],
        );
        counts[line.table]! += line.rows.length;
      }
      for (const [name, last] of Object.entries(header.sequences))
        if (last !== null)
          await transaction.query("select setval(format('caliper.%I', $1::text)::regclass, $2)", [name, last]);
      // whoever worked on a run then does not any more
      await transaction.query('update caliper.run set owner = null, fence = null, lease_until = null');
      return ok(counts);
    });
  } catch (error) {
    if (error instanceof Incomplete || error instanceof SyntaxError)
      return fail({ code: 'backup-incomplete', says: 'The backup is incomplete or damaged: nothing was restored.' });
    throw error;
  }
}

class Incomplete extends Error {}

type Line =
  { readonly table: string; readonly rows: readonly unknown[] } | { readonly end: Readonly<Record<string, number>> };

function headerIn(line: string): Header | undefined {
  try {
    const header = JSON.parse(line) as Partial<Header> | null;
    return header?.format === FORMAT && typeof header.tables === 'number' ? (header as Header) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
