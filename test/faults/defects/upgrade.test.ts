import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openLedger, type Database } from '../../../src/ledger/index.js';
import { migrate } from '../../../src/ledger/migrate.js';
import { MIGRATIONS } from '../../../src/ledger/migrations.js';
import { deleteState } from '../../../src/ledger/index.js';
import { embeddedIn, opened, temporaryFolder, Told, until, valueOf } from '../../ledger/databases.js';
import { LONG } from '../../ledger/made-up.js';

const folder = temporaryFolder();
let database: Database;
beforeAll(async () => {
  database = await opened(embeddedIn(folder));
});
afterAll(async () => {
  await database.close();
  await deleteState(embeddedIn(folder), new Told().world);
});

/** What a ledger of the first version held: written as rows, since the program that wrote them is gone. */
const AS_FIRST_WRITTEN = `
  insert into caliper.report (sop_instance_uid, sop_class_uid, study_instance_uid, series_instance_uid, urgency, unserved)
    select '1.2.' || n, '1.2.840.10008.5.1.4.1.1.88.33', '1.3.' || n, '1.4.' || n, 'today', false from generate_series(1, 4) n;
  insert into caliper.sighting (report, source, study_instance_uid, series_instance_uid)
    select number, 'main-pacs', study_instance_uid, series_instance_uid from caliper.report;
  insert into caliper.run (report, policy_digest, method_digest, state, reason, came_from, cause, urgency, due)
    values (1, 'p', 'm', 'seen', null, null, 'sighting', 'today', now()),
           (2, 'p', 'm', 'waiting', 'archive-unreachable', 'reading', 'sighting', 'today', now() - interval '1 second'),
           (3, 'p', 'm', 'delivering', null, 'segmenting', 'sighting', 'backlog', now()),
           (4, 'p', 'm', 'done', null, 'delivering', 'sighting', 'backlog', now());
  insert into caliper.object (sop_instance_uid, series_instance_uid, study_instance_uid, run, kind, digest, bytes, segments, warnings)
    values ('1.5.1', '1.6', '1.3.3', 3, 'segmentation', 'd', '\\x00ff', '[]', '[]');
  insert into caliper.measurement (run, key, position, findings, object) values (3, '1.1', 0, '[]', 1);
  insert into caliper.delivery (object, destination) values (1, 'main-pacs');
  insert into caliper.review (report, decision, by) values (4, 'accepted', 'someone');
  insert into caliper.archive_role (role, name, configured, paused_reason) values ('destination', 'main-pacs', 'live', 'by someone');
`;

const versions = async (): Promise<number[]> =>
  (await database.pool.query<{ version: number }>('select version from caliper.version order by 1')).rows.map(
    ({ version }) => version,
  );
const fresh = async (version: number): Promise<void> => {
  await database.pool.query('drop schema if exists caliper cascade');
  await migrate(
    database.pool,
    MIGRATIONS.filter((migration) => migration.version <= version),
  );
};

test('d16-upgrade-every-version', async () => {
  const all = MIGRATIONS.map(({ version }) => version);
  for (const from of all) {
    // the rows are of the first version: what came between is migrated on the way
    await fresh(1);
    await database.pool.query(AS_FIRST_WRITTEN);
    await migrate(
      database.pool,
      MIGRATIONS.filter((migration) => migration.version <= from),
    );
    // several processes start at once, each migrates or waits, and each step is taken once
    const ledgers = await Promise.all([1, 2, 3].map(() => openLedger(database)));
    const ledger = valueOf(ledgers[0]!);
    for (const result of ledgers) expect(result.ok).toBe(true);
    expect([from, await versions()]).toEqual([from, all]);
    // queued work survived, in its order, and where it stood
    const states: string[] = [];
    for (let claim = await ledger.claimRun('a', LONG); claim; claim = await ledger.claimRun('a', LONG)) {
      states.push(claim.state);
      if (claim.state === 'delivering') {
        const [delivery] = await ledger.deliveries(claim);
        expect(delivery).toMatchObject({ state: 'due', destination: 'main-pacs' });
        expect(Buffer.from((await ledger.objectBytes(delivery!.object))!).toString('hex')).toBe('00ff');
      }
    }
    expect(states.sort()).toEqual(['delivering', 'reading', 'seen']);
    expect((await ledger.reportByNumber(4 as never))?.reviews).toMatchObject([{ decision: 'accepted', by: 'someone' }]);
    expect(await ledger.roles()).toMatchObject([{ name: 'main-pacs', mode: 'paused' }]);
  }

  // killed in the middle of a step: nothing of it happened, and the next start takes it
  await fresh(1);
  await database.pool.query(AS_FIRST_WRITTEN);
  const slow = MIGRATIONS.map((migration, i) =>
    i === 1 ? { ...migration, sql: `${migration.sql}; select pg_sleep(600);` } : migration,
  );
  const started = migrate(database.pool, slow).then(
    () => 'done',
    () => 'killed',
  );
  await until(async () => {
    const { rowCount } = await database.pool.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where wait_event = 'PgSleep'",
    );
    return (rowCount ?? 0) > 0;
  });
  expect(await started).toBe('killed');
  expect(await versions()).toEqual([1]);
  const again = valueOf(await openLedger(database));
  expect(await versions()).toEqual(all);
  expect((await again.work()).due).toBe(3);

  // a newer program was here: refused with words, and left as it is
  await database.pool.query("insert into caliper.version (version, what) values (999, 'the future')");
  const refused = await openLedger(database);
  expect(refused).toMatchObject({ ok: false, error: { code: 'database-newer' } });
  expect(!refused.ok && refused.error.says).toMatch(/newer Caliper.*restore a backup/s);
  expect(await versions()).toEqual([...all, 999]);
}, 120_000);
