/** Which reports count: predecessors and duplicates, key object notes, and what becomes of reports that no longer count. */
import type { Pool } from 'pg';
import { SOP_CLASS, type ReasonCode, type SopInstanceUid, type StudyInstanceUid } from '../domain/index.js';
import { UNFINISHED, UNREAD_NEIGHBOUR } from './claiming.js';
import { moveHeldDeliveries } from './deciding.js';
import { runMoved, stayed } from './events.js';
import { given } from './rows.js';
import { inTransaction, type Transaction } from './transaction.js';
import type { RunState } from './transitions.js';
import type {
  Claim,
  DocumentRecord,
  KeyObjectPlace,
  LedgerDocument,
  ObjectNumber,
  Outdated,
  OutdatedObject,
  OutdatedReport,
  Outdating,
  ReportNumber,
  RunId,
} from './values.js';

interface StoredDocument {
  readonly number: ReportNumber;
  readonly sop_instance_uid: SopInstanceUid;
  readonly predecessors: readonly SopInstanceUid[];
  readonly identical_documents: readonly SopInstanceUid[];
  readonly content_date_time: string | null;
  readonly completeness: DocumentRecord['completeness'];
  readonly content: string | null;
  readonly places: DocumentRecord['places'];
  readonly is_stored: boolean;
}

const documentOf = (row: StoredDocument): LedgerDocument => ({
  report: row.number,
  sopInstanceUID: row.sop_instance_uid,
  predecessors: row.predecessors,
  identicalDocuments: row.identical_documents,
  contentDateTime: given(row.content_date_time),
  completeness: row.completeness,
  content: given(row.content),
  places: row.places,
  isStored: row.is_stored,
});

/** More than any chain has; a circle of references ends here too. */
const MOST_ROUNDS = 50;
const MOST_DOCUMENTS = 1_000;

/**
 * Every document that hangs together with one by predecessors, identical documents or equal content, itself as it was last read among them. What a
 * note rejects replaces nothing and is left out.
 */
export async function relatedDocuments(
  pool: Pool,
  document: DocumentRecord & { readonly sopInstanceUID: SopInstanceUid },
): Promise<readonly LedgerDocument[]> {
  const found = new Map<ReportNumber, LedgerDocument>();
  const uids = new Set([document.sopInstanceUID, ...document.predecessors, ...document.identicalDocuments]);
  const contents = new Set(document.content === undefined ? [] : [document.content]);
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const { rows } = await pool.query<StoredDocument>(
      // one look-up an index: as conditions joined by `or`, every document would be read
      `with hit as (
         select number from caliper.report where sop_instance_uid = any($1)
         union select report from caliper.document where predecessors && $1
         union select report from caliper.document where identical_documents && $1
         union select report from caliper.document where content = any($2)
       )
       select p.number, p.sop_instance_uid, d.*, exists (
         select 1 from caliper.run r join caliper.measurement m on m.run = r.id
         where r.report = p.number and m.outcome in ('stored', 'already-stored', 'stored-unconfirmed')) as is_stored
       from hit join caliper.document d on d.report = hit.number join caliper.report p on p.number = hit.number
       where hit.number <> all($3)
         and not exists (select 1 from caliper.key_object k where k.rejects @> array[p.sop_instance_uid])
       order by hit.number limit $4`,
      [[...uids], [...contents], [...found.keys()], MOST_DOCUMENTS],
    );
    for (const row of rows) {
      const one = documentOf(row);
      found.set(one.report, one);
      for (const uid of [one.sopInstanceUID, ...one.predecessors, ...one.identicalDocuments]) uids.add(uid);
      if (one.content !== undefined) contents.add(one.content);
    }
    if (rows.length === 0 || found.size >= MOST_DOCUMENTS) break;
  }
  return [...found.values()].sort((a, b) => a.report - b.report);
}

/** Written with the reading of the report, in the same transaction. */
export async function recordDocument(
  transaction: Transaction,
  report: ReportNumber,
  document: DocumentRecord,
): Promise<void> {
  await transaction.query(
    `insert into caliper.document (report, predecessors, identical_documents, content_date_time, completeness, content, places)
     values ($1, $2, $3, $4, $5, $6, $7)
     on conflict (report) do update set
       predecessors = excluded.predecessors, identical_documents = excluded.identical_documents,
       content_date_time = excluded.content_date_time, completeness = excluded.completeness, content = excluded.content,
       places = excluded.places`,
    [
      report,
      document.predecessors,
      document.identicalDocuments,
      document.contentDateTime ?? null,
      document.completeness,
      document.content ?? null,
      JSON.stringify(document.places),
    ],
  );
}

