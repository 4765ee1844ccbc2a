import type { Pool, PoolClient } from 'pg';
import { DatabaseRefusal } from './database/database-types.js';
import { LOCK_CLASS, LOCKS } from './database/locks.js';
import { MIGRATIONS, type Migration } from './migrations.js';
import { withConnection } from './transaction.js';

/**
 * Brings the tables to what this program needs. One process at a time, one transaction a step: killed in the middle, the step did not happen.
 * Tables of a newer program are refused, since what they mean is not known here.
 */
export async function migrate(pool: Pool, migrations: readonly Migration[] = MIGRATIONS): Promise<void> {
  await withConnection(pool, async (connection) => {
    // Where a step fails, the connection ends, and the lock with it.
    await connection.query('select pg_advisory_lock($1, $2)', [LOCK_CLASS, LOCKS.migration]);
    await connection.query('create schema if not exists caliper');
    await connection.query(
      'create table if not exists caliper.version (version integer primary key, what text not null, at timestamptz not null default now())',
    );
    const { rows } = await connection.query<{ version: number | null }>(
      'select max(version) as version from caliper.version',
    );
    const present = rows[0]!.version ?? 0;
    const known = migrations.at(-1)!.version;
    if (present > known)
      throw new DatabaseRefusal(
        'database-newer',
        `The ledger was written by a newer Caliper (tables of version ${present}, this program knows ${known}). Start the newer program, or restore a backup of the older one.`,
      );
    for (const migration of migrations) if (migration.version > present) await apply(connection, migration);
    await connection.query('select pg_advisory_unlock($1, $2)', [LOCK_CLASS, LOCKS.migration]);
  });
}

async function apply(connection: PoolClient, { version, what, sql }: Migration): Promise<void> {
  await connection.query('begin');
  await connection.query(sql);
  await connection.query('insert into caliper.version (version, what) values ($1, $2)', [version, what]);
  await connection.query('commit');
}
