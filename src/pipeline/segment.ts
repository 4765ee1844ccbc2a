import type { KernelPool } from '../compute/index.js';
import {
  chooseRule,
  decide,
  decideBeforeSegmenting,
  fail,
  ok,
  type ImageReference,
  type LocatedMeasurement,
  type Measurement,
  type MethodName,
  type ReadReport,
  type ReasonCode,
  type Result,
  type Rule,
  type SegmentedLesion,
  type SourceSlice,
} from '../domain/index.js';
import { constantSpacing, locateMeasurement } from '../sr-parser/index.js';

/** What became of a measurement up to policy's decision. */
export type MeasurementResult =
  | {
      readonly kind: 'segmented';
      readonly measurement: Measurement;
      readonly rule: Rule;
      readonly lesion: SegmentedLesion;
      readonly decision: 'store' | { readonly hold: ReasonCode };
    }
  | EndedMeasurement;

interface EndedMeasurement {
  readonly kind: 'ended';
  readonly measurement: Measurement;
  readonly rule: Rule | undefined;
  /** Where its marks were placed before it ended; undefined where that failed. */
  readonly located: LocatedMeasurement | undefined;
  readonly outcome: 'skipped' | 'held' | 'failed';
  readonly reason: ReasonCode;
}

/** A measurement whose marks lie on their slice. */
interface PlacedMeasurement {
  readonly kind: 'placed';
  readonly measurement: Measurement;
  readonly rule: Rule;
  readonly located: LocatedMeasurement;
}

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
  const placed = withConstantSpacing(report.measurements.map((m) => placeMeasurement(m, report, sliceOf, rules)));
  const results: MeasurementResult[] = [];
  for (const measurement of placed) {
    if (measurement.kind === 'ended') {
      results.push(measurement);
      continue;
    }
    const result = await segmentPlaced(measurement, kernels);
    if (!result.ok) return result;
    results.push(result.value);
  }
  return ok(results);
}

function placeMeasurement(
  measurement: Measurement,
  report: ReadReport,
  sliceOf: SliceOf,
  rules: readonly Rule[],
): PlacedMeasurement | EndedMeasurement {
  const chosen = chooseRule(measurement, rules);
  const rule = chosen.kind === 'chosen' ? chosen.rule : undefined;
  const ended = (outcome: EndedMeasurement['outcome'], reason: ReasonCode): EndedMeasurement => ({
    kind: 'ended',
    measurement,
    rule,
    located: undefined,
    outcome,
    reason,
  });
  if (!rule) return ended('skipped', 'no-rule');
  if (!hasLine(measurement)) return ended('skipped', 'no-marks');
  const slice = sliceOf(measurement);
  if (!slice.ok) return ended(outcomeWithoutPlace(slice.error), slice.error);
  const located = locateMeasurement(measurement, report, slice.value);
  if (!located.ok) return ended(outcomeWithoutPlace(located.error), located.error);
  return { kind: 'placed', measurement, rule, located: located.value };
}

function outcomeWithoutPlace(reason: ReasonCode): EndedMeasurement['outcome'] {
  if (reason === 'image-gone') return 'failed';
  // marks of another frame of reference: perhaps of another patient, so a person looks
  return reason === 'identity-differs' ? 'held' : 'skipped';
}

/**
 * Where the lengths of all marks on an image were computed with one spacing that is not the image's, the lines are right and the numbers are
 * not: that is no disagreement of one line with its number.
 */
function withConstantSpacing(
  all: readonly (PlacedMeasurement | EndedMeasurement)[],
): readonly (PlacedMeasurement | EndedMeasurement)[] {
  const onImage = new Map<string, LocatedMeasurement[]>();
  for (const m of all)
    if (m.kind === 'placed') {
      const key = sliceKey(m.located.slice.reference);
      onImage.set(key, [...(onImage.get(key) ?? []), m.located]);
    }
  const spacings = new Map([...onImage].map(([key, located]) => [key, constantSpacing(located)]));
  return all.map((m) => {
    if (m.kind === 'ended') return m;
    const spacing = spacings.get(sliceKey(m.located.slice.reference));
    if (spacing === undefined) return m;
    const findings = m.located.findings.map((f) =>
      f.code === 'length.disagrees' ? { code: 'length.constant-spacing' as const, detail: spacing } : f,
    );
    return { ...m, located: { ...m.located, findings } };
  });
}

async function segmentPlaced(
  { measurement, rule, located }: PlacedMeasurement,
  kernels: KernelPool,
): Promise<Result<MeasurementResult, ReasonCode>> {
  const ended = (outcome: EndedMeasurement['outcome'], reason: ReasonCode): Result<MeasurementResult, never> =>
    ok({ kind: 'ended', measurement, rule, located, outcome, reason });

  const before = decideBeforeSegmenting(located, rule);
  if (before.kind !== 'store') return ended(before.kind === 'hold' ? 'held' : 'skipped', before.reason);
  const { hu, plane } = located.slice;
  const task = (method: MethodName) => ({
    hu,
    rows: plane.rows,
    columns: plane.columns,
    spacing: plane.spacing,
    marks: located.marks,
    method,
  });
  let mask = await kernels.segment(task(rule.method));
  if (!mask.ok && mask.error === 'bundle-unavailable') {
    if (rule.onInferenceFailure === 'wait') return fail(mask.error);
    if (rule.onInferenceFailure === 'hold') return ended('held', mask.error);
    mask = await kernels.segment(task('grabcut'));
  }
  if (!mask.ok) return mask.error === 'worker-crashed' ? mask : ended('failed', mask.error);

  const lesion: SegmentedLesion = { located, ...mask.value };
  const decision = decide(lesion, rule);
  if (decision.kind === 'skip') return ended('skipped', decision.reason);
  return ok({
    kind: 'segmented',
    measurement,
    rule,
    lesion,
    decision: decision.kind === 'store' ? 'store' : { hold: decision.reason },
  });
}

const hasLine = (m: Measurement): boolean => m.longAxis?.points !== undefined || m.shortAxis?.points !== undefined;
