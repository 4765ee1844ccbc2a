/** What a step hands over when it ends: the reading, measurements and objects. */
import { createHash } from 'node:crypto';
import { moveHeldDeliveries } from './deciding.js';
import { settleObject } from './delivering.js';
import { deliveryMoved } from './events.js';
import { recordDocument, recordNoted } from './life-cycle.js';
import type {
  Account,
  Claim,
  DeliveryId,
  MeasurementRecord,
  ObjectNumber,
  ObjectRecord,
  RecordAnswer,
  ReportReading,
} from './values.js';
import type { Transaction } from './transaction.js';
import type { DeliveryState } from './transitions.js';

export async function recordAccount(
  transaction: Transaction,
  claim: Claim,
  account: Account | undefined,
): Promise<RecordAnswer> {
  const report = account?.reading ? await recordReading(transaction, claim, account.reading) : undefined;
  if (account?.document) await recordDocument(transaction, claim.report.number, account.document);
  if (account?.measurements?.length) await recordMeasurements(transaction, claim, account.measurements, REPLACE_KNOWN);
  if (account?.newMeasurements?.length)
    await recordMeasurements(transaction, claim, account.newMeasurements, 'do nothing');
  const objects: ObjectNumber[] = [];
  for (const record of account?.objects ?? []) objects.push(await recordObject(transaction, claim, record));
  if (account?.objects && claim.state === 'segmenting') await refuseHeldOfOverwritten(transaction, claim, objects);
  if (account?.noted?.length) await recordNoted(transaction, claim.report.number, account.noted);
  return { report, objects };
}

/** What is held of a report as it was before it was overwritten is not for anybody to let go any more, but for what was made again just as it was. */
async function refuseHeldOfOverwritten(
  transaction: Transaction,
  { run, report }: Claim,
  madeAgain: readonly ObjectNumber[],
): Promise<void> {
  const { rows } = await transaction.query('select 1 from caliper.report where number = $1 and amended is not null', [
    report.number,
  ]);
  if (rows.length > 0) await moveHeldDeliveries(transaction, run, 'refused', 'overwritten', undefined, madeAgain);
}

async function recordReading(
  transaction: Transaction,
  claim: Claim,
  reading: ReportReading,
): Promise<RecordAnswer['report']> {
  const { rows } = await transaction.query<{ digest: string | null; read_before: string | null }>(
    `select p.digest, r.reading ->> 'digest' as read_before from caliper.report p join caliper.run r on r.report = p.number
     where r.id = $1 for update of p`,
    [claim.run],
  );
  const { digest: before, read_before: readBefore } = rows[0]!;
  const answer = before === null ? 'first-read' : before === reading.digest ? 'unchanged' : 'amended';
  await transaction.query(
    `update caliper.report set digest = $2, sop_class_uid = coalesce($3, sop_class_uid),
       amended = case when $4 then now() else amended end
     where number = $1`,
    [claim.report.number, reading.digest, reading.sopClassUID ?? null, answer === 'amended'],
  );
  await transaction.query('update caliper.run set reading = $2, stood = null where id = $1', [
    claim.run,
    JSON.stringify(reading),
  ]);
  if (readBefore !== null && readBefore !== reading.digest) await forgetDocument(transaction, claim);
  return answer;
}

/**
 * Measurements of the document as it was are no measurements of this one, and that somebody took none of their contours says nothing of others. (A
 * contour that was chosen is looked for when contours are made.)
 */
async function forgetDocument(transaction: Transaction, { run }: Claim): Promise<void> {
  await transaction.query('delete from caliper.measurement where run = $1', [run]);
  await transaction.query('update caliper.choice set stale = true where run = $1 and mask_sha256 is null', [run]);
}

/**
 * A run that somebody's decision, or an archive that overwrote its report, opened again finds the segment that it stored itself: nothing has changed for that lesion, which was stored and
 * stays so.
 */
const IS_STORED_BY_THIS_RUN = `measurement.outcome = 'stored' and excluded.outcome = 'already-stored'
       and exists (select 1 from caliper.run r join caliper.object o on o.number = measurement.object
         where r.id = measurement.run and r.cause in ('review', 'overwritten') and o.sop_instance_uid = excluded.seg_uid)`;

const REPLACE_KNOWN = `do update set
       outcome = excluded.outcome, reason = excluded.reason, rule = excluded.rule, method = excluded.method,
       agreement = excluded.agreement, findings = excluded.findings, tracking_uid = excluded.tracking_uid,
       object = null, seg_uid = excluded.seg_uid, segment_number = excluded.segment_number
     where not (${IS_STORED_BY_THIS_RUN})`;

