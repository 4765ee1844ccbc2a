import type { ArchiveProblem } from '../dicomweb/index.js';
import {
  asReadUid,
  fail,
  ok,
  TAG,
  type MeasurementKey,
  type ReadReport,
  type ReasonCode,
  type Result,
  type SopInstanceUid,
  type SourceSlice,
  type StudyInstanceUid,
} from '../domain/index.js';
import type { Again, Claim, MeasurementRecord, ObjectRecord, RunMove } from '../ledger/index.js';
import { reportEquipmentOf } from '../sr-parser/index.js';
import type { AskedStudies } from './before-store.js';
import { withChoices } from './candidates.js';
import { fetchSeriesPlanes, fetchSlices, sliceAmong, type FetchedFile, type FetchedSlices } from './fetch.js';
import { furtherSlicesIn } from './fetch-further.js';
import { fateOf, type PresentWork } from './earlier-work.js';
import type { SegmentationOrigin, Segmented } from './lesion-work.js';
import { readNotes } from './notes.js';
import { ownResultReportsIn, ownSegmentsIn, type OwnResultReport, type OwnSegment } from './own-objects.js';
import { notesOnEarlierWork } from './rejection-notes.js';
import { replacedSegments } from './replaced.js';
import { resultReportsOf } from './result-reports.js';
import { segmentReport, type MeasurementResult } from './segment.js';
import { standingOf } from './standing.js';
import { endingsWhereStored } from './stored-before.js';
import { ageMs, stopFor } from './stop-for.js';
import { readNotesAt, seriesOfStudy, type StudySeries } from './study-series.js';
import { PARTIAL_AFTER_MS, WAIT_HORIZON_MS } from './waits.js';
import type { Destination, World } from './world.js';
import { writeReport, type WrittenReport } from './write.js';

/** A report as it was just read. */
export interface ReportAtHand {
  readonly report: ReadReport;
  readonly fetched: FetchedFile;
  readonly own: boolean;
}

/** Where notes on a report and its images may be. */
export const studiesOf = (report: ReadReport, claim: Claim): readonly StudyInstanceUid[] => [
  ...new Set([
    claim.report.studyInstanceUID,
    ...report.evidence.flatMap(({ studyInstanceUID }) => studyInstanceUID ?? []),
  ]),
];

