/** What sources showed, and the runs that follow from it. */
import type { Pool } from 'pg';
import type { FoundReport, SeriesInstanceUid } from '../domain/index.js';
import type { Ledger } from './ledger.js';
import type { ReportNumber, RunDigests, RunId, RunScope, Sighted } from './values.js';
import { markOverwritten } from './overwritten.js';
import { inTransaction, type Transaction } from './transaction.js';

export async function seriesCounts(
  pool: Pool,
  source: string,
  series: readonly SeriesInstanceUid[],
): Promise<ReadonlyMap<SeriesInstanceUid, number>> {
  const { rows } = await pool.query<{ series: SeriesInstanceUid; instances: number }>(
    'select series_instance_uid as series, instances from caliper.series_count where source = $1 and series_instance_uid = any($2)',
    [source, series],
  );
  return new Map(rows.map((row) => [row.series, row.instances]));
}

export async function sight(pool: Pool, sighted: Sighted): ReturnType<Ledger['sight']> {
  return inTransaction(pool, async (transaction) => {
    const fresh = sighted.found.length > 0 ? await recordFound(transaction, sighted) : [];
    if (sighted.unchangedSeries.length > 0)
      await transaction.query(
        'update caliper.sighting set last_seen = now() where source = $1 and series_instance_uid = any($2)',
        [sighted.source, sighted.unchangedSeries],
      );
    if (sighted.seriesCounts.size > 0)
      await transaction.query(
        `insert into caliper.series_count as known (source, series_instance_uid, instances)
         select $1, * from unnest($2::text[], $3::integer[]) order by 2
         on conflict (source, series_instance_uid) do update set instances = excluded.instances, counted = now()`,
        [sighted.source, [...sighted.seriesCounts.keys()], [...sighted.seriesCounts.values()]],
      );
    return { new: fresh };
  });
}

/** Whether a search of this layer has come to its end before, in this ledger. */
export async function wasSearched(pool: Pool, source: string, layer: string): Promise<boolean> {
  const { rows } = await pool.query(
    "select 1 from caliper.searched_layer where source = $1 and layer in ($2, '*') limit 1",
    [source, layer],
  );
  return rows.length > 0;
}

export async function recordSearched(pool: Pool, source: string, layer: string): Promise<void> {
  await pool.query('insert into caliper.searched_layer (source, layer) values ($1, $2) on conflict do nothing', [
    source,
    layer,
  ]);
}

async function recordFound(
  transaction: Transaction,
  { source, found, urgency, arrival = 'new' }: Sighted,
): Promise<readonly ReportNumber[]> {
  const columns = columnsOf(found);
  const [answers, availabilities] = answersOf(found);
  await markOverwritten(transaction, source, columns, answers);
  // Known ones are left out first, so that a sweep uses up no numbers. Rows go in by order of UID: two sweeps cannot wait for each other.
  const { rows } = await transaction.query<{ number: ReportNumber }>(
    `insert into caliper.report (sop_instance_uid, sop_class_uid, study_instance_uid, series_instance_uid, urgency, was_there)
     select f.sop, f.class, f.study, f.series, $5, $6
     from unnest($1::text[], $2::text[], $3::text[], $4::text[]) as f (sop, class, study, series)
     where not exists (select 1 from caliper.report r where r.sop_instance_uid = f.sop)
     order by f.sop
     on conflict (sop_instance_uid) do nothing
     returning number`,
    [...columns, urgency, arrival === 'was-there'],
  );
  await transaction.query(
    `insert into caliper.sighting as known (report, source, study_instance_uid, series_instance_uid, made_at, availability)
     select r.number, $5, f.study, f.series, f.made_at, f.availability
     from unnest($1::text[], $2::text[], $3::text[], $4::text[], $6::jsonb[], $7::text[])
       as f (sop, class, study, series, made_at, availability)
     join caliper.report r on r.sop_instance_uid = f.sop
     order by r.number
     on conflict (report, source) do update set
       study_instance_uid = excluded.study_instance_uid, series_instance_uid = excluded.series_instance_uid, last_seen = now(),
       made_at = case when excluded.made_at is null then known.made_at
         when known.series_instance_uid <> excluded.series_instance_uid then excluded.made_at
         else coalesce(known.made_at, '{}') || excluded.made_at end,
       availability = coalesce(excluded.availability, known.availability)`,
    [...columns, source, answers, availabilities],
  );
  return rows.map((row) => row.number);
}

