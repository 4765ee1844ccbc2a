import type { MeasurementKey } from '../domain/index.js';
import type { ReplacedSegment } from '../seg-writer/index.js';
import { fateOf, type PresentWork } from './earlier-work.js';
import type { OwnSegment } from './own-objects.js';
import type { ReplacedReport } from './standing.js';
import type { Segmented } from './lesion-work.js';
import type { WriteRequest } from './write.js';

/** Whether a segment stands for the measurement of a report that this one replaces: the same lesion by tracking UID, or by key and image. */
const isOfReplaced = (
  segment: OwnSegment,
  { measurement }: Segmented,
  { sopInstanceUID, sameKeys }: ReplacedReport,
): boolean =>
  segment.report === sopInstanceUID &&
  (segment.trackingUID === measurement.trackingUID ||
    (segment.measurementKey === measurement.key && sameKeys.has(measurement.key)));

/**
 * The segments of ours that new ones take the place of: of the same report, where its marks were changed or somebody asked for it; else of a report that
 * is replaced, its newest first.
 */
export function replacedSegments(
  toStore: readonly Segmented[],
  existing: WriteRequest['existing'],
  replacedReports: readonly ReplacedReport[],
  present: PresentWork,
): ReadonlyMap<MeasurementKey, ReplacedSegment> {
  const intact = [...existing.values()].flat().filter(({ standing }) => standing === 'intact');
  const givingWay = intact.filter((segment) => fateOf(segment, present) === 'gives-way');
  const found = toStore.flatMap((segmented): [MeasurementKey, ReplacedSegment][] => {
    const { key } = segmented.measurement;
    const earlier = givingWay.find(({ measurementKey }) => measurementKey === key);
    const [replaced] = replacedReports.flatMap(
      (report) => intact.find((segment) => isOfReplaced(segment, segmented, report)) ?? [],
    );
    const segment = earlier ?? replaced;
    return segment ? [[key, { sopInstanceUID: segment.seg, segmentNumber: segment.segmentNumber }]] : [];
  });
  return new Map(found);
}