/** From slices to objects, up to the moment where they wait for delivery. */
export async function segmentAndWrite(
  { report, fetched }: ReportAtHand,
  claim: Claim,
  studies: AskedStudies,
  configured: World,
): Promise<RunMove> {
  const world = await asAskedFor(claim, configured);
  const notes = await readNotes(studiesOf(report, claim), world);
  if (!notes.ok) return stopFor(notes.error, claim, world);
  const judged = await standingOf(report, claim, studiesOf(report, claim), world);
  if (!judged.ok) return stopFor(judged.error, claim, world);
  const standing = judged.value;
  if (standing.kind !== 'counts') {
    const endings = await endingsWhereStored(report, studiesOf(report, claim), standing, claim, world);
    if (!endings.ok) return stopFor(endings.error, claim, world);
    const measurements = report.measurements.flatMap((m) => {
      const ending = endings.value.get(m.key);
      return ending ? [{ ...recordOf(m), ...ending }] : [];
    });
    return { to: 'refused', reason: standing.reason, account: { measurements } };
  }

  const images = claim.sightings.flatMap((s) => world.sources.get(s.source)?.images ?? []);
  const archives = [...new Set(images)];
  const slices = await fetchStandingSlices(report, archives, world);
  if (!slices.ok) return stopFor(slices.error, claim, world);
  const awaited = awaitedImages(slices.value, ageMs(claim, world));
  if (awaited) return stopFor({ code: awaited }, claim, world);

  const further =
    world.extent === 'volume'
      ? furtherSlicesIn(archives, world.kernels, (instances) => world.ledger.rejections(instances))
      : undefined;
  const segmented = await segmentReport(report, sliceAmong(slices.value), world.rules, world, further);
  if (!segmented.ok) return stopFor({ code: segmented.error }, claim, world);
  const choices = await world.ledger.choices(claim.run);
  const results = ok(
    await withChoices(segmented.value, choices, world, (c) => world.ledger.dropChoice(c.run, c.measurementKey)),
  );

  const toStore = results.value.filter((r): r is Segmented => r.kind === 'segmented' && r.decision === 'store');
  const reportEquipment = reportEquipmentOf(fetched.file.dataSet);
  const origin: SegmentationOrigin = {
    ...(standing.firstReport === undefined ? {} : { firstReport: standing.firstReport }),
    ...(reportEquipment === undefined ? {} : { reportEquipment }),
    ...bundleOf(world),
  };
  const present: PresentWork = {
    report,
    results: results.value,
    origin,
    overwritten: isOverwritten(claim, fetched),
    earlier: claim.again?.earlier ?? 'keep',
  };
  const own = await ownObjects(placesOf(toStore, present, claim, world), studies, claim.again, present, world);
  if (!own.ok) return stopFor(own.error, claim, world);
  const { existing, existingReports } = own.value;
  const planes = toStore.length > 0 ? await fetchSeriesPlanes(slices.value, archives) : new Map<never, never>();
  const createdAt = new Date(world.now());
  const written = writeReport({
    report,
    toStore,
    existing,
    existingIs: claim.again ? 'same-work' : 'any',
    destinations: world.destinations,
    seriesPlanes: planes,
    replaces: replacedSegments(toStore, existing, standing.replaced, present),
    installation: world.installation,
    createdAt,
    origin,
    network: world.network?.bundle.manifest,
  });

  // an archive may hide what a note rejects, so that only the note tells
  const rejected = await world.ledger.rejections(written.objects.map(({ object }) => object.sopInstanceUID));
  const objects = written.objects.filter(({ object }) => !rejected.has(object.sopInstanceUID));
  const givesWay = [...existing.values()].flat().some((segment) => fateOf(segment, present) !== 'stands');
  const reports = await resultReportsOf(
    {
      report,
      toStore,
      objects,
      existing,
      existingReports,
      createdAt,
      ...(reportEquipment === undefined ? {} : { reportEquipment }),
      replaced: new Set([
        ...standing.replaced.map(({ sopInstanceUID }) => sopInstanceUID),
        ...(givesWay ? [claim.report.sopInstanceUID] : []),
      ]),
    },
    world,
  );
  if (!reports.ok) return stopFor(reports.error, claim, world);
  const rejecting = givesWay
    ? await notesOnEarlierWork({ present, objects, existing, existingReports }, world)
    : ok([]);
  if (!rejecting.ok) return stopFor(rejecting.error, claim, world);
  const records: readonly ObjectRecord[] = [
    ...objects.map(({ object, destinations }) => ({ object, kind: 'segmentation' as const, destinations })),
    ...reports.value,
    ...rejecting.value,
  ];
  const account = { measurements: measurementsOf(results.value, written, rejected), objects: records };
  return { to: records.length > 0 ? 'delivering' : 'done', account };
}

/** A replay that names its method is worked by that in place of the one of the rules. */
async function asAskedFor({ again }: Claim, world: World): Promise<World> {
  if (!again) return world;
  const rules = world.rules.map((rule) => ({ ...rule, method: again.method }));
  return again.method === 'cosegmentation'
    ? { ...world, rules, network: await world.networkOf(again.bundle) }
    : { ...world, rules };
}

/** The model that draws what a rule with `cosegmentation` asks for. */
const bundleOf = ({ network }: World): Pick<SegmentationOrigin, 'bundle'> =>
  network ? { bundle: { name: network.bundle.manifest.name, sha256: network.bundle.sha256 } } : {};

