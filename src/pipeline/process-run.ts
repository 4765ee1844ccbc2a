import { isOwnObject, readReport } from '../sr-parser/index.js';
import {
  asReadUid,
  fail,
  ok,
  reasonOf,
  TAG,
  type ReadReport,
  type ReasonCode,
  type Result,
  type SopClassUid,
} from '../domain/index.js';
import { isReportClass } from './report-classes.js';
import {
  reportName,
  type Claim,
  type Delivery,
  type LeaseLost,
  type MeasurementRecord,
  type RunMove,
} from '../ledger/index.js';
import type { ArchiveProblem } from '../dicomweb/index.js';
import { deliver } from './deliver.js';
import {
  fetchReport,
  fetchSeriesPlanes,
  fetchSlices,
  sliceAmong,
  type FetchedFile,
  type FetchedSlices,
} from './fetch.js';
import { ownSegmentsIn, type OwnSegment } from './own-objects.js';
import { segmentReport, type MeasurementResult } from './segment.js';
import { pausedSources } from './watch.js';
import { nextTryAfter, PARTIAL_AFTER_MS, WAIT_HORIZON_MS } from './waits.js';
import { writeReport } from './write.js';
import type { World } from './world.js';

/**
 * Takes a claimed run as far as it goes now. Every step ends in one transaction of the ledger; a run that is taken up after a crash begins at
 * the step that was not finished, from the archive's data. What is no expected failure ends here: it is logged with its stack, and the run is
 * tried again later, so that one bad report cannot stop the others.
 */
export async function processRun(claimed: Claim, world: World): Promise<void> {
  const started = world.now();
  const hand: Hand = { read: undefined };
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
}

async function nextMove(claim: Claim, hand: Hand, world: World): Promise<RunMove | LeaseLost> {
  try {
    return await step(claim, hand, world);
  } catch (error) {
    return setAside(claim, error, world);
  }
}

