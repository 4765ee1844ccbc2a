/** What people decide: about held runs, about doing it again. */
import type { Pool } from 'pg';
import { fail, ok, type ReasonCode, type Result } from '../domain/index.js';
import { UNFINISHED } from './claiming.js';
import { settleObject } from './delivering.js';
import { deliveryMoved, runMoved } from './events.js';
import type {
  Again,
  DeliveryId,
  HeldDecision,
  ObjectNumber,
  ReplaySelection,
  ReportNumber,
  Review,
  RunCause,
  RunDigests,
  RunId,
} from './values.js';
import { inTransaction, type Transaction } from './transaction.js';
import type { DeliveryState, RunState } from './transitions.js';

export async function decideHeld(
  pool: Pool,
  run: RunId,
  decision: HeldDecision,
  by: string,
): Promise<Result<void, 'not-held'>> {
  return inTransaction(pool, async (transaction) => {
    const { rows } = await transaction.query<{ state: RunState }>(
      'select state from caliper.run where id = $1 for update',
      [run],
    );
    if (rows[0]?.state !== 'held') return fail('not-held');
    const reason = decision.to === 'refused' ? decision.reason : undefined;
    await runMoved(transaction, run, { from: 'held', to: decision.to, reason, by });
    await transaction.query(
      `update caliper.run set state = $2, came_from = 'held', reason = $3, due = now(), attempts = 0, changed = now() where id = $1`,
      [run, decision.to, reason ?? null],
    );
    // Looked at again: what was held is open until the step says otherwise.
    if (decision.to === 'reading' || decision.to === 'segmenting')
      await transaction.query(
        "update caliper.measurement set outcome = null, reason = null where run = $1 and outcome = 'held' and object is null",
        [run],
      );
    if (decision.to === 'delivering') await moveHeldDeliveries(transaction, run, 'due', undefined, by);
    if (decision.to === 'refused') {
      await moveHeldDeliveries(transaction, run, 'refused', decision.reason, by);
      await transaction.query(
        "update caliper.measurement set outcome = 'skipped', reason = $2 where run = $1 and (outcome = 'held' or outcome is null)",
        [run, decision.reason],
      );
    }
    return ok(undefined);
  });
}

export async function moveHeldDeliveries(
  transaction: Transaction,
  run: RunId,
  to: DeliveryState,
  reason: ReasonCode | undefined,
  by: string | undefined,
  butThoseOf: readonly ObjectNumber[] = [],
): Promise<void> {
  const { rows } = await transaction.query<{ id: DeliveryId; object: ObjectNumber }>(
    `update caliper.delivery d set state = $2, came_from = 'held', reason = $3, due = now(), attempts = 0, changed = now()
     from caliper.object o where o.number = d.object and o.run = $1 and d.state = 'held' and d.object <> all($4)
     returning d.id, d.object`,
    [run, to, reason ?? null, butThoseOf],
  );
  for (const { id } of rows) await deliveryMoved(transaction, run, id, { from: 'held', to, reason, by });
  for (const object of new Set(rows.map((row) => row.object))) await settleObject(transaction, object);
}

/** The run of a report that was opened last; earlier ones are history. */
export const CURRENT_RUN = '(select distinct on (report) * from caliper.run order by report, opened desc, id desc)';

export async function reopen(
  pool: Pool,
  selection: ReplaySelection,
  digests: RunDigests,
  cause: RunCause,
  by: string,
  asked?: Again,
): Promise<readonly ReportNumber[]> {
  return inTransaction(pool, async (transaction) => {
    const reports = await selectReports(transaction, selection);
    const urgency = selection.reports ? 'today' : 'backlog';
    const how = asked === undefined ? null : JSON.stringify(asked);
    // what was looked after once, and did not get there, is looked after again
    await transaction.query("update caliper.outdated set noted = '{}' where report = any($1)", [reports]);
    const values = [reports, digests.policyDigest, digests.methodDigest, cause, urgency, by, how];
    const again = await transaction.query<{ report: ReportNumber }>(
      `with ended as (
         select id, state from caliper.run
         where report = any($1) and policy_digest = $2 and method_digest = $3 and state in ('done', 'refused', 'dead')
         for update
       ), opened as (
         update caliper.run r set state = 'seen', came_from = ended.state, reason = null, cause = $4, urgency = $5, again = $7, due = now(),
           attempts = 0, opened = now(), changed = now()
         from ended where r.id = ended.id returning r.id, r.report, ended.state as was
       ), told as (
         insert into caliper.event (run, from_state, to_state, by) select id, was, 'seen', $6 from opened
       )
       select report from opened`,
      values,
    );
    const anew = await transaction.query<{ report: ReportNumber }>(
      `with opened as (
         insert into caliper.run (report, policy_digest, method_digest, cause, urgency, again)
         select number, $2, $3, $4, $5, $7::jsonb from unnest($1::bigint[]) as number order by number
         on conflict do nothing returning id, report
       ), served as (
         update caliper.report p set unserved = false from opened where p.number = opened.report and p.unserved
       ), told as (
         insert into caliper.event (run, to_state, by) select id, 'seen', $6 from opened
       )
       select report from opened`,
      values,
    );
    return [...again.rows, ...anew.rows].map((row) => row.report).sort((a, b) => a - b);
  });
}

/** The reports that `reopen` would look at: those of the selection that no run is under way for. */
export const selectedForReplay = (pool: Pool, selection: ReplaySelection): Promise<readonly ReportNumber[]> =>
  inTransaction(pool, (transaction) => selectReports(transaction, selection));

async function selectReports(transaction: Transaction, selection: ReplaySelection): Promise<readonly ReportNumber[]> {
  const { rows } = await transaction.query<{ number: ReportNumber }>(
    `select p.number from caliper.report p left join ${CURRENT_RUN} r on r.report = p.number
     where ($1::bigint[] is null or p.number = any($1))
       and ($2::text is null or exists (select 1 from caliper.measurement m where m.run = r.id and m.outcome = $2))
       and ($3::text is null or r.reason = $3
         or exists (select 1 from caliper.measurement m where m.run = r.id and m.reason = $3))
       and ($4::timestamptz is null or p.first_seen >= $4)
       and ($5::timestamptz is null or p.first_seen < $5)
       and ($6::text is null or exists (select 1 from caliper.sighting s where s.report = p.number and s.source = $6))
       and not exists (select 1 from caliper.run x where x.report = p.number and x.state ${UNFINISHED})
     order by p.number for update of p`,
    [
      selection.reports ?? null,
      selection.outcome ?? null,
      selection.reason ?? null,
      selection.firstSeenFrom ?? null,
      selection.firstSeenUntil ?? null,
      selection.source ?? null,
    ],
  );
  return rows.map((row) => row.number);
}

export async function addReview(pool: Pool, review: Omit<Review, 'at'>): Promise<void> {
  await pool.query('insert into caliper.review (report, measurement_key, decision, by) values ($1, $2, $3, $4)', [
    review.report,
    review.measurementKey ?? null,
    review.decision,
    review.by,
  ]);
}