function measurementsOf(
  results: readonly MeasurementResult[],
  written: WrittenReport,
  rejected: ReadonlyMap<SopInstanceUid, SopInstanceUid>,
): readonly MeasurementRecord[] {
  const refused = new Map(written.refused.map((r) => [r.measurementKey, r.reason]));
  const already = new Map(written.already.map((a) => [a.measurement.key, a.segment]));
  const inRejected = new Set(
    written.objects
      .filter(({ object }) => rejected.has(object.sopInstanceUID))
      .flatMap(({ object }) => object.segments.map((segment) => segment.measurementKey)),
  );
  return results.map((result): MeasurementRecord => {
    const record = recordOf(result.measurement, result);
    const { key } = result.measurement;
    const reason = refused.get(key);
    const segment = already.get(key);
    if (reason) return { ...record, outcome: { kind: 'failed', reason } };
    const named = segment ? { alreadyIn: { seg: segment.seg, segmentNumber: segment.segmentNumber } } : {};
    if (inRejected.has(key) || segment?.standing === 'rejected')
      return { ...record, ...named, outcome: { kind: 'skipped', reason: 'rejected-by-note' } };
    if (segment?.standing === 'damaged')
      return { ...record, ...named, outcome: { kind: 'held', reason: 'read-back-differs' } };
    return { ...record, ...named };
  });
}

/** The slices of a report's marks; an image that a note rejects is not fetched. */
async function fetchStandingSlices(
  report: ReadReport,
  archives: Parameters<typeof fetchSlices>[1],
  { ledger, kernels }: World,
): Promise<Result<FetchedSlices, ArchiveProblem>> {
  const named = report.measurements.flatMap(({ image }) => image?.sopInstanceUID ?? []);
  const rejected = await ledger.rejections([...new Set(named)]);
  const standing = report.measurements.filter(({ image }) => !image || !rejected.has(image.sopInstanceUID));
  const fetched = await fetchSlices({ ...report, measurements: standing }, archives, kernels);
  if (!fetched.ok) return fetched;
  // marks in patient coordinates name no image: which one they lie on is known only now
  const found = [...fetched.value.values()].flatMap((slice) => (slice.ok ? slice.value.reference.sopInstanceUID : []));
  const rejectedToo = await ledger.rejections([...new Set(found)]);
  const slices = new Map<MeasurementKey, Result<SourceSlice, ReasonCode>>();
  for (const { key, image } of report.measurements) {
    const slice = fetched.value.get(key);
    const uid: SopInstanceUid | undefined =
      image?.sopInstanceUID ?? (slice?.ok ? slice.value.reference.sopInstanceUID : undefined);
    if (uid !== undefined && (rejected.has(uid) || rejectedToo.has(uid))) slices.set(key, fail('rejected-by-note'));
    else if (slice) slices.set(key, slice);
  }
  return ok(slices);
}

/** Images that are not there yet, or not online, are waited for: all of them for a week, some of them for an hour, then the report goes on with the others. */
function awaitedImages(slices: FetchedSlices, age: number): 'image-gone' | 'nearline' | undefined {
  const all = [...slices.values()];
  const awaited = all.flatMap((s) => (!s.ok && (s.error === 'image-gone' || s.error === 'nearline') ? s.error : []));
  if (awaited.length === 0) return undefined;
  const isLate = age >= (awaited.length === all.length ? WAIT_HORIZON_MS : PARTIAL_AFTER_MS);
  return isLate ? undefined : awaited.includes('nearline') ? 'nearline' : 'image-gone';
}

interface OwnObjects {
  readonly existing: ReadonlyMap<string, readonly OwnSegment[]>;
  /** Those that no note rejects; only of destinations where they matter. */
  readonly existingReports: ReadonlyMap<string, readonly OwnResultReport[]>;
}

/** A study at a destination. */
interface Place {
  readonly name: string;
  readonly study: StudyInstanceUid;
}

