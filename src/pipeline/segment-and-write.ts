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
import type { Claim, MeasurementRecord, RunMove } from '../ledger/index.js';
import { reportEquipmentOf } from '../sr-parser/index.js';
import type { AskedStudies } from './before-store.js';
import { fetchSeriesPlanes, fetchSlices, sliceAmong, type FetchedFile, type FetchedSlices } from './fetch.js';
import { furtherSlicesIn } from './fetch-further.js';
import { readNotes } from './notes.js';
import { ownSegmentsIn, type OwnSegment } from './own-objects.js';
import { segmentReport, type MeasurementResult } from './segment.js';
import { standingOf } from './standing.js';
import { ageMs, stopFor } from './stop-for.js';
import { readNotesAt, seriesOfStudy } from './study-series.js';
import { PARTIAL_AFTER_MS, WAIT_HORIZON_MS } from './waits.js';
import type { World } from './world.js';
import { writeReport, type SegmentationOrigin, type WrittenReport } from './write.js';

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
  world: World,
): Promise<RunMove> {
  const notes = await readNotes(studiesOf(report, claim), world);
  if (!notes.ok) return stopFor(notes.error, claim, world);
  const standing = await standingOf(report, claim, world);
  if (standing.kind !== 'counts') return { to: 'refused', reason: standing.reason };

  const images = claim.sightings.flatMap((s) => world.sources.get(s.source)?.images ?? []);
  const archives = [...new Set(images)];
  const slices = await fetchStandingSlices(report, archives, world);
  if (!slices.ok) return stopFor(slices.error, claim, world);
  if (mustWaitForImages(slices.value, ageMs(claim, world))) return stopFor({ code: 'image-gone' }, claim, world);

  const further =
    world.extent === 'volume'
      ? furtherSlicesIn(archives, world.kernels, (instances) => world.ledger.rejections(instances))
      : undefined;
  const results = await segmentReport(report, sliceAmong(slices.value), world.rules, world, further);
  if (!results.ok) return stopFor({ code: results.error }, claim, world);

  const toStore = results.value.filter((r): r is Segmented => r.kind === 'segmented' && r.decision === 'store');
  const existing = await ownObjects(toStore, studies, world);
  if (!existing.ok) return stopFor(existing.error, claim, world);
  const planes = toStore.length > 0 ? await fetchSeriesPlanes(slices.value, archives) : new Map<never, never>();
  const reportEquipment = reportEquipmentOf(fetched.file.dataSet);
  const written = writeReport(report, toStore, existing.value, planes, world.installation, new Date(world.now()), {
    ...(standing.firstReport === undefined ? {} : { firstReport: standing.firstReport }),
    ...(reportEquipment === undefined ? {} : { reportEquipment }),
    ...bundleOf(world),
  });

  // an archive may hide what a note rejects, so that only the note tells
  const rejected = await world.ledger.rejections(written.objects.map(({ object }) => object.sopInstanceUID));
  const objects = written.objects.filter(({ object }) => !rejected.has(object.sopInstanceUID));
  const account = {
    measurements: measurementsOf(results.value, written, rejected),
    objects: objects.map(({ object, destinations }) => ({ object, kind: 'segmentation' as const, destinations })),
  };
  return { to: objects.length > 0 ? 'delivering' : 'done', account };
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
    if (inRejected.has(key) || segment?.standing === 'rejected')
      return { ...record, outcome: { kind: 'skipped', reason: 'rejected-by-note' } };
    if (segment?.standing === 'damaged') return { ...record, outcome: { kind: 'held', reason: 'read-back-differs' } };
    return segment ? { ...record, alreadyIn: { seg: segment.seg, segmentNumber: segment.segmentNumber } } : record;
  });
}

type Segmented = Extract<MeasurementResult, { kind: 'segmented' }>;

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

/** Images that are not there yet are waited for: all of them for a week, some of them for an hour, then the report goes on with the others. */
function mustWaitForImages(slices: FetchedSlices, age: number): boolean {
  const all = [...slices.values()];
  const gone = all.filter((s) => !s.ok && s.error === 'image-gone').length;
  if (gone === 0) return false;
  return age < (gone === all.length ? WAIT_HORIZON_MS : PARTIAL_AFTER_MS);
}

/** What destinations hold of ours in the studies of these lesions; what a note rejects is marked so. */
async function ownObjects(
  toStore: readonly Segmented[],
  studies: AskedStudies,
  world: World,
): Promise<Result<ReadonlyMap<string, readonly OwnSegment[]>, ArchiveProblem>> {
  const existing = new Map<string, OwnSegment[]>();
  const asked = new Set<string>();
  for (const { lesion, rule } of toStore) {
    const study = lesion.located.slice.header.text(TAG.StudyInstanceUID);
    for (const name of rule.storeTo) {
      const destination = world.destinations.get(name);
      const place = `${name} ${study}`;
      if (!destination || study === undefined || asked.has(place)) continue;
      asked.add(place);
      if (destination.confirm === 'answer') continue; // an archive that cannot be read
      const series = await seriesOfStudy(destination.archive, asReadUid(study));
      if (!series.ok) return series;
      const own = await ownSegmentsIn(destination.archive, series.value);
      if (!own.ok) return own;
      const notes = await readNotesAt(destination.archive, series.value, world);
      if (!notes.ok) return notes;
      if (series.value.series.length > 0) studies.set(place, series.value);
      existing.set(name, [...(existing.get(name) ?? []), ...own.value]);
    }
  }
  const rejected = await world.ledger.rejections([...existing.values()].flat().map(({ seg }) => seg));
  return ok(
    new Map(
      [...existing].map(([name, own]) => [
        name,
        own.map((segment) => (rejected.has(segment.seg) ? { ...segment, standing: 'rejected' as const } : segment)),
      ]),
    ),
  );
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