/**
 * Whether reports of the same study are still to be read, which may replace this one. They are then not kept waiting behind a backlog, and the
 * claim is given back: the run is due again when they have been read.
 */
export async function yieldToUnread(pool: Pool, claim: Claim): Promise<boolean> {
  return inTransaction(pool, async (transaction) => {
    const { rows } = await transaction.query<{ id: RunId }>(
      `select o.id from caliper.run r cross join lateral (${UNREAD_NEIGHBOUR}) o where r.id = $1 and r.fence = $2`,
      [claim.run, claim.fence],
    );
    if (rows.length === 0) return false;
    await transaction.query(
      `update caliper.run o set urgency = r.urgency from caliper.run r where r.id = $1 and o.id = any($2) and r.urgency = 'today'`,
      [claim.run, rows.map((row) => row.id)],
    );
    await transaction.query(
      'update caliper.run set owner = null, fence = null, lease_until = null, changed = now() where id = $1 and fence = $2',
      [claim.run, claim.fence],
    );
    return true;
  });
}

/** Key object documents of these studies that sources showed and nobody has read, each at the source that showed it last. */
export async function unreadKeyObjects(
  pool: Pool,
  studies: readonly StudyInstanceUid[],
): Promise<readonly KeyObjectPlace[]> {
  const { rows } = await pool.query<{
    sop: SopInstanceUid;
    source: string;
    study: StudyInstanceUid;
    series: KeyObjectPlace['seriesInstanceUID'];
  }>(
    `select distinct on (p.number) p.sop_instance_uid as sop, s.source, s.study_instance_uid as study, s.series_instance_uid as series
     from caliper.report p join caliper.sighting s on s.report = p.number
     where p.study_instance_uid = any($1) and p.sop_class_uid = $2
       and not exists (select 1 from caliper.key_object k where k.sop_instance_uid = p.sop_instance_uid)
     order by p.number, s.last_seen desc`,
    [studies, SOP_CLASS.KeyObjectSelection],
  );
  return rows.map((row) => ({
    sopInstanceUID: row.sop,
    source: row.source,
    studyInstanceUID: row.study,
    seriesInstanceUID: row.series,
  }));
}

export async function readKeyObjects(
  pool: Pool,
  instances: readonly SopInstanceUid[],
): Promise<ReadonlySet<SopInstanceUid>> {
  const { rows } = await pool.query<{ sop: SopInstanceUid }>(
    'select sop_instance_uid as sop from caliper.key_object where sop_instance_uid = any($1)',
    [instances],
  );
  return new Set(rows.map((row) => row.sop));
}

export async function recordKeyObject(
  pool: Pool,
  instance: SopInstanceUid,
  rejects: readonly SopInstanceUid[],
): Promise<void> {
  await pool.query(
    `insert into caliper.key_object (sop_instance_uid, rejects) values ($1, $2)
     on conflict (sop_instance_uid) do update set rejects = excluded.rejects, read = now()`,
    [instance, rejects],
  );
}

/** Which of these instances a note rejects, with the note. */
export async function rejections(
  pool: Pool,
  instances: readonly SopInstanceUid[],
): Promise<ReadonlyMap<SopInstanceUid, SopInstanceUid>> {
  const { rows } = await pool.query<{ rejected: SopInstanceUid; note: SopInstanceUid }>(
    `select u.uid as rejected, min(k.sop_instance_uid) as note
     from unnest($1::text[]) as u (uid) join caliper.key_object k on k.rejects @> array[u.uid]
     group by u.uid`,
    [instances],
  );
  return new Map(rows.map((row) => [row.rejected, row.note]));
}

/** Whether a report with measurements of this study was read: a note that arrives later may speak of it. */
export async function hasMeasuredReport(pool: Pool, study: StudyInstanceUid): Promise<boolean> {
  const { rows } = await pool.query(
    `select 1 from caliper.report p join caliper.run r on r.report = p.number join caliper.measurement m on m.run = r.id
     where p.study_instance_uid = $1 limit 1`,
    [study],
  );
  return rows.length > 0;
}