/** Where lesions go, and, of a report that was overwritten, wherever something may have been stored for it before. */
function placesOf(
  toStore: readonly Segmented[],
  { report, overwritten }: PresentWork,
  claim: Claim,
  world: World,
): readonly Place[] {
  const places = toStore.flatMap(({ lesion, rule }) => {
    const study = lesion.located.slice.header.text(TAG.StudyInstanceUID);
    return study === undefined ? [] : rule.storeTo.map((name) => ({ name, study: asReadUid<StudyInstanceUid>(study) }));
  });
  const before = overwritten
    ? [...world.destinations.keys()].flatMap((name) => studiesOf(report, claim).map((study) => ({ name, study })))
    : [];
  return [...new Map([...places, ...before].map((place) => [`${place.name} ${place.study}`, place])).values()];
}

/** Whether the report's data set is another one than it was when it was read before, under the same UID. */
export const isOverwritten = ({ report }: Claim, { digest }: FetchedFile): boolean =>
  report.amended !== undefined || (report.digest !== undefined && report.digest !== digest);

/** What destinations hold of ours in these studies; of segments, what a note rejects is marked so. */
async function ownObjects(
  places: readonly Place[],
  studies: AskedStudies,
  again: Again | undefined,
  present: PresentWork,
  world: World,
): Promise<Result<OwnObjects, ArchiveProblem>> {
  const existing = new Map<string, OwnSegment[]>();
  const existingReports = new Map<string, OwnResultReport[]>();
  const answering = new Set<string>();
  let away: Result<never, ArchiveProblem> | undefined;
  for (const { name, study } of places) {
    const destination = world.destinations.get(name);
    if (!destination) continue;
    if (destination.confirm === 'answer') {
      answering.add(name); // an archive that cannot be read
      continue;
    }
    const there = await ownObjectsAt(destination, study, present, world);
    if (!there.ok) {
      // one that is away holds up no other: what it has is asked before anything is stored there (`ownOfOtherWork`)
      if (!there.error.code.startsWith('archive-') || again || present.overwritten) return there;
      away ??= there;
      continue;
    }
    answering.add(name);
    const { series, own, reports } = there.value;
    if (series.series.length > 0) studies.set(`${name} ${study}`, { ...series, own });
    existing.set(name, [...(existing.get(name) ?? []), ...own]);
    if (reports) existingReports.set(name, [...(existingReports.get(name) ?? []), ...reports]);
  }
  if (away && answering.size === 0) return away;
  const rejected = await world.ledger.rejections(
    [...existing.values(), ...existingReports.values()].flat().map(({ place }) => place.instance),
  );
  const isRejected = ({ place }: OwnSegment | OwnResultReport) => rejected.has(place.instance);
  return ok({
    existing: new Map(
      [...existing].map(([name, own]) => [
        name,
        own.map((segment) => (isRejected(segment) ? { ...segment, standing: 'rejected' as const } : segment)),
      ]),
    ),
    existingReports: new Map(
      [...existingReports].map(([name, own]) => [name, own.filter((report) => !isRejected(report))]),
    ),
  });
}

interface OwnObjectsAt {
  readonly series: StudySeries;
  readonly own: readonly OwnSegment[];
  /** Undefined where they do not matter. */
  readonly reports: readonly OwnResultReport[] | undefined;
}

async function ownObjectsAt(
  { archive, resultReport }: Destination,
  study: StudyInstanceUid,
  present: PresentWork,
  world: World,
): Promise<Result<OwnObjectsAt, ArchiveProblem>> {
  const series = await seriesOfStudy(archive, study);
  if (!series.ok) return series;
  const own = await ownSegmentsIn(archive, series.value);
  if (!own.ok) return own;
  const notes = await readNotesAt(archive, series.value, world);
  if (!notes.ok) return notes;
  if (!resultReport && own.value.every((segment) => fateOf(segment, present) === 'stands'))
    return ok({ series: series.value, own: own.value, reports: undefined });
  const reports = await ownResultReportsIn(archive, series.value);
  return reports.ok ? ok({ series: series.value, own: own.value, reports: reports.value }) : reports;
}

export function recordOf(measurement: MeasurementResult['measurement'], result?: MeasurementResult): MeasurementRecord {
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
