/** Everything that is known of one report or object: the chain that `explain` and the page tell. */
import type { Pool } from 'pg';
import type {
  Agreement,
  Finding,
  MeasurementKey,
  MethodName,
  Ms,
  OutcomeKind,
  ReasonCode,
  SeriesInstanceUid,
  SopInstanceUid,
  StudyInstanceUid,
  Uid,
  WrittenSegment,
} from '../domain/index.js';
import type { DeliveryRow, EventEntry, MeasurementRow, ObjectRow, ReportStory, RunRow } from './answers.js';
import type { DeliveryId, ObjectNumber, ObjectRecord, ReportNumber, ReportReading, RunCause, RunId } from './values.js';
import {
  given,
  reportOf,
  reviewOf,
  sightingOf,
  type StoredReport,
  type StoredReview,
  type StoredSighting,
} from './rows.js';
import { inSnapshot, type Transaction } from './transaction.js';
import type { DeliveryState, RunState } from './transitions.js';

export async function reportByNumber(pool: Pool, number: ReportNumber): Promise<ReportStory | undefined> {
  return inSnapshot(pool, async (transaction) => {
    const report = await transaction.query<StoredReport>('select * from caliper.report where number = $1', [number]);
    if (!report.rows[0]) return undefined;
    const sightings = await transaction.query<StoredSighting>(
      'select * from caliper.sighting where report = $1 order by last_seen desc, source',
      [number],
    );
    const reviews = await transaction.query<StoredReview>(
      'select * from caliper.review where report = $1 order by id',
      [number],
    );
    return {
      report: reportOf(report.rows[0]),
      sightings: sightings.rows.map(sightingOf),
      runs: await runsOf(transaction, number),
      reviews: reviews.rows.map(reviewOf),
    };
  });
}

interface StoredRun {
  readonly id: RunId;
  readonly state: RunState;
  readonly reason: ReasonCode | null;
  readonly came_from: RunState | null;
  readonly cause: RunCause;
  readonly policy_digest: string;
  readonly method_digest: string;
  readonly due: Date;
  readonly attempts: number;
  readonly owner: string | null;
  readonly opened: Date;
  readonly changed: Date;
  readonly reading: ReportReading | null;
}

async function runsOf(transaction: Transaction, report: ReportNumber): Promise<readonly RunRow[]> {
  const { rows } = await transaction.query<StoredRun>(
    'select * from caliper.run where report = $1 order by opened desc, id desc',
    [report],
  );
  const runs: RunRow[] = [];
  for (const row of rows)
    runs.push({
      id: row.id,
      state: row.state,
      reason: given(row.reason),
      cameFrom: given(row.came_from),
      cause: row.cause,
      digests: { policyDigest: row.policy_digest, methodDigest: row.method_digest },
      due: row.due,
      attempts: row.attempts,
      owner: given(row.owner),
      opened: row.opened,
      changed: row.changed,
      reading: given(row.reading),
      measurements: await measurementsOf(transaction, row.id),
      objects: await objectsWhere(transaction, 'o.run = $1 order by o.number', [row.id]),
      events: await eventsOf(transaction, row.id),
    });
  return runs;
}

interface StoredMeasurement {
  readonly key: MeasurementKey;
  readonly outcome: OutcomeKind | null;
  readonly reason: ReasonCode | null;
  readonly rule: string | null;
  readonly method: MethodName | null;
  readonly agreement: Agreement | null;
  readonly tracking_uid: Uid | null;
  readonly findings: readonly Finding[];
  readonly object: ObjectNumber | null;
  readonly seg: SopInstanceUid | null;
  readonly segment_number: number | null;
}

async function measurementsOf(transaction: Transaction, run: RunId): Promise<readonly MeasurementRow[]> {
  const { rows } = await transaction.query<StoredMeasurement>(
    `select m.*, coalesce(o.sop_instance_uid, m.seg_uid) as seg from caliper.measurement m
     left join caliper.object o on o.number = m.object where m.run = $1 order by m.position, m.key`,
    [run],
  );
  return rows.map((row) => ({
    key: row.key,
    outcome: given(row.outcome),
    reason: given(row.reason),
    rule: given(row.rule),
    method: given(row.method),
    agreement: given(row.agreement),
    trackingUID: given(row.tracking_uid),
    findings: row.findings,
    object: given(row.object),
    seg: given(row.seg),
    segmentNumber: given(row.segment_number),
  }));
}

interface StoredEvent {
  readonly at: Date;
  readonly delivery: DeliveryId | null;
  readonly object: ObjectNumber | null;
  readonly destination: string | null;
  readonly from_state: RunState | DeliveryState | null;
  readonly to_state: RunState | DeliveryState;
  readonly reason: ReasonCode | null;
  readonly by: string | null;
}

