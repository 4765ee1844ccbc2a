import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Pool } from 'pg';
import { isDatabaseAway } from '../../../src/ledger/index.js';
import { describeWith, postgresql } from '../../environment/peers.js';
import { makeSiteDatabase, type SiteDatabase } from '../../faults/defects/site-database.js';

describeWith({ postgresql: postgresql() }, 'an error of a statement', ({ postgresql: programs }) => {
  let site: SiteDatabase;
  let pool: Pool;
  beforeAll(async () => {
    site = await makeSiteDatabase(programs);
    await site.start();
    pool = new Pool({ connectionString: site.url });
    pool.on('error', () => undefined);
  }, 60_000);
  afterAll(async () => {
    await pool.end();
    await site.close();
  });
  const errorOf = (sql: string): Promise<unknown> =>
    pool.query(sql).then(
      () => undefined,
      (error: unknown) => error,
    );

  test('says whether the database was away, or what was asked is wrong', async () => {
    for (const sql of ['select 1/0', 'select nothing', "select 'x'::integer", 'not sql'])
      expect([sql, isDatabaseAway(await errorOf(sql))]).toEqual([sql, false]);
    expect(isDatabaseAway(new Error('anything else'))).toBe(false);
    expect(isDatabaseAway(Object.assign(new Error('no file'), { code: 'ENOENT', syscall: 'open' }))).toBe(false);

    expect(isDatabaseAway(await errorOf('select pg_terminate_backend(pg_backend_pid())'))).toBe(true);
    const asleep = errorOf('select pg_sleep(30)');
    await new Promise((done) => setTimeout(done, 300));
    const held = await pool.connect();
    held.on('error', () => undefined);
    await site.stop();
    for (let i = 0; i < 2; i++)
      expect(isDatabaseAway(await held.query('select 1').catch((error: unknown) => error))).toBe(true);
    held.release(true);
    expect(isDatabaseAway(await asleep)).toBe(true);
    expect(isDatabaseAway(await errorOf('select 1'))).toBe(true);
  }, 60_000);
});
