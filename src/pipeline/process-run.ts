import { documentOf, isOwnObject, readReport, reportEquipmentOf } from '../sr-parser/index.js';
import {
  asReadUid,
  fail,
  ok,
  SOP_CLASS,
  TAG,
  type ReasonCode,
  type Result,
  type SopClassUid,
} from '../domain/index.js';
import { isReportClass } from './report-classes.js';
import {
  isDatabaseAway,
  reportName,
  type Claim,
  type Delivery,
  type LeaseLost,
  type RunMove,
} from '../ledger/index.js';
import type { ArchiveProblem } from '../dicomweb/index.js';
import type { AskedStudies } from './before-store.js';
import { deliver } from './deliver.js';
import { fetchReport, type FetchedFile } from './fetch.js';
import { turnOf } from './follows.js';
import { endReports, readNotes, recordNote } from './notes.js';
import { rejectStored } from './rejection-notes.js';
import { isOverwritten, recordOf, segmentAndWrite, studiesOf, type ReportAtHand } from './segment-and-write.js';
import { standingOf } from './standing.js';
import { endingsWhereStored } from './stored-before.js';
import { ageMs, stopFor } from './stop-for.js';
import { isSpent, nextTryAfter } from './waits.js';
import { pausedSources } from './watch.js';
import type { World } from './world.js';

/**
 * Takes a claimed run as far as it goes now. Every step ends in one transaction of the ledger; a run that is taken up after a crash begins at
 * the step that was not finished, from the archive's data. What is no expected failure ends here: it is logged with its stack, and the run is
 * tried again later, so that one bad report cannot stop the others.
 */
export async function processRun(claimed: Claim, world: World): Promise<void> {
  const started = world.now();
  const hand: Hand = { read: undefined, studies: new Map() };
  let claim: Claim | undefined = claimed;
  while (claim) {
    const here: Claim = claim;
    const to = await nextMove(here, hand, world);
    if (to === 'lease-lost') return;
    const moved = await world.ledger.moveRun(here, to);
    if (!moved.ok) return;
    logMove(here, to, world, started);
    claim = moved.value.claim;
  }
}

/** What a run's steps hand on while it is worked on without a break. */
interface Hand {
  read: ReportAtHand | undefined;
  readonly studies: AskedStudies;
}

async function nextMove(claim: Claim, hand: Hand, world: World): Promise<RunMove | LeaseLost> {
  try {
    return await step(claim, hand, world);
  } catch (error) {
    if (!isDatabaseAway(error)) return setAside(claim, error, world);
    // no fault of the report: its lease ends by itself, and it is taken up again
    world.log.event('database.failing', { error: error instanceof Error ? error.name : typeof error });
    return 'lease-lost';
  }
}

async function step(claim: Claim, hand: Hand, world: World): Promise<RunMove | LeaseLost> {
  // what a report left behind is looked after without reading it again
  const leftBehind = claim.cause === 'amended' ? await world.ledger.outdating(claim.report.number) : undefined;
  if (leftBehind && claim.state !== 'delivering') return rejectStored(claim, leftBehind, world);
  if (claim.state === 'seen')
    return (await isWorthRetrieving(claim, world)) ? { to: 'reading' } : { to: 'refused', reason: 'not-a-report' };
  if (claim.state === 'delivering') return deliverAll(claim, hand, leftBehind?.reason, world);
  // reports replace each other: all that were seen are read before one of them is segmented
  if (claim.state === 'segmenting' && (await world.ledger.yieldToUnread(claim))) return 'lease-lost';
  // nothing is fetched and segmented for a destination that is away
  const away = claim.state === 'segmenting' ? destinationLeftAlone(world) : undefined;
  if (away) return stopFor(away, claim, world);
  if (!hand.read) {
    const result = await readFromSource(claim, world);
    if (!result.ok) return stopFor(result.error, claim, world);
    hand.read = result.value;
    // overwritten since it was read: its measurements are others
    if (claim.state === 'segmenting' && result.value.fetched.digest !== claim.report.digest) return { to: 'reading' };
  }
  // an archive that shows it made at another time, and has it as it was: nothing that was decided is undone
  if (claim.state === 'reading' && claim.cause === 'overwritten') {
    const again = await world.ledger.standAgain(claim, hand.read.fetched.digest);
    if (!again.ok || again.value === 'stands-as-before') return 'lease-lost';
  }
  return claim.state === 'reading'
    ? afterReading(hand.read, claim, world)
    : segmentAndWrite(hand.read, claim, hand.studies, world);
}