interface LatestRun {
  readonly number: ReportNumber;
  readonly run: RunId | null;
  readonly state: RunState | null;
  readonly known: boolean;
}

/**
 * Ends reports that no longer count. What is stored stays stored and says so by an event; what is held or would be stored, and what failed, is
 * skipped with the reason; a run that is under way sees it at its next step. Reports that the ledger does not know are passed over.
 *
 * @returns those for which this is news
 */
export async function endReports(pool: Pool, ends: readonly Outdated[]): Promise<readonly OutdatedReport[]> {
  if (ends.length === 0) return [];
  return inTransaction(pool, async (transaction) => {
    // a note may reject thousands of images
    const { rows } = await transaction.query<{ sop: SopInstanceUid }>(
      'select sop_instance_uid as sop from caliper.report where sop_instance_uid = any($1) order by number',
      [ends.map((end) => end.sopInstanceUID)],
    );
    const of = new Map(ends.map((end) => [end.sopInstanceUID, end]));
    const ended: OutdatedReport[] = [];
    for (const { sop } of rows) {
      const one = await endReport(transaction, of.get(sop)!);
      if (one) ended.push(one);
    }
    return ended;
  });
}

async function endReport(transaction: Transaction, end: Outdated): Promise<OutdatedReport | undefined> {
  const { rows } = await transaction.query<LatestRun>(
    `select p.number, r.id as run, r.state,
       exists (select 1 from caliper.outdated x where x.report = p.number and x.reason = $2 and x.by_uid = $3) as known
     from caliper.report p
     left join lateral (select id, state from caliper.run where report = p.number order by opened desc, id desc limit 1 for update) r
       on true
     where p.sop_instance_uid = $1`,
    [end.sopInstanceUID, end.reason, end.by],
  );
  const latest = rows[0];
  if (!latest || latest.known) return undefined;
  await transaction.query(
    `insert into caliper.outdated (report, reason, by_uid) values ($1, $2, $3)
     on conflict (report) do update set reason = excluded.reason, by_uid = excluded.by_uid, since = now(), noted = '{}'`,
    [latest.number, end.reason, end.by],
  );
  if (latest.run !== null) await endRun(transaction, latest.run, latest.state!, end.reason);
  const stored = await transaction.query<{ objects: number }>(
    `select count(distinct d.object) as objects from caliper.delivery d join caliper.object o on o.number = d.object
     join caliper.run r on r.id = o.run where r.report = $1 and d.state in ('stored', 'already-stored', 'stored-unconfirmed')`,
    [latest.number],
  );
  return { report: latest.number, reason: end.reason, objectsStored: stored.rows[0]!.objects };
}

async function endRun(transaction: Transaction, run: RunId, state: RunState, reason: ReasonCode): Promise<void> {
  if (state !== 'held' && state !== 'done') return;
  await moveHeldDeliveries(transaction, run, 'refused', reason, undefined);
  await transaction.query(
    `update caliper.measurement set outcome = 'skipped', reason = $2
     where run = $1 and (outcome is null or outcome in ('held', 'would-store', 'failed'))`,
    [run, reason],
  );
  if (state === 'done') return stayed(transaction, run, state, reason);
  await runMoved(transaction, run, { from: 'held', to: 'refused', reason });
  await transaction.query(
    `update caliper.run set state = 'refused', came_from = 'held', reason = $2, due = now(), changed = now() where id = $1`,
    [run, reason],
  );
}

/** Why a report no longer counts; undefined where it does. */
export async function outdated(pool: Pool, report: ReportNumber): Promise<ReasonCode | undefined> {
  const { rows } = await pool.query<{ reason: ReasonCode }>('select reason from caliper.outdated where report = $1', [
    report,
  ]);
  return rows[0]?.reason;
}

/** The same, with the report or note that says so. */
export async function outdating(pool: Pool, report: ReportNumber): Promise<Outdating | undefined> {
  const { rows } = await pool.query<Outdating>('select reason, by_uid as by from caliper.outdated where report = $1', [
    report,
  ]);
  return rows[0];
}

/** Written with what a run of the report made there. */
export async function recordNoted(
  transaction: Transaction,
  report: ReportNumber,
  destinations: readonly string[],
): Promise<void> {
  await transaction.query(
    'update caliper.outdated set noted = array(select distinct unnest(noted || $2::text[]) order by 1) where report = $1',
    [report, destinations],
  );
}

