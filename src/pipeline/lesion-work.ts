import { KERNEL_REVISION, type Measurement, type ReadReport } from '../domain/index.js';
import { marksSha256, workKeyOf, type SegmentationRequest } from '../seg-writer/index.js';
import type { OwnSegment } from './own-objects.js';
import type { MeasurementResult } from './segment.js';

export type Segmented = Extract<MeasurementResult, { kind: 'segmented' }>;

/** Where contours come from: what the report's chain began with, what made the report, which model drew. */
export type SegmentationOrigin = Pick<SegmentationRequest, 'firstReport' | 'reportEquipment' | 'bundle'>;

/** The work that a lesion's segment is the result of. */
export function workOf(
  { measurement, lesion }: Segmented,
  { report, origin: { bundle } }: { readonly report: ReadReport; readonly origin: SegmentationOrigin },
): string | undefined {
  if (report.sopInstanceUID === undefined) return undefined;
  return workKeyOf({
    report: report.sopInstanceUID,
    measurementKey: measurement.key,
    method: lesion.method,
    kernelRevision: KERNEL_REVISION,
    bundle: lesion.method === 'cosegmentation' ? bundle : undefined,
  });
}

/** Whether a contour was drawn from other marks than its measurement has now; one that does not say from which is taken for one of these. */
export const hasOtherMarks = (segment: Pick<OwnSegment, 'marksSha256'>, measurement: Measurement): boolean =>
  segment.marksSha256 !== undefined && segment.marksSha256 !== marksSha256(measurement);