/** Where no rule can go on: one destination that is away does not hold up the others. */
function destinationLeftAlone({ rules, destinations }: World): ArchiveProblem | undefined {
  const away = rules.map(({ storeTo }) => {
    const problems = storeTo.map((name) => destinations.get(name)?.archive.leftAlone());
    return problems.every((problem) => problem !== undefined) ? problems[0] : undefined;
  });
  return away.every((problem) => problem !== undefined) ? away[0] : undefined;
}

/**
 * Dose, CAD and the like end by their class alone. So do key objects, unless a report with marks of their study was read: one that is read later
 * looks for them itself.
 */
async function isWorthRetrieving({ report }: Claim, { ledger }: World): Promise<boolean> {
  const { sopClassUID: sopClass } = report;
  if (sopClass !== SOP_CLASS.KeyObjectSelection) return sopClass === undefined || isReportClass(sopClass);
  const read = await ledger.readKeyObjects([report.sopInstanceUID]);
  return !read.has(report.sopInstanceUID) && (await ledger.hasMeasuredReport(report.studyInstanceUID));
}

function setAside(claim: Claim, error: unknown, world: World): RunMove {
  const reason: ReasonCode = 'unexpected-error';
  world.log.event('report.failed', {
    report: reportName(claim.report.number),
    reason,
    error: error instanceof Error ? error.name : typeof error,
    stack: stackOf(error),
    attempt: claim.attempts,
  });
  if (isSpent(reason, { ageMs: ageMs(claim, world), attempts: claim.attempts })) return { to: 'dead', reason };
  return {
    to: 'waiting',
    reason,
    attempt: 'counted',
    afterMs: nextTryAfter(reason, {
      ageMs: ageMs(claim, world),
      attempts: claim.attempts,
      item: claim.report.number,
    }),
  };
}

/** Where it happened, without the message: messages of libraries may quote what they were given. */
const stackOf = (error: unknown): string =>
  error instanceof Error
    ? (error.stack ?? '')
        .split('\n')
        .filter((line) => /^\s+at /.test(line))
        .slice(0, 8)
        .join('\n')
    : '';

async function readFromSource(claim: Claim, world: World): Promise<Result<ReportAtHand, ArchiveProblem>> {
  const paused = await pausedSources(world.ledger);
  let last: Result<ReportAtHand, ArchiveProblem> = fail({
    code: claim.sightings.some((s) => paused.has(s.source)) ? 'source-paused' : 'archive-unreachable',
  });
  for (const sighting of claim.sightings) {
    const source = world.sources.get(sighting.source);
    if (!source || paused.has(sighting.source)) continue;
    const fetched = await fetchReport(source, sighting, claim.report.sopInstanceUID);
    if (fetched.ok) {
      const { dataSet } = fetched.value.file;
      return ok({ fetched: fetched.value, report: readReport(dataSet, source.carriers), own: isOwnObject(dataSet) });
    }
    last = fetched;
  }
  return last;
}

async function afterReading({ report, fetched, own }: ReportAtHand, claim: Claim, world: World): Promise<RunMove> {
  const reading = {
    digest: fetched.digest,
    kind: report.kind,
    ...writerOf(fetched),
    sopClassUID: sopClassOf(fetched),
    findings: report.findings,
    skipped: report.skipped,
  };
  if (reading.sopClassUID === SOP_CLASS.KeyObjectSelection)
    await recordNote(claim.sightings[0]!.source, claim.report.sopInstanceUID, fetched.file.dataSet, world);
  if (own) return { to: 'refused', reason: 'own-object', account: { reading } };
  world.log.event('report.read', {
    report: reportName(claim.report.number),
    kind: report.kind,
    measurements: report.measurements.length,
    skipped: report.skipped.length,
    findings: report.findings.map((f) => f.code),
  });
  const account = { reading, document: documentOf(report) };
  if (report.measurements.length === 0) {
    // an amendment that has no measurement left replaces the report that had them
    if (report.predecessors.length > 0) {
      const standing = await standingOf(report, claim, studiesOf(report, claim), world);
      if (!standing.ok) return stopFor(standing.error, claim, world);
    }
    // a report that lost its marks under its own UID takes the place of what it was
    if (isOverwritten(claim, fetched)) {
      const { sopInstanceUID } = claim.report;
      await endReports([{ sopInstanceUID, reason: 'superseded', by: sopInstanceUID }], world);
    }
    return { to: 'refused', reason: report.skipped[0]?.reason ?? 'no-measurements', account };
  }
  const notes = await readNotes(studiesOf(report, claim), world);
  if (!notes.ok) return stopFor(notes.error, claim, world);
  const judged = await standingOf(report, claim, studiesOf(report, claim), world);
  if (!judged.ok) return stopFor(judged.error, claim, world);
  const standing = judged.value;
  const measurements = report.measurements.map((m) => recordOf(m));
  if (standing.kind === 'counts') return { to: 'segmenting', account: { ...account, measurements } };
  const endings = await endingsWhereStored(report, studiesOf(report, claim), standing, claim, world);
  if (!endings.ok) return stopFor(endings.error, claim, world);
  const newMeasurements = measurements.map((m) => ({ ...m, ...endings.value.get(m.key) }));
  return { to: 'refused', reason: standing.reason, account: { ...account, newMeasurements } };
}