/** Each UID once: a page of an archive's answer may repeat rows of the one before. */
const eachOnce = (found: readonly FoundReport[]): readonly FoundReport[] => [
  ...new Map(found.map((report) => [report.sopInstanceUID, report])).values(),
];

const answersOf = (
  found: readonly FoundReport[],
): readonly [made: (string | null)[], availability: (string | null)[]] => {
  const each = eachOnce(found);
  return [
    each.map(({ madeAt }) => (madeAt === undefined ? null : JSON.stringify(madeAt))),
    each.map(({ availability }) => availability ?? null),
  ];
};

function columnsOf(found: readonly FoundReport[]): (string | null)[][] {
  const each = eachOnce(found);
  return [
    each.map((report) => report.sopInstanceUID),
    each.map((report) => report.sopClassUID ?? null),
    each.map((report) => report.studyInstanceUID),
    each.map((report) => report.seriesInstanceUID),
  ];
}

export async function ensureRuns(pool: Pool, digests: RunDigests, scope: RunScope): ReturnType<Ledger['ensureRuns']> {
  return inTransaction(pool, async (transaction) => ({
    takenOver: await takeOver(transaction, digests),
    opened: await openRuns(transaction, digests, scope),
  }));
}

/**
 * Unfinished runs of older digests, whose decisions are still to come, go on under the new ones. Those being worked on keep theirs. Counted row
 * by row and in two statements: as joins over a table that has just grown, this was planned as if it were empty (50,000 rows: 7 minutes).
 */
async function takeOver(transaction: Transaction, { policyDigest, methodDigest }: RunDigests): Promise<number> {
  const { rows } = await transaction.query<{ id: RunId }>(
    `select r.id from caliper.run r
     where (r.policy_digest, r.method_digest) <> ($1, $2) and r.cause <> 'replay'
       and (r.state in ('seen', 'reading', 'segmenting')
         or r.state in ('waiting', 'held') and r.came_from in ('seen', 'reading', 'segmenting'))
       and (r.lease_until is null or r.lease_until <= now())
       and (select count(*) from caliper.run x where x.report = r.report and x.id > r.id) = 0
       and (select count(*) from caliper.object o where o.run = r.id) = 0
       and (select count(*) from caliper.run x
         where x.report = r.report and x.policy_digest = $1 and x.method_digest = $2) = 0
     for update skip locked`,
    [policyDigest, methodDigest],
  );
  if (rows.length > 0)
    await transaction.query('update caliper.run set policy_digest = $1, method_digest = $2 where id = any($3)', [
      policyDigest,
      methodDigest,
      rows.map((row) => row.id),
    ]);
  return rows.length;
}

async function openRuns(transaction: Transaction, digests: RunDigests, scope: RunScope): Promise<number> {
  const chosen = scope.kind === 'reports-without-run' ? 'p.unserved' : 'true';
  const { rows } = await transaction.query<{ opened: number }>(
    `with opened as (
       insert into caliper.run (report, policy_digest, method_digest, cause, urgency)
       select p.number, $1, $2, 'sighting', case when p.unserved then p.urgency else 'backlog' end
       from caliper.report p
       where ${chosen} and not exists (select 1 from caliper.run r
         where r.report = p.number and r.policy_digest = $1 and r.method_digest = $2)
       order by p.number
       on conflict do nothing
       returning id, report
     ), served as (
       update caliper.report p set unserved = false from opened where p.number = opened.report and p.unserved
     ), told as (
       insert into caliper.event (run, to_state) select id, 'seen' from opened order by id
     )
     select count(*) as opened from opened`,
    [digests.policyDigest, digests.methodDigest],
  );
  return rows[0]!.opened;
}