async function eventsOf(transaction: Transaction, run: RunId): Promise<readonly EventEntry[]> {
  const { rows } = await transaction.query<StoredEvent>(
    `select e.*, d.object, d.destination from caliper.event e left join caliper.delivery d on d.id = e.delivery
     where e.run = $1 order by e.id`,
    [run],
  );
  return rows.map((row) => ({
    at: row.at,
    what: row.delivery === null ? 'run' : 'delivery',
    object: given(row.object),
    destination: given(row.destination),
    from: given(row.from_state),
    to: row.to_state,
    reason: given(row.reason),
    by: given(row.by),
  }));
}

interface StoredObject {
  readonly number: ObjectNumber;
  readonly kind: ObjectRecord['kind'];
  readonly report: ReportNumber;
  readonly run: RunId;
  readonly sop_instance_uid: SopInstanceUid;
  readonly series_instance_uid: SeriesInstanceUid;
  readonly study_instance_uid: StudyInstanceUid;
  readonly digest: string;
  readonly segments: readonly WrittenSegment[];
  readonly warnings: readonly string[];
  readonly created: Date;
  readonly bytes_held: number | null;
}

interface StoredDeliveryRow {
  readonly id: DeliveryId;
  readonly object: ObjectNumber;
  readonly destination: string;
  readonly state: DeliveryState;
  readonly reason: ReasonCode | null;
  readonly due: Date;
  readonly attempts: number;
  readonly changed: Date;
}

async function objectsWhere(
  transaction: Transaction,
  condition: string,
  values: readonly unknown[],
): Promise<readonly ObjectRow[]> {
  const objects = await transaction.query<StoredObject>(
    `select o.number, o.kind, r.report, o.run, o.sop_instance_uid, o.series_instance_uid, o.study_instance_uid, o.digest, o.segments,
       o.warnings, o.created, length(o.bytes) as bytes_held
     from caliper.object o join caliper.run r on r.id = o.run where ${condition}`,
    [...values],
  );
  const deliveries = await transaction.query<StoredDeliveryRow>(
    'select * from caliper.delivery where object = any($1) order by destination',
    [objects.rows.map((row) => row.number)],
  );
  return objects.rows.map((row) => ({
    number: row.number,
    kind: row.kind,
    report: row.report,
    run: row.run,
    sopInstanceUID: row.sop_instance_uid,
    seriesInstanceUID: row.series_instance_uid,
    studyInstanceUID: row.study_instance_uid,
    digest: row.digest,
    segments: row.segments,
    warnings: row.warnings,
    created: row.created,
    bytesHeld: given(row.bytes_held),
    deliveries: deliveries.rows.filter((delivery) => delivery.object === row.number).map(deliveryRowOf),
  }));
}

const deliveryRowOf = (row: StoredDeliveryRow): DeliveryRow => ({
  id: row.id,
  destination: row.destination,
  state: row.state,
  reason: given(row.reason),
  due: row.due,
  attempts: row.attempts,
  changed: row.changed,
});

export async function objectByNumber(pool: Pool, number: ObjectNumber): Promise<ObjectRow | undefined> {
  return inSnapshot(pool, async (transaction) => (await objectsWhere(transaction, 'o.number = $1', [number]))[0]);
}

const STORED_SOMEWHERE = `exists (select 1 from caliper.delivery d where d.object = o.number
  and d.state in ('stored', 'already-stored', 'stored-unconfirmed'))`;

export async function writtenObjects(
  pool: Pool,
  filter: { readonly limit: number; readonly before?: ObjectNumber },
): Promise<readonly ObjectRow[]> {
  return inSnapshot(pool, (transaction) =>
    objectsWhere(
      transaction,
      `${STORED_SOMEWHERE} and ($2::bigint is null or o.number < $2) order by o.number desc limit $1`,
      [filter.limit, filter.before ?? null],
    ),
  );
}

export async function findUid(pool: Pool, uid: Uid): Promise<ReportNumber | undefined> {
  const { rows } = await pool.query<{ number: ReportNumber }>(
    `select number from caliper.report where sop_instance_uid = $1
     union all
     select r.report from caliper.object o join caliper.run r on r.id = o.run where o.sop_instance_uid = $1
     limit 1`,
    [uid],
  );
  return rows[0]?.number;
}

export async function purgeEvents(pool: Pool, olderThanMs: Ms): Promise<number> {
  const { rowCount } = await pool.query(
    `delete from caliper.event e using caliper.run r
     where r.id = e.run and r.state in ('done', 'refused', 'dead') and e.at < now() - $1 * interval '1 millisecond'`,
    [olderThanMs],
  );
  return rowCount ?? 0;
}
