/** Objects on their way to destinations, and what that makes of their measurements. */
import type { Pool } from 'pg';
import type {
  ReasonCode,
  Result,
  SeriesInstanceUid,
  SopInstanceUid,
  StudyInstanceUid,
  WrittenSegment,
  Ms,
} from '../domain/index.js';
import { fenced } from './claiming.js';
import { deliveryMoved } from './events.js';
import type { Claim, Delivery, DeliveryId, DeliveryMove, LeaseLost, ObjectNumber, ObjectRecord } from './values.js';
import { outcomeOf, type DeliveryEnd } from './outcomes.js';
import { given } from './rows.js';
import type { Transaction } from './transaction.js';
import { DELIVERY_ENDED, type DeliveryState } from './transitions.js';

const DELIVERY = `
  select d.id, d.object, o.kind, o.sop_instance_uid, o.study_instance_uid, o.series_instance_uid, o.digest, o.segments, d.destination,
    d.state, d.came_from, d.reason, d.attempts,
    greatest(0, extract(epoch from d.due - now()) * 1000)::double precision as due_in_ms
  from caliper.delivery d join caliper.object o on o.number = d.object`;

interface StoredDelivery {
  readonly id: DeliveryId;
  readonly object: ObjectNumber;
  readonly kind: ObjectRecord['kind'];
  readonly sop_instance_uid: SopInstanceUid;
  readonly study_instance_uid: StudyInstanceUid;
  readonly series_instance_uid: SeriesInstanceUid;
  readonly digest: string;
  readonly segments: readonly WrittenSegment[];
  readonly destination: string;
  readonly state: DeliveryState;
  readonly came_from: DeliveryState | null;
  readonly reason: ReasonCode | null;
  readonly attempts: number;
  readonly due_in_ms: Ms;
}

const deliveryOf = (row: StoredDelivery): Delivery => ({
  id: row.id,
  object: row.object,
  kind: row.kind,
  sopInstanceUID: row.sop_instance_uid,
  studyInstanceUID: row.study_instance_uid,
  seriesInstanceUID: row.series_instance_uid,
  digest: row.digest,
  segments: row.segments,
  destination: row.destination,
  state: row.state,
  cameFrom: given(row.came_from),
  reason: given(row.reason),
  attempts: row.attempts,
  dueInMs: row.due_in_ms,
});

export async function deliveries(pool: Pool, claim: Claim): Promise<readonly Delivery[]> {
  const { rows } = await pool.query<StoredDelivery>(`${DELIVERY} where o.run = $1 order by d.object, d.destination`, [
    claim.run,
  ]);
  return rows.map(deliveryOf);
}

export async function objectBytes(pool: Pool, object: ObjectNumber): Promise<Uint8Array | undefined> {
  const { rows } = await pool.query<{ bytes: Uint8Array | null }>(
    'select bytes from caliper.object where number = $1',
    [object],
  );
  return given(rows[0]?.bytes ?? null);
}

export async function moveDelivery(
  pool: Pool,
  claim: Claim,
  id: DeliveryId,
  move: DeliveryMove,
): Promise<Result<Delivery, LeaseLost>> {
  return fenced(pool, claim, async (transaction) => {
    const before = await lockedDelivery(transaction, claim, id);
    return moveLocked(transaction, claim, before, {
      to: move.to,
      reason: 'reason' in move ? move.reason : undefined,
      afterMs: 'afterMs' in move ? move.afterMs : 0,
      counts: 'attempt' in move && move.attempt === 'counted' ? 1 : 0,
    });
  });
}

export async function resumeDelivery(pool: Pool, claim: Claim, id: DeliveryId): Promise<Result<Delivery, LeaseLost>> {
  return fenced(pool, claim, async (transaction) => {
    const before = await lockedDelivery(transaction, claim, id);
    if (before.state !== 'waiting') throw new Error(`a delivery that is ${before.state} does not wait`);
    return moveLocked(transaction, claim, before, { to: before.cameFrom!, reason: undefined, afterMs: 0, counts: 0 });
  });
}

interface Step {
  readonly to: DeliveryState;
  readonly reason: ReasonCode | undefined;
  readonly afterMs: number;
  readonly counts: 0 | 1;
}

async function moveLocked(transaction: Transaction, claim: Claim, before: Delivery, step: Step): Promise<Delivery> {
  await deliveryMoved(transaction, claim.run, before.id, { from: before.state, to: step.to, reason: step.reason });
  await transaction.query(
    `update caliper.delivery set state = $2, came_from = $3, reason = $4, due = now() + $5 * interval '1 millisecond',
       attempts = attempts + $6, changed = now()
     where id = $1`,
    [before.id, step.to, before.state, step.reason ?? null, step.afterMs, step.counts],
  );
  await settleObject(transaction, before.object);
  const { rows } = await transaction.query<StoredDelivery>(`${DELIVERY} where d.id = $1`, [before.id]);
  return deliveryOf(rows[0]!);
}

async function lockedDelivery(transaction: Transaction, claim: Claim, id: DeliveryId): Promise<Delivery> {
  const { rows } = await transaction.query<StoredDelivery>(
    `${DELIVERY} where d.id = $1 and o.run = $2 for update of d`,
    [id, claim.run],
  );
  if (!rows[0]) throw new Error('the delivery is none of this run');
  return deliveryOf(rows[0]);
}

/**
 * What follows from the states of an object's deliveries: the outcomes of its measurements, and whether its bytes are still needed. A measurement that
 * is in several objects that were made together (other forms for other destinations, slices that cannot share one) has become what the worst delivery of them all
 * is.
 */
export async function settleObject(transaction: Transaction, object: ObjectNumber): Promise<void> {
  const { rows } = await transaction.query<StoredEnd & { readonly key: string }>(
    `select m.key, d.state, d.came_from, d.reason
     from caliper.object o
     join caliper.measurement m on m.run = o.run
       and o.segments @> jsonb_build_array(jsonb_build_object('measurementKey', m.key))
     join caliper.object l on l.number = m.object and l.made = o.made
     join caliper.object x on x.run = o.run and x.made = o.made
       and x.segments @> jsonb_build_array(jsonb_build_object('measurementKey', m.key))
     join caliper.delivery d on d.object = x.number
     where o.number = $1 order by m.key, x.number, d.destination`,
    [object],
  );
  const ends = new Map<string, DeliveryEnd[]>();
  for (const row of rows) ends.set(row.key, [...(ends.get(row.key) ?? []), endOf(row)]);
  const outcomes = [...ends].map(([key, of]) => ({ key, ...outcomeOf(of) }));
  await transaction.query(
    `update caliper.measurement m set outcome = s.kind, reason = s.reason
     from caliper.object o, jsonb_to_recordset($2) as s (key text, kind text, reason text)
     where o.number = $1 and m.run = o.run and m.key = s.key`,
    [object, JSON.stringify(outcomes)],
  );
  await transaction.query(
    `update caliper.object o set bytes = null
     where number = $1 and not exists (select 1 from caliper.delivery d where d.object = o.number and d.state <> all($2))`,
    [object, DELIVERY_ENDED],
  );
}

type StoredEnd = Pick<StoredDelivery, 'state' | 'came_from' | 'reason'>;

const endOf = (row: StoredEnd): DeliveryEnd => ({
  state: row.state,
  cameFrom: given(row.came_from),
  reason: given(row.reason),
});
