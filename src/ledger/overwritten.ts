/**
 * Reports that an archive overwrote under their UID: a search shows them made at another time than before. They are read again, and the digest of
 * their data set tells whether anything was amended.
 */
import type { Pool } from 'pg';
import { REPORT_CLASSES, SOP_CLASS, type ReasonCode, type Result, type SeriesInstanceUid } from '../domain/index.js';
import { fenced, listed, UNFINISHED } from './claiming.js';
import { runMoved } from './events.js';
import { inTransaction, type Transaction } from './transaction.js';
import type { RunState } from './transitions.js';
import type { Claim, LeaseLost, ReportNumber, RunCause } from './values.js';

/** Reports are overwritten soon after they were made, or never. */
const YOUNG = "interval '14 days'";
/** Once a night is enough, however often the layer is searched. */
const LISTED_LATELY = "interval '12 hours'";

/** Classes that are read at all: what becomes of a dose report does not matter. */
const READ_CLASSES = listed([...REPORT_CLASSES, SOP_CLASS.GrayscaleSoftcopyPresentationState]);

/**
 * Of these series, those that are to be listed though their number of instances is the known one: with a report of the last 14 days, by its sighting
 * or, where it was there before its source was watched, by its own dates. An archive that does not answer such dates is not asked again.
 */
export async function seriesToListAgain(
  pool: Pool,
  source: string,
  series: readonly SeriesInstanceUid[],
): Promise<ReadonlySet<SeriesInstanceUid>> {
  if (series.length === 0) return new Set();
  const { rows } = await pool.query<{ series: SeriesInstanceUid }>(
    `select distinct s.series_instance_uid as series
     from caliper.sighting s
     join caliper.report p on p.number = s.report
     join caliper.series_count c on c.source = s.source and c.series_instance_uid = s.series_instance_uid
     where s.source = $1 and s.first_seen > now() - ${YOUNG} and s.series_instance_uid = any($2)
       and c.counted < now() - ${LISTED_LATELY}
       and (s.made_at is null or s.made_at <> '{}')
       and (p.sop_class_uid is null or p.sop_class_uid in (${READ_CLASSES}))
       and (not p.was_there or s.made_at is null
         or greatest(s.made_at ->> 'ContentDate', s.made_at ->> 'InstanceCreationDate') >= to_char(now() - ${YOUNG}, 'YYYYMMDD'))`,
    [source, series],
  );
  return new Set(rows.map((row) => row.series));
}

/**
 * Marks the reports that this source showed made at another time before, in the same series. One that nobody has begun to read is read as it is now
 * anyway.
 *
 * @param columns of what was found: SOP instance, class, study, series
 * @param answers when each was made, as JSON
 */
export async function markOverwritten(
  transaction: Transaction,
  source: string,
  columns: readonly (readonly (string | null)[])[],
  answers: readonly (string | null)[],
): Promise<void> {
  if (answers.every((answer) => answer === null)) return;
  await transaction.query(
    `with changed as (
       select p.number from unnest($1::text[], $2::text[], $3::jsonb[]) as f (sop, series, made_at)
       join caliper.report p on p.sop_instance_uid = f.sop
       join caliper.sighting s on s.report = p.number and s.source = $4 and s.series_instance_uid = f.series
       where exists (select 1 from jsonb_each_text(s.made_at) b join jsonb_each_text(f.made_at) n using (key) where b.value <> n.value)
       and exists (select 1 from caliper.run x where x.report = p.number
         and (x.owner is not null or x.cause = 'amended'
           or case when x.state = 'waiting' then x.came_from else x.state end not in ('seen', 'reading')))
       order by p.number for update of p
     )
     update caliper.report p set overwritten = now() from changed where p.number = changed.number`,
    [columns[0], columns[3], answers, source],
  );
}

/**
 * Takes up the current run of each report that was overwritten; one that is under way is left to come to its end first. What a person was asked about
 * is read again too, since it may be another question now.
 */
export async function reopenOverwritten(pool: Pool): Promise<readonly ReportNumber[]> {
  return inTransaction(pool, async (transaction) => {
    const { rows } = await transaction.query<{ report: ReportNumber }>(
      `with chosen as (
         select p.number, r.id, r.state, r.reason, r.cause from caliper.report p 
         join lateral (select * from caliper.run where report = p.number order by opened desc, id desc limit 1) r on true
         where p.overwritten is not null
           and not exists (select 1 from caliper.run u where u.report = p.number and u.state ${UNFINISHED})
         order by p.number for update of p skip locked
       ), opened as (
         update caliper.run r set state = case when c.state = 'held' then 'reading' else 'seen' end, came_from = c.state, reason = null,
           cause = 'overwritten', urgency = 'backlog', due = now(), attempts = 0, changed = now(),
           stood = jsonb_build_object('state', c.state, 'reason', c.reason, 'cause', c.cause)
         from chosen c where r.id = c.id and r.state = c.state
         returning r.id, r.report, r.state, c.state as was
       ), told as (
         insert into caliper.event (run, from_state, to_state, reason) select id, was, state, 'overwritten' from opened order by id
       ), seen as (
         update caliper.report p set overwritten = null from opened where p.number = opened.report
       )
       select report from opened order by report`,
    );
    return rows.map((row) => row.report);
  });
}

/** How a run stood before its report was read again. */
interface Stood {
  readonly state: RunState;
  readonly reason: ReasonCode | null;
  readonly cause: RunCause;
}

/**
 * What becomes of a run that was taken up again, by the digest of its report as it was just read: where that is the one that was read before, the
 * run stands as it stood, with all that people decided, and the claim is over.
 */
export async function standAgain(
  pool: Pool,
  claim: Claim,
  digest: string,
): Promise<Result<'stands-as-before' | 'to-be-read', LeaseLost>> {
  return fenced(pool, claim, async (transaction, { state }) => {
    const { rows } = await transaction.query<{ stood: Stood | null; digest: string | null }>(
      'select r.stood, p.digest from caliper.run r join caliper.report p on p.number = r.report where r.id = $1',
      [claim.run],
    );
    const { stood, digest: readBefore } = rows[0]!;
    if (!stood || readBefore !== digest) return 'to-be-read';
    await runMoved(transaction, claim.run, { from: state, to: stood.state, reason: stood.reason ?? undefined });
    await transaction.query(
      `update caliper.run set state = $2, came_from = $3, reason = $4, cause = $5, stood = null, due = now(),
         owner = null, fence = null, lease_until = null, changed = now()
       where id = $1`,
      [claim.run, stood.state, state, stood.reason, stood.cause],
    );
    return 'stands-as-before';
  });
}
