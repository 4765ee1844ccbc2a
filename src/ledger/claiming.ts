/** Who works on a run: one statement takes it, a fence number tells later writers apart. */
import type { Pool } from 'pg';
import { fail, ok, REPORT_CLASSES, type Ms, type Result } from '../domain/index.js';
import type { Again, Claim, LeaseLost, RunCause, RunId } from './values.js';
import {
  given,
  reportOf,
  reviewOf,
  sightingOf,
  type StoredReport,
  type StoredReview,
  type StoredSighting,
} from './rows.js';
import { inTransaction, type Transaction } from './transaction.js';
import { RUN_WORKING, type RunState, type WorkingRunState } from './transitions.js';

export const listed = (words: readonly string[]): string => words.map((word) => `'${word}'`).join(', ');

/** Working or waiting: there is something left to do by itself. The index `run_due` holds these. */
export const UNFINISHED = `in (${listed([...RUN_WORKING, 'waiting'])})`;

/**
 * The runs of other reports of the study of the run `r` that are still to be read. Reports replace each other, so none is segmented before the
 * others that were seen have been read. One that waits for its archive holds nobody up, nor one whose older run is unfinished.
 */
export const UNREAD_NEIGHBOUR = `select o.id from caliper.report p
  join caliper.report q on q.study_instance_uid = p.study_instance_uid and q.number <> p.number
  join caliper.run o on o.report = q.number
  where p.number = r.report and o.state in ('seen', 'reading')
    and (q.sop_class_uid is null or q.sop_class_uid in (${listed([...REPORT_CLASSES])}))
    and not exists (select 1 from caliper.run e where e.report = q.number and e.id < o.id and e.state ${UNFINISHED})`;

/**
 * Whether a worker may take the run `r` now. Runs of one report are worked one after another, the older first: they may make the same object.
 */
export const CLAIMABLE = `r.state ${UNFINISHED} and r.due <= now() and (r.lease_until is null or r.lease_until <= now())
  and not exists (select 1 from caliper.run o where o.report = r.report and o.id <> r.id
    and (o.lease_until > now() or o.id < r.id and o.state ${UNFINISHED}))
  and not (case when r.state = 'waiting' then r.came_from else r.state end = 'segmenting' and exists (${UNREAD_NEIGHBOUR}))`;

/** A run that somebody holds although its lease is over was left by a worker that vanished: that counts as a failed try. */
const CLAIM = `
  with candidate as (
    select r.id, r.state, r.owner from caliper.run r
    where ${CLAIMABLE} and ($3::bigint is null or r.id = $3)
    order by r.urgency desc, r.due, r.id
    limit 1
    for update of r skip locked
  ), claimed as (
    update caliper.run r set
      state = case when c.state = 'waiting' then r.came_from else r.state end,
      came_from = case when c.state = 'waiting' then c.state else r.came_from end,
      reason = case when c.state = 'waiting' then null else r.reason end,
      attempts = r.attempts + case when c.owner is null then 0 else 1 end,
      owner = $1, fence = nextval('caliper.fence'), lease_until = now() + $2 * interval '1 millisecond', changed = now()
    from candidate c where r.id = c.id
    returning r.*, c.state as was
  ), told as (
    insert into caliper.event (run, from_state, to_state) select id, was, state from claimed where was <> state
  )
  select c.id, c.fence, c.owner, c.state, c.attempts, c.cause, c.again, c.policy_digest, c.method_digest, to_jsonb(p) as report,
    (select jsonb_agg(to_jsonb(s) order by s.last_seen desc, s.source) from caliper.sighting s where s.report = p.number) as sightings,
    (select jsonb_agg(to_jsonb(v) order by v.id) from caliper.review v where v.report = p.number) as reviews
  from claimed c join caliper.report p on p.number = c.report`;

interface ClaimedRow {
  readonly id: RunId;
  readonly fence: number;
  readonly owner: string;
  readonly state: WorkingRunState;
  readonly attempts: number;
  readonly cause: RunCause;
  readonly again: Again | null;
  readonly policy_digest: string;
  readonly method_digest: string;
  readonly report: StoredReport;
  readonly sightings: readonly StoredSighting[];
  readonly reviews: readonly StoredReview[] | null;
}

export async function claimRun(
  pool: Pool,
  owner: string,
  leaseMs: Ms,
  run: RunId | undefined,
): Promise<Claim | undefined> {
  const { rows } = await pool.query<ClaimedRow>(CLAIM, [owner, leaseMs, run ?? null]);
  const row = rows[0];
  return (
    row && {
      run: row.id,
      fence: row.fence,
      owner: row.owner,
      leaseMs,
      state: row.state,
      attempts: row.attempts,
      cause: row.cause,
      again: given(row.again),
      digests: { policyDigest: row.policy_digest, methodDigest: row.method_digest },
      report: reportOf(row.report),
      sightings: row.sightings.map(sightingOf),
      reviews: (row.reviews ?? []).map(reviewOf),
    }
  );
}

export async function renew(pool: Pool, claim: Claim): Promise<boolean> {
  const { rowCount } = await pool.query(
    "update caliper.run set lease_until = now() + $3 * interval '1 millisecond' where id = $1 and fence = $2",
    [claim.run, claim.fence, claim.leaseMs],
  );
  return rowCount === 1;
}

export async function release(pool: Pool, claim: Claim): Promise<void> {
  await pool.query(
    'update caliper.run set owner = null, fence = null, lease_until = null, changed = now() where id = $1 and fence = $2',
    [claim.run, claim.fence],
  );
}

/** The claimed run's row, locked until the transaction ends. */
export interface HeldRow {
  readonly state: RunState;
  readonly attempts: number;
}

/** A write that happens only while the claim holds. */
export async function fenced<T>(
  pool: Pool,
  claim: Claim,
  write: (transaction: Transaction, row: HeldRow) => Promise<T>,
): Promise<Result<T, LeaseLost>> {
  return inTransaction(pool, async (transaction) => {
    const { rows } = await transaction.query<HeldRow>(
      'select state, attempts from caliper.run where id = $1 and fence = $2 for update',
      [claim.run, claim.fence],
    );
    return rows[0] ? ok(await write(transaction, rows[0])) : fail('lease-lost');
  });
}
