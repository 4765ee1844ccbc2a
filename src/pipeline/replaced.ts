import type { MeasurementKey } from '../domain/index.js';
import type { ReplacedSegment } from '../seg-writer/index.js';
import type { OwnSegment } from './own-objects.js';
import type { ReplacedReport } from './standing.js';
import { workOf, type Segmented, type WriteRequest } from './write.js';

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
 * The segments of ours that new ones take the place of: of a report that is replaced, its newest first, or, where earlier work of the same report is to
 * be rejected, of that.
 */
export function replacedSegments(
  toStore: readonly Segmented[],
  existing: WriteRequest['existing'],
  replacedReports: readonly ReplacedReport[],
  earlierWork:
    { readonly is: 'kept' } | { readonly is: 'replaced'; readonly by: Pick<WriteRequest, 'report' | 'origin'> },
): ReadonlyMap<MeasurementKey, ReplacedSegment> {
  const intact = [...existing.values()].flat().filter(({ standing }) => standing === 'intact');
  const found = toStore.flatMap((segmented): [MeasurementKey, ReplacedSegment][] => {
    const earlier =
      earlierWork.is === 'replaced'
        ? intact.find((segment) => isEarlierWork(segment, segmented, earlierWork.by))
        : undefined;
    const [replaced] = replacedReports.flatMap(
      (report) => intact.find((segment) => isOfReplaced(segment, segmented, report)) ?? [],
    );
    const segment = earlier ?? replaced;
    return segment
      ? [[segmented.measurement.key, { sopInstanceUID: segment.seg, segmentNumber: segment.segmentNumber }]]
      : [];
  });
  return new Map(found);
}

/** Whether a segment is of the same measurement, and of other work than what is stored now. */
export const isEarlierWork = (
  segment: OwnSegment,
  segmented: Segmented,
  by: Pick<WriteRequest, 'report' | 'origin'>,
): boolean =>
  segment.report === by.report.sopInstanceUID &&
  segment.measurementKey === segmented.measurement.key &&
  segment.workKey !== workOf(segmented, by);
