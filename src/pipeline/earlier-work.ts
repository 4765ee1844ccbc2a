import type { ReadReport } from '../domain/index.js';
import { hasOtherMarks, workOf, type SegmentationOrigin } from './lesion-work.js';
import type { OwnSegment } from './own-objects.js';
import type { MeasurementResult } from './segment.js';

/** What the contours that a report has already are held against. */
export interface PresentWork {
  readonly report: ReadReport;
  readonly results: readonly MeasurementResult[];
  readonly origin: SegmentationOrigin;
  /** Whether the data set under the report's UID was another one before. */
  readonly overwritten: boolean;
  /** `reject`: somebody asked that contours of other work give way to those that are made now. */
  readonly earlier: 'keep' | 'reject';
}

/**
 * What becomes of a contour that is there. `gives-way`: to the one that its measurement gets now. `gone`: its measurement was changed, and gets none, or is no longer
 * in the report. Where the new contour waits for a person, the earlier one stands until then.
 */
export function fateOf(segment: OwnSegment, present: PresentWork): 'stands' | 'gives-way' | 'gone' {
  const { report, results, overwritten, earlier } = present;
  if (segment.report !== report.sopInstanceUID) return 'stands';
  const result = results.find(({ measurement }) => measurement.key === segment.measurementKey);
  if (!result) return overwritten ? 'gone' : 'stands';
  const changed = hasOtherMarks(segment, result.measurement);
  if (result.kind === 'ended') return changed && result.outcome !== 'held' ? 'gone' : 'stands';
  if (result.decision !== 'store') return 'stands';
  return changed || (earlier === 'reject' && segment.workKey !== workOf(result, present)) ? 'gives-way' : 'stands';
}
