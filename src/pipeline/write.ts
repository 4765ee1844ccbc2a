import type {
  ImagePlane,
  Measurement,
  MeasurementKey,
  ReadReport,
  SeriesInstanceUid,
  SegmentationObject,
  SegmentedLesion,
} from '../domain/index.js';
import { writeSegmentations, type Refusal } from '../seg-writer/index.js';
import type { MeasurementResult } from './segment.js';
import type { OwnSegment } from './own-objects.js';
import type { Installation } from './world.js';

type Segmented = Extract<MeasurementResult, { kind: 'segmented' }>;

/** An object and where it goes. */
export interface ObjectToDeliver {
  readonly object: SegmentationObject;
  readonly destinations: readonly string[];
}

type RefusedLesion = Refusal & { readonly measurementKey: MeasurementKey };

export interface WrittenReport {
  readonly objects: readonly ObjectToDeliver[];
  /** Lesions that every destination of their rule already holds, and those that one holds damaged. */
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
): WrittenReport {
  const already: { measurement: Measurement; segment: OwnSegment }[] = [];
  const groups = new Map<string, { destinations: readonly string[]; policyName: string; lesions: SegmentedLesion[] }>();
  for (const { measurement, rule, lesion } of toStore) {
    const held = rule.storeTo.map((name) => ({
      name,
      segment: segmentOf(existing.get(name) ?? [], report, measurement),
    }));
    const missing = held.filter((h) => !h.segment).map((h) => h.name);
    // a damaged one anywhere is for a person to see, before more of the lesion is stored
    const speaking = held.find((h) => h.segment && !h.segment.intact) ?? (missing.length === 0 ? held[0] : undefined);
    if (speaking?.segment) {
      already.push({ measurement, segment: speaking.segment });
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
    });
    objects.push(...written.objects.map((object) => ({ object, destinations })));
    refused.push(...written.refused);
  }
  return { objects, already, refused };
}

const segmentOf = (own: readonly OwnSegment[], report: ReadReport, measurement: Measurement): OwnSegment | undefined =>
  own.find((s) => s.report === report.sopInstanceUID && s.measurementKey === measurement.key);