async function recordMeasurements(
  transaction: Transaction,
  claim: Claim,
  measurements: readonly MeasurementRecord[],
  onKnown: typeof REPLACE_KNOWN | 'do nothing',
): Promise<void> {
  const rows = measurements.map((m, position) => ({
    key: m.key,
    position,
    outcome: m.outcome?.kind ?? (m.alreadyIn ? 'already-stored' : null),
    reason: m.outcome?.reason ?? null,
    rule: m.rule ?? null,
    method: m.method ?? null,
    agreement: m.agreement ?? null,
    findings: m.findings,
    tracking_uid: m.trackingUID ?? null,
    seg_uid: m.alreadyIn?.seg ?? null,
    segment_number: m.alreadyIn?.segmentNumber ?? null,
  }));
  await transaction.query(
    `insert into caliper.measurement
       (run, key, position, outcome, reason, rule, method, agreement, findings, tracking_uid, seg_uid, segment_number)
     select $1, m.key, before.measurements + m.position, m.outcome, m.reason, m.rule, m.method, m.agreement, m.findings, m.tracking_uid,
       m.seg_uid, m.segment_number
     from (select count(*) as measurements from caliper.measurement where run = $1) as before,
       jsonb_to_recordset($2) as m (key text, position integer, outcome text, reason text, rule text, method text,
       agreement double precision, findings jsonb, tracking_uid text, seg_uid text, segment_number integer)
     on conflict (run, key) ${onKnown}`,
    [claim.run, JSON.stringify(rows)],
  );
}

async function recordObject(
  transaction: Transaction,
  claim: Claim,
  { object, kind, destinations }: ObjectRecord,
): Promise<ObjectNumber> {
  if (destinations.length === 0) throw new Error('an object without destination has no way to end');
  // One that exists is not made again: it keeps its bytes while it has them, and belongs to the run that needs it now.
  const { rows } = await transaction.query<{ number: ObjectNumber }>(
    `insert into caliper.object as known
       (sop_instance_uid, series_instance_uid, study_instance_uid, run, kind, digest, bytes, segments, warnings)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
     on conflict (sop_instance_uid) do update set
       run = excluded.run,
       made = now(),
       digest = case when known.bytes is null then excluded.digest else known.digest end,
       bytes = coalesce(known.bytes, excluded.bytes),
       segments = case when known.bytes is null then excluded.segments else known.segments end
     returning number`,
    [
      object.sopInstanceUID,
      object.seriesInstanceUID,
      object.studyInstanceUID,
      claim.run,
      kind,
      createHash('sha256').update(object.bytes).digest('hex'),
      object.bytes,
      JSON.stringify(object.segments),
      JSON.stringify(object.warnings),
    ],
  );
  const { number } = rows[0]!;
  await linkMeasurements(transaction, claim, number, object.segments);
  await openDeliveries(transaction, claim, number, destinations);
  await settleObject(transaction, number);
  return number;
}

async function linkMeasurements(
  transaction: Transaction,
  claim: Claim,
  object: ObjectNumber,
  segments: ObjectRecord['object']['segments'],
): Promise<void> {
  const { rowCount } = await transaction.query(
    `update caliper.measurement m set object = $2, segment_number = s.number, tracking_uid = s.tracking, outcome = null, reason = null
     from unnest($3::text[], $4::integer[], $5::text[]) as s (key, number, tracking)
     where m.run = $1 and m.key = s.key`,
    [
      claim.run,
      object,
      segments.map((segment) => segment.measurementKey),
      segments.map((segment) => segment.segmentNumber),
      segments.map((segment) => segment.trackingUID),
    ],
  );
  if (rowCount !== segments.length)
    throw new Error('a segment belongs to a measurement that was not recorded, or to one that another segment has');
}

async function openDeliveries(
  transaction: Transaction,
  claim: Claim,
  object: ObjectNumber,
  destinations: readonly string[],
): Promise<void> {
  const { rows } = await transaction.query<{ id: DeliveryId; destination: string; state: DeliveryState }>(
    'select id, destination, state from caliper.delivery where object = $1 for update',
    [object],
  );
  const known = new Map(rows.map((row) => [row.destination, row]));
  for (const destination of new Set(destinations)) {
    const delivery = known.get(destination);
    if (!delivery) await openDelivery(transaction, claim, object, destination);
    else if (delivery.state === 'would-store' || delivery.state === 'dead') await rearm(transaction, claim, delivery);
  }
}

async function openDelivery(
  transaction: Transaction,
  claim: Claim,
  object: ObjectNumber,
  destination: string,
): Promise<void> {
  const { rows } = await transaction.query<{ id: DeliveryId }>(
    'insert into caliper.delivery (object, destination) values ($1, $2) returning id',
    [object, destination],
  );
  await deliveryMoved(transaction, claim.run, rows[0]!.id, { to: 'due' });
}

/** The run was opened again and made the object again: what has not got to the destination is tried again. */
async function rearm(
  transaction: Transaction,
  claim: Claim,
  delivery: { readonly id: DeliveryId; readonly state: DeliveryState },
): Promise<void> {
  await deliveryMoved(transaction, claim.run, delivery.id, { from: delivery.state, to: 'due' });
  await transaction.query(
    `update caliper.delivery set state = 'due', came_from = state, reason = null, due = now(), attempts = 0, changed = now()
     where id = $1`,
    [delivery.id],
  );
}
