import { readPart10 } from '../dicom/index.js';
import type { ArchiveProblem } from '../dicomweb/index.js';
import { ok, SOP_CLASS, type Mask, type Result, type SegmentationObject } from '../domain/index.js';
import type { ObjectRecord } from '../ledger/index.js';
import {
  ownSegments,
  segmentMask,
  writeResultReports,
  type LocatedInstance,
  type ResultReport,
  type ResultReportRequest,
} from '../seg-writer/index.js';
import { hasOtherMarks, type Segmented } from './lesion-work.js';
import type { OwnResultReport, OwnSegment } from './own-objects.js';
import type { Destination, World } from './world.js';
import { equipmentOf, type ObjectToDeliver } from './write.js';

export interface ReportsRequest extends Pick<ResultReportRequest, 'report' | 'reportEquipment' | 'createdAt'> {
  readonly toStore: readonly Segmented[];
  readonly objects: readonly ObjectToDeliver[];
  /** Segments and result reports of ours by destination. */
  readonly existing: ReadonlyMap<string, readonly OwnSegment[]>;
  readonly existingReports: ReadonlyMap<string, readonly OwnResultReport[]>;
  /** Reports whose result reports are replaced. */
  readonly replaced: ReadonlySet<string>;
}

/**
 * Result reports for the destinations that want one: on the segmentations that go there now, and on those that are there already and that no result
 * report tells of. A segmentation that is there is told of only where its masks are those that were measured now. Destinations with the same
 * segmentations share a report.
 */
export async function resultReportsOf(
  request: ReportsRequest,
  world: World,
): Promise<Result<readonly ObjectRecord[], ArchiveProblem>> {
  const reports = new Map<string, { report: ResultReport; destinations: string[] }>();
  for (const destination of world.destinations.values()) {
    if (!destination.resultReport) continue;
    const there = await untoldObjects(destination, request);
    if (!there.ok) return there;
    const going = request.objects
      .filter(({ destinations }) => destinations.includes(destination.name))
      .map(({ object }) => object);
    const objects = [...going, ...there.value];
    if (objects.length === 0) continue;
    const told = new Set(objects.flatMap(({ segments }) => segments.map(({ measurementKey }) => measurementKey)));
    const { reports: written, refused } = writeResultReports({
      report: request.report,
      objects,
      lesions: request.toStore.map(({ lesion }) => lesion).filter(({ located }) => told.has(located.measurement.key)),
      equipment: equipmentOf(world.installation),
      createdAt: request.createdAt,
      ...(request.reportEquipment === undefined ? {} : { reportEquipment: request.reportEquipment }),
      predecessors: predecessorsAt(destination, request),
    });
    // the segmentations are stored all the same
    for (const { reason } of refused)
      world.log.event('object.not-written', { destination: destination.name, kind: 'result-report', reason });
    for (const report of written) {
      const same = reports.get(report.sopInstanceUID) ?? { report, destinations: [] };
      same.destinations.push(destination.name);
      reports.set(report.sopInstanceUID, same);
    }
  }
  return ok(
    [...reports.values()].map(({ report, destinations }) => ({
      object: { ...report, segments: [] },
      kind: 'result-report',
      destinations,
    })),
  );
}

const predecessorsAt = (
  { name }: Destination,
  { existingReports, replaced }: ReportsRequest,
): readonly LocatedInstance[] =>
  (existingReports.get(name) ?? [])
    .filter(({ report }) => report !== undefined && replaced.has(report))
    .map(({ place }) => ({
      sopClassUID: SOP_CLASS.Comprehensive3DSR,
      sopInstanceUID: place.instance,
      seriesInstanceUID: place.series,
      studyInstanceUID: place.study,
    }));

/** Segmentations of this report that a destination holds, that no result report there tells of, and whose masks are those at hand. */
async function untoldObjects(
  { name, archive }: Destination,
  { report, toStore, existing, existingReports }: ReportsRequest,
): Promise<Result<readonly SegmentationObject[], ArchiveProblem>> {
  const told = new Set((existingReports.get(name) ?? []).flatMap(({ segmentations }) => [...segmentations]));
  const untold = new Map(
    (existing.get(name) ?? [])
      .filter(
        ({ report: of, seg, standing }) => of === report.sopInstanceUID && standing === 'intact' && !told.has(seg),
      )
      .map((segment) => [segment.seg, segment.place]),
  );
  const objects: SegmentationObject[] = [];
  for (const place of untold.values()) {
    const bytes = await archive.retrieve(place);
    if (!bytes.ok && bytes.error.code === 'image-gone') continue;
    if (!bytes.ok) return bytes;
    const own = (existing.get(name) ?? []).filter(({ seg }) => seg === place.instance);
    const object = asMeasured(bytes.value, place, own, toStore);
    if (object) objects.push(object);
  }
  return ok(objects);
}

/** The object as it was written, if each of its segments is the mask that its lesion has now. */
function asMeasured(
  bytes: Uint8Array,
  place: OwnSegment['place'],
  own: readonly OwnSegment[],
  toStore: readonly Segmented[],
): SegmentationObject | undefined {
  const file = readPart10(bytes);
  if (!file.ok) return undefined;
  const { dataSet } = file.value;
  const isMeasured = (segmentNumber: number): boolean => {
    const segment = own.find((each) => each.segmentNumber === segmentNumber);
    const segmented = toStore.find(({ measurement }) => measurement.key === segment?.measurementKey);
    if (!segment || !segmented || hasOtherMarks(segment, segmented.measurement)) return false;
    const { lesion } = segmented;
    const mask = segmentMask(dataSet, segmentNumber, lesion.located.slice.reference);
    return mask !== undefined && isSameMask(mask, lesion.mask);
  };
  const segments = ownSegments(dataSet);
  if (segments.length !== own.length || !segments.every(({ segmentNumber }) => isMeasured(segmentNumber)))
    return undefined;
  return {
    sopInstanceUID: place.instance,
    seriesInstanceUID: place.series,
    studyInstanceUID: place.study,
    bytes,
    segments: segments.map(({ segmentNumber, trackingUID, receipt }) => ({
      segmentNumber,
      trackingUID,
      maskSha256: receipt.maskSha256,
      measurementKey: own.find((segment) => segment.segmentNumber === segmentNumber)!.measurementKey,
    })),
    warnings: [],
  };
}

const isSameMask = (a: Mask, b: Mask): boolean =>
  a.bits.length === b.bits.length && a.bits.every((bit, at) => bit === b.bits[at]);
