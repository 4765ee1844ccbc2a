import type {
  ImagePlane,
  Measurement,
  MeasurementKey,
  ReadReport,
  SeriesInstanceUid,
  SegmentationObject,
  SegmentedLesion,
} from '../domain/index.js';
import { writeSegmentations, type Refusal, type SegmentationRequest } from '../seg-writer/index.js';
import type { MeasurementResult } from './segment.js';
import type { OwnSegment } from './own-objects.js';
import type { Installation } from './world.js';

type Segmented = Extract<MeasurementResult, { kind: 'segmented' }>;

/** An object and where it goes. */
export interface ObjectToDeliver {
  readonly object: SegmentationObject;
  readonly destinations: readonly string[];
}

/** Where contours come from: what the report's chain began with, what made the report, which model drew. */
export type SegmentationOrigin = Pick<SegmentationRequest, 'firstReport' | 'reportEquipment' | 'bundle'>;

type RefusedLesion = Refusal & { readonly measurementKey: MeasurementKey };

export interface WrittenReport {
  readonly objects: readonly ObjectToDeliver[];
  /** Lesions that every destination of their rule already holds, those that one holds damaged, and those that a note rejects. */
  readonly already: readonly { readonly measurement: Measurement; readonly segment: OwnSegment }[];
  readonly refused: readonly RefusedLesion[];
}

/**
 * Writes the objects of a report's lesions. Lesions of a rule go to the destinations of that rule that do not hold them yet; lesions that go to
 * the same places share objects.
 */
export function writeReport(
  report: ReadReport,
  toStore: readonly Segmented[],
  existing: ReadonlyMap<string, readonly OwnSegment[]>,
  seriesPlanes: ReadonlyMap<SeriesInstanceUid, readonly ImagePlane[]>,
  installation: Installation,
  createdAt: Date,
  origin: SegmentationOrigin,
): WrittenReport {
  const already: { measurement: Measurement; segment: OwnSegment }[] = [];
  const groups = new Map<string, { destinations: readonly string[]; policyName: string; lesions: SegmentedLesion[] }>();
  const slicesOf = new Map(
    toStore.flatMap(({ measurement, volume }) => (volume ? [[measurement.key, volume.slices]] : [])),
  );
  for (const { measurement, rule, lesion } of toStore) {
    const held = rule.storeTo.map((name) => ({
      name,
      segment: segmentOf(existing.get(name) ?? [], report, measurement),
    }));
    const missing = held.filter((h) => !h.segment).map((h) => h.name);
    const speaking = speakingOf(held.map((h) => h.segment));
    if (speaking) {
      already.push({ measurement, segment: speaking });
      continue;
    }
    const key = JSON.stringify([rule.name, missing]);
    const group = groups.get(key) ?? { destinations: missing, policyName: rule.name, lesions: [] };
    group.lesions.push(lesion);
    groups.set(key, group);
  }
  const objects: ObjectToDeliver[] = [];
  const refused: RefusedLesion[] = [];
  for (const { destinations, policyName, lesions } of groups.values()) {
    const written = writeSegmentations({
      report,
      lesions,
      equipment: { installationId: installation.id, softwareVersion: installation.softwareVersion },
      createdAt,
      policyName,
      seriesPlanes,
      slicesOf,
      ...origin,
    });
    objects.push(...written.objects.map((object) => ({ object, destinations })));
    refused.push(...written.refused);
  }
  return { objects, already, refused };
}

/** What a note does not reject comes first: a replacement stands beside what it replaced. */
function segmentOf(own: readonly OwnSegment[], report: ReadReport, measurement: Measurement): OwnSegment | undefined {
  const ofLesion = own.filter((s) => s.report === report.sopInstanceUID && s.measurementKey === measurement.key);
  return ofLesion.find((s) => s.standing !== 'rejected') ?? ofLesion[0];
}

/**
 * The segment that decides what becomes of its lesion, if one does. A damaged one anywhere is for a person to see, before more of the lesion is
 * stored; a lesion that a note rejected somewhere is stored nowhere again.
 */
function speakingOf(held: readonly (OwnSegment | undefined)[]): OwnSegment | undefined {
  const of = (standing: OwnSegment['standing']) => held.find((s) => s?.standing === standing);
  return of('damaged') ?? (held.includes(undefined) ? undefined : of('intact')) ?? of('rejected');
}
