import { expect, test } from '@jest/globals';
import { openLedger } from '../../src/ledger/index.js';
import { migrate } from '../../src/ledger/migrate.js';
import { MIGRATIONS } from '../../src/ledger/migrations.js';
import { onBothDatabases, valueOf } from './databases.js';
import { givenRuns } from './made-up.js';

onBothDatabases('migrating', (bench) => {
  const versions = async (): Promise<number[]> =>
    (await bench.database.pool.query<{ version: number }>('select version from caliper.version order by 1')).rows.map(
      (row) => row.version,
    );
  const next = MIGRATIONS.length + 1;
  const step = (sql: string) => [...MIGRATIONS, { version: next, what: 'a later step', sql }];

  test('steps are numbered from 1 without a gap', () => {
    expect(MIGRATIONS.map((migration) => migration.version)).toEqual(MIGRATIONS.map((_, i) => i + 1));
  });

  test('several processes that start at once migrate once', async () => {
    await bench.database.pool.query('drop schema caliper cascade');
    const other = await bench.second();
    const opened = await Promise.all([bench.database, other, bench.database, other].map((db) => openLedger(db)));
    for (const result of opened) expect(result.ok).toBe(true);
    expect(await versions()).toEqual(MIGRATIONS.map((migration) => migration.version));
  });

  test('a later step is taken once, and work that was queued is still there', async () => {
    await givenRuns(bench.ledger, 2);
    for (let i = 0; i < 2; i++)
      await migrate(bench.database.pool, step('alter table caliper.report add later integer'));
    expect(await versions()).toEqual([...MIGRATIONS.map((migration) => migration.version), next]);
    expect(await bench.ledger.work()).toMatchObject({ due: 2 });
  });

  test('a step that breaks off half-way did not happen, and is taken the next time', async () => {
    const half = step('alter table caliper.report add later integer; select 1 / 0;');
    await expect(migrate(bench.database.pool, half)).rejects.toThrow('division by zero');
    expect(await versions()).toEqual(MIGRATIONS.map((migration) => migration.version));
    await migrate(bench.database.pool, step('alter table caliper.report add later integer'));
    expect(await versions()).toContain(next);
  });

  test('tables of a newer program are refused with words, and left alone', async () => {
    await givenRuns(bench.ledger, 1);
    await bench.database.pool.query("insert into caliper.version (version, what) values (999, 'the future')");
    const result = await openLedger(bench.database);
    expect(result).toMatchObject({ ok: false, error: { code: 'database-newer' } });
    expect(!result.ok && result.error.says).toContain('written by a newer Caliper (tables of version 999');
    await bench.database.pool.query('delete from caliper.version where version = 999');
    expect(await valueOf(await openLedger(bench.database)).work()).toMatchObject({ due: 1 });
  });
});