/** For the first-week letter: whose reports are read, and how well. */
function writerOf({ file }: FetchedFile): { readonly writer?: string } {
  const equipment = reportEquipmentOf(file.dataSet);
  if (!equipment) return {};
  return { writer: [equipment.manufacturer, equipment.modelName].filter((part) => part !== undefined).join(' ') };
}

const sopClassOf = ({ file }: FetchedFile): SopClassUid | undefined => {
  const text = file.dataSet.text(TAG.SOPClassUID);
  return text === undefined ? undefined : asReadUid<SopClassUid>(text);
};

/** @param leftBehind why the report does not count, where what it left behind is all that is done. */
async function deliverAll(
  claim: Claim,
  { studies }: Hand,
  leftBehind: ReasonCode | undefined,
  world: World,
): Promise<RunMove | LeaseLost> {
  const after: Delivery[] = [];
  for (const delivery of inTheirOrder(await world.ledger.deliveries(claim))) {
    const delivered = await deliverInTurn(claim, delivery, after, studies, world);
    if (!delivered.ok) return delivered.error;
    after.push(delivered.value);
  }
  const waiting = after.filter((d) => d.state === 'waiting');
  const held = after.find((d) => d.state === 'held');
  if (waiting.length > 0) {
    const next = waiting.reduce((a, b) => (a.dueInMs <= b.dueInMs ? a : b));
    return { to: 'waiting', afterMs: next.dueInMs, reason: next.reason ?? 'archive-error', attempt: 'free' };
  }
  if (held) return { to: 'held', reason: held.reason ?? 'store-refused' };
  return leftBehind ? { to: 'refused', reason: leftBehind } : { to: 'done' };
}

const ORDER: readonly Delivery['kind'][] = ['segmentation', 'result-report', 'rejection-note'];

const inTheirOrder = (deliveries: readonly Delivery[]): readonly Delivery[] =>
  [...deliveries].sort((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind));

/** Delivers what has its turn; what follows something that did not get there ends as that did. */
async function deliverInTurn(
  claim: Claim,
  delivery: Delivery,
  before: readonly Delivery[],
  studies: AskedStudies,
  world: World,
): Promise<Result<Delivery, LeaseLost>> {
  if (delivery.kind === 'segmentation' || (delivery.state !== 'due' && delivery.state !== 'looking'))
    return deliver(claim, delivery, world, studies);
  const turn = turnOf(delivery, await world.ledger.objectBytes(delivery.object), before);
  switch (turn.kind) {
    case 'now':
      return deliver(claim, delivery, world, studies);
    case 'later':
      return ok(delivery);
    case 'held':
    case 'refused':
      return world.ledger.moveDelivery(claim, delivery.id, { to: turn.kind, reason: turn.reason });
    case 'would-store': {
      if (delivery.state === 'due') {
        const looking = await world.ledger.moveDelivery(claim, delivery.id, { to: 'looking' });
        if (!looking.ok) return looking;
      }
      return world.ledger.moveDelivery(claim, delivery.id, { to: 'would-store' });
    }
  }
}

function logMove(claim: Claim, to: RunMove, world: World, started: number): void {
  const report = reportName(claim.report.number);
  if (to.to === 'waiting')
    world.log.event('report.waiting', {
      report,
      reason: to.reason,
      next: new Date(world.now() + to.afterMs).toISOString(),
      attempt: claim.attempts,
    });
  else if (to.to === 'refused' || to.to === 'held' || to.to === 'dead')
    world.log.event('report.refused', { report, reason: to.reason });
  else if (to.to === 'done') world.log.event('report.done', { report, took: world.now() - started });
}