/**
 * Whether something stored for the report of the row `x` of outdated reports is not looked after at one of the destinations `$1`: an object of the
 * ledger, or one that was found in an archive.
 */
const TO_BE_NOTED = `(
  exists (select 1 from caliper.run q join caliper.object o on o.run = q.id join caliper.delivery d on d.object = o.number
    where q.report = x.report and o.kind <> 'rejection-note' and d.destination = any($1) and d.destination <> all(x.noted)
      and d.state in ('stored', 'already-stored', 'stored-unconfirmed')
      and not exists (select 1 from caliper.key_object k where k.rejects @> array[o.sop_instance_uid]))
  or exists (select 1 from unnest($1) as g (destination) where g.destination <> all(x.noted))
    and exists (select 1 from caliper.run q join caliper.measurement m on m.run = q.id
      where q.report = x.report and m.seg_uid is not null
        and not exists (select 1 from caliper.key_object k where k.rejects @> array[m.seg_uid])))`;

/**
 * The report that replaces that of the row `x` has come to its end: none of its contours is still to come, and it counts itself. A note, a report that
 * the ledger does not know, and one that was overwritten without marks, have nothing to come.
 */
const REPLACEMENT_ENDED = `not exists (
  select 1 from caliper.report p
  left join lateral (select id, state from caliper.run where report = p.number order by opened desc, id desc limit 1) n on true
  where p.sop_instance_uid = x.by_uid and p.number <> x.report and x.reason <> 'rejected-by-note'
    and (n.state is null or n.state not in ('done', 'refused')
      or exists (select 1 from caliper.measurement m where m.run = n.id and (m.outcome is null or m.outcome in ('would-store', 'held')))
      or exists (select 1 from caliper.outdated y where y.report = p.number)))`;

export async function reopenOutdated(
  pool: Pool,
  destinations: readonly string[],
  by: string,
): Promise<readonly ReportNumber[]> {
  if (destinations.length === 0) return [];
  return inTransaction(pool, async (transaction) => {
    const { rows } = await transaction.query<{ id: RunId; report: ReportNumber; state: RunState }>(
      `select r.id, r.report, r.state from caliper.outdated x
       join lateral (select * from caliper.run where report = x.report order by opened desc, id desc limit 1) r on true
       where r.state in ('done', 'refused', 'dead')
         and not exists (select 1 from caliper.run u where u.report = x.report and (u.state ${UNFINISHED} or u.state = 'held'))
         and ${TO_BE_NOTED} and ${REPLACEMENT_ENDED}
       order by r.id for update of x`,
      [destinations],
    );
    for (const { id, state } of rows) {
      await runMoved(transaction, id, { from: state, to: 'seen', by });
      await transaction.query(
        `update caliper.run set state = 'seen', came_from = $2, reason = null, cause = 'amended', again = null, due = now(),
           attempts = 0, changed = now()
         where id = $1`,
        [id, state],
      );
    }
    return rows.map((row) => row.report);
  });
}

/** A report counts again: what replaced it was itself rejected. */
export async function countAgain(pool: Pool, report: ReportNumber): Promise<void> {
  await pool.query('delete from caliper.outdated where report = $1', [report]);
}

export async function outdatedObjects(pool: Pool): Promise<readonly OutdatedObject[]> {
  const { rows } = await pool.query<{
    object: ObjectNumber;
    report: ReportNumber;
    reason: ReasonCode;
    by_uid: SopInstanceUid;
    destinations: readonly string[];
  }>(
    `select o.number as object, x.report, x.reason, x.by_uid,
       (select array_agg(d.destination order by d.destination) from caliper.delivery d
        where d.object = o.number and d.state in ('stored', 'already-stored', 'stored-unconfirmed')) as destinations
     from caliper.outdated x join caliper.run r on r.report = x.report join caliper.object o on o.run = r.id
     where exists (select 1 from caliper.delivery d
         where d.object = o.number and d.state in ('stored', 'already-stored', 'stored-unconfirmed'))
       and o.kind <> 'rejection-note'
       and not exists (select 1 from caliper.key_object k where k.rejects @> array[o.sop_instance_uid])
     order by o.number`,
  );
  return rows.map((row) => ({
    object: row.object,
    report: row.report,
    reason: row.reason,
    by: row.by_uid,
    destinations: row.destinations,
  }));
}
