import type { KernelPool } from '../compute/index.js';
import {
  chooseRule,
  decide,
  decideBeforeSegmenting,
  fail,
  ok,
  type ImageReference,
  type Measurement,
  type MethodName,
  type ReadReport,
  type ReasonCode,
  type Result,
  type Rule,
  type SegmentedLesion,
  type SourceSlice,
} from '../domain/index.js';
import { locateMeasurement } from '../sr-parser/index.js';

/** What became of a measurement up to policy's decision. */
export type MeasurementResult =
  | {
      readonly kind: 'segmented';
      readonly measurement: Measurement;
      readonly rule: Rule;
      readonly lesion: SegmentedLesion;
      readonly decision: 'store' | { readonly hold: ReasonCode };
    }
  | {
      readonly kind: 'ended';
      readonly measurement: Measurement;
      readonly rule: Rule | undefined;
      readonly outcome: 'skipped' | 'held' | 'failed';
      readonly reason: ReasonCode;
    };

/** Where the slice of a measurement comes from: fetched from an archive, or lying in a folder. */
export type SliceOf = (measurement: Measurement) => Result<SourceSlice, ReasonCode>;

export const sliceKey = (image: ImageReference): string => `${image.sopInstanceUID}#${image.frame ?? ''}`;

/**
 * Segments every measurement of a report: rule, marks on the slice, mask, decision. The same for the daemon, for files in a folder and for a
 * harvest. Fails only where the work itself could not be done and is to be tried again.
 */
export async function segmentReport(
  report: ReadReport,
  sliceOf: SliceOf,
  rules: readonly Rule[],
  kernels: KernelPool,
): Promise<Result<readonly MeasurementResult[], ReasonCode>> {
  const results: MeasurementResult[] = [];
  for (const measurement of report.measurements) {
    const result = await segmentMeasurement(measurement, report, sliceOf, rules, kernels);
    if (!result.ok) return result;
    results.push(result.value);
  }
  return ok(results);
}

async function segmentMeasurement(
  measurement: Measurement,
  report: ReadReport,
  sliceOf: SliceOf,
  rules: readonly Rule[],
  kernels: KernelPool,
): Promise<Result<MeasurementResult, ReasonCode>> {
  const ended = (
    outcome: 'skipped' | 'held' | 'failed',
    reason: ReasonCode,
    rule?: Rule,
  ): Result<MeasurementResult, never> => ok({ kind: 'ended', measurement, rule, outcome, reason });

  const chosen = chooseRule(measurement, rules);
  if (chosen.kind === 'none') return ended('skipped', 'no-rule');
  const { rule } = chosen;
  if (!hasLine(measurement)) return ended('skipped', 'no-marks', rule);

  const slice = sliceOf(measurement);
  if (!slice.ok) return ended(slice.error === 'image-gone' ? 'failed' : 'skipped', slice.error, rule);
  const located = locateMeasurement(measurement, report, slice.value);
  if (!located.ok) return ended('skipped', located.error, rule);
  const before = decideBeforeSegmenting(located.value, rule);
  if (before.kind !== 'store') return ended(before.kind === 'hold' ? 'held' : 'skipped', before.reason, rule);

  const { hu, plane } = located.value.slice;
  const task = (method: MethodName) => ({
    hu,
    rows: plane.rows,
    columns: plane.columns,
    spacing: plane.spacing,
    marks: located.value.marks,
    method,
  });
  let mask = await kernels.segment(task(rule.method));
  if (!mask.ok && mask.error === 'bundle-unavailable') {
    if (rule.onInferenceFailure === 'wait') return fail(mask.error);
    if (rule.onInferenceFailure === 'hold') return ended('held', mask.error, rule);
    mask = await kernels.segment(task('grabcut'));
  }
  if (!mask.ok) return mask.error === 'worker-crashed' ? mask : ended('failed', mask.error, rule);

  const lesion: SegmentedLesion = { located: located.value, ...mask.value };
  const decision = decide(lesion, rule);
  if (decision.kind === 'skip') return ended('skipped', decision.reason, rule);
  return ok({
    kind: 'segmented',
    measurement,
    rule,
    lesion,
    decision: decision.kind === 'store' ? 'store' : { hold: decision.reason },
  });
}

const hasLine = (m: Measurement): boolean => m.longAxis?.points !== undefined || m.shortAxis?.points !== undefined;