async function step(claim: Claim, hand: Hand, world: World): Promise<RunMove | LeaseLost> {
  if (claim.state === 'seen') {
    const known = claim.report.sopClassUID;
    return known !== undefined && !isReportClass(known) ? { to: 'refused', reason: 'not-a-report' } : { to: 'reading' };
  }
  if (claim.state === 'delivering') return deliverAll(claim, world);
  if (!hand.read) {
    const result = await readFromSource(claim, world);
    if (!result.ok) return stopFor(result.error, claim, world);
    hand.read = result.value;
  }
  return claim.state === 'reading'
    ? afterReading(hand.read, claim, world)
    : segmentAndWrite(hand.read.report, claim, world);
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
  return {
    to: 'waiting',
    reason,
    attempt: 'counted',
    afterMs: nextTryAfter(reason, { ageMs: ageMs(claim, world), attempts: claim.attempts }),
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

interface ReportAtHand {
  readonly report: ReadReport;
  readonly fetched: FetchedFile;
  readonly own: boolean;
}

async function readFromSource(claim: Claim, world: World): Promise<Result<ReportAtHand, ArchiveProblem>> {
  const paused = await pausedSources(world.ledger);
  let last: Result<ReportAtHand, ArchiveProblem> = fail({
    code: claim.sightings.some((s) => paused.has(s.source)) ? 'source-paused' : 'archive-unreachable',
  });
  for (const sighting of claim.sightings) {
    const source = world.sources.get(sighting.source);
    if (!source || paused.has(sighting.source)) continue;
    const fetched = await fetchReport(source.archive, sighting, claim.report.sopInstanceUID);
    if (fetched.ok) {
      const { dataSet } = fetched.value.file;
      return ok({ fetched: fetched.value, report: readReport(dataSet, source.carriers), own: isOwnObject(dataSet) });
    }
    last = fetched;
  }
  return last;
}

function afterReading({ report, fetched, own }: ReportAtHand, claim: Claim, world: World): RunMove {
  const reading = {
    digest: fetched.digest,
    kind: report.kind,
    sopClassUID: sopClassOf(fetched),
    findings: report.findings,
    skipped: report.skipped,
  };
  if (own) return { to: 'refused', reason: 'own-object', account: { reading } };
  world.log.event('report.read', {
    report: reportName(claim.report.number),
    kind: report.kind,
    measurements: report.measurements.length,
    skipped: report.skipped.length,
    findings: report.findings.map((f) => f.code),
  });
  if (report.measurements.length === 0)
    return { to: 'refused', reason: report.skipped[0]?.reason ?? 'no-measurements', account: { reading } };
  return {
    to: 'segmenting',
    account: { reading, measurements: report.measurements.map((m) => recordOf(m)) },
  };
}

const sopClassOf = ({ file }: FetchedFile): SopClassUid | undefined => {
  const text = file.dataSet.text(TAG.SOPClassUID);
  return text === undefined ? undefined : asReadUid<SopClassUid>(text);
};

/** From slices to objects, up to the moment where they wait for delivery. */
async function segmentAndWrite(report: ReadReport, claim: Claim, world: World): Promise<RunMove> {
  const images = claim.sightings.flatMap((s) => world.sources.get(s.source)?.images ?? []);
  const archives = [...new Set(images)];
  const slices = await fetchSlices(report, archives, world.kernels);
  if (!slices.ok) return stopFor(slices.error, claim, world);
  if (mustWaitForImages(slices.value, ageMs(claim, world))) return stopFor({ code: 'image-gone' }, claim, world);

  const results = await segmentReport(report, sliceAmong(slices.value), world.rules, world.kernels);
  if (!results.ok) return stopFor({ code: results.error }, claim, world);

  const toStore = results.value.filter((r): r is Segmented => r.kind === 'segmented' && r.decision === 'store');
  const existing = await ownObjects(toStore, world);
  if (!existing.ok) return stopFor(existing.error, claim, world);
  const planes = toStore.length > 0 ? await fetchSeriesPlanes(slices.value, archives) : new Map<never, never>();
  const written = writeReport(report, toStore, existing.value, planes, world.installation, new Date(world.now()));

  const refused = new Map(written.refused.map((r) => [r.measurementKey, r.reason]));
  const already = new Map(written.already.map((a) => [a.measurement.key, a.segment]));
  const measurements = results.value.map((result): MeasurementRecord => {
    const key = result.measurement.key;
    const reason = refused.get(key);
    const segment = already.get(key);
    if (reason) return { ...recordOf(result.measurement, result), outcome: { kind: 'failed', reason } };
    if (segment && !segment.intact)
      return { ...recordOf(result.measurement, result), outcome: { kind: 'held', reason: 'read-back-differs' } };
    if (segment)
      return {
        ...recordOf(result.measurement, result),
        alreadyIn: { seg: segment.seg, segmentNumber: segment.segmentNumber },
      };
    return recordOf(result.measurement, result);
  });
  const account = {
    measurements,
    objects: written.objects.map(({ object, destinations }) => ({
      object,
      kind: 'segmentation' as const,
      destinations,
    })),
  };
  return { to: written.objects.length > 0 ? 'delivering' : 'done', account };
}

type Segmented = Extract<MeasurementResult, { kind: 'segmented' }>;

/** Images that are not there yet are waited for: all of them for a week, some of them for an hour, then the report goes on with the others. */
function mustWaitForImages(slices: FetchedSlices, age: number): boolean {
  const all = [...slices.values()];
  const gone = all.filter((s) => !s.ok && s.error === 'image-gone').length;
  if (gone === 0) return false;
  return age < (gone === all.length ? WAIT_HORIZON_MS : PARTIAL_AFTER_MS);
}

async function ownObjects(
  toStore: readonly Segmented[],
  world: World,
): Promise<Result<ReadonlyMap<string, readonly OwnSegment[]>, ArchiveProblem>> {
  const existing = new Map<string, OwnSegment[]>();
  const asked = new Set<string>();
  for (const { lesion, rule } of toStore) {
    const study = lesion.located.slice.header.text(TAG.StudyInstanceUID);
    for (const name of rule.storeTo) {
      const destination = world.destinations.get(name);
      if (!destination || study === undefined || asked.has(`${name} ${study}`)) continue;
      asked.add(`${name} ${study}`);
      if (destination.confirm === 'answer') continue; // an archive that cannot be read
      const own = await ownSegmentsIn(destination.archive, asReadUid(study));
      if (!own.ok) return own;
      existing.set(name, [...(existing.get(name) ?? []), ...own.value]);
    }
  }
  return ok(existing);
}

function recordOf(measurement: MeasurementResult['measurement'], result?: MeasurementResult): MeasurementRecord {
  const base = {
    key: measurement.key,
    ...(measurement.trackingUID ? { trackingUID: measurement.trackingUID } : {}),
    findings: measurement.findings,
  };
  if (!result) return base;
  if (result.kind === 'ended')
    return {
      ...base,
      ...(result.rule ? { rule: result.rule.name } : {}),
      outcome: { kind: result.outcome, reason: result.reason },
    };
  const { lesion, rule, decision } = result;
  return {
    ...base,
    rule: rule.name,
    method: lesion.method,
    agreement: lesion.agreement,
    findings: [...lesion.located.findings, ...lesion.findings],
    ...(decision === 'store' ? {} : { outcome: { kind: 'held', reason: decision.hold } }),
  };
}

async function deliverAll(claim: Claim, world: World): Promise<RunMove | LeaseLost> {
  const after: Delivery[] = [];
  for (const delivery of await world.ledger.deliveries(claim)) {
    const delivered = await deliver(claim, delivery, world);
    if (!delivered.ok) return delivered.error;
    after.push(delivered.value);
  }
  const waiting = after.filter((d) => d.state === 'waiting');
  const held = after.find((d) => d.state === 'held');
  if (waiting.length > 0) {
    const next = waiting.reduce((a, b) => (a.dueInMs <= b.dueInMs ? a : b));
    return { to: 'waiting', afterMs: next.dueInMs, reason: next.reason ?? 'archive-error', attempt: 'free' };
  }
  return held ? { to: 'held', reason: held.reason ?? 'store-refused' } : { to: 'done' };
}

/** What a problem means for the run, by its reason's row. */
function stopFor(problem: ArchiveProblem, claim: Claim, world: World): RunMove {
  const reason: ReasonCode = problem.code;
  const { retry } = reasonOf(reason);
  if (retry === 'never') return { to: 'refused', reason };
  if (retry === 'wait' && ageMs(claim, world) > WAIT_HORIZON_MS) return { to: 'dead', reason };
  return {
    to: 'waiting',
    reason,
    attempt: 'counted',
    afterMs: nextTryAfter(reason, {
      ageMs: ageMs(claim, world),
      attempts: claim.attempts,
      ...(problem.retryAfter === undefined ? {} : { retryAfterMs: problem.retryAfter }),
    }),
  };
}

const ageMs = (claim: Claim, world: World): number => world.now() - claim.report.firstSeen.getTime();

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
