import { isInferenceFailure, type Cosegmentation, type KernelPool } from '../compute/index.js';
import {
  chooseRule,
  decide,
  decideBeforeSegmenting,
  fail,
  ok,
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
import type { LesionMask, PatchProbability, SegmentationTask } from '../segmentation/index.js';
import { constantSpacing, locateMeasurement } from '../sr-parser/index.js';
import { sliceKey } from './slice-key.js';
import { volumeOfLesion, type FurtherSlices, type VolumeOfLesion } from './volume.js';

/** What became of a measurement up to policy's decision. */
export type MeasurementResult =
  | {
      readonly kind: 'segmented';
      readonly measurement: Measurement;
      readonly rule: Rule;
      readonly lesion: SegmentedLesion;
      readonly decision: 'store' | { readonly hold: ReasonCode };
      /** Undefined where only marked slices are segmented. */
      readonly volume: VolumeOfLesion | undefined;
      /** What the network said of the lesion's patch; undefined where the network did not draw it. */
      readonly probability: PatchProbability | undefined;
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

/** What draws the masks: kernels, and a network where a rule asks for one and its bundle is at hand. */
export interface Segmenters {
  readonly kernels: KernelPool;
  readonly network: Cosegmentation | undefined;
}

/** Where the slice of a measurement comes from: fetched from an archive, or lying in a folder. */
export type SliceOf = (measurement: Measurement) => Result<SourceSlice, ReasonCode>;

/**
 * Segments every measurement of a report: rule, marks on the slice, mask, decision. The same for the daemon, for files in a folder and for a
 * harvest. The lesions that a network draws go to it together. With `further`, lesions are followed beyond their marked slices. Fails only where the
 * work itself could not be done and is to be tried again.
 */
export async function segmentReport(
  report: ReadReport,
  sliceOf: SliceOf,
  rules: readonly Rule[],
  segmenters: Segmenters,
  further?: FurtherSlices,
): Promise<Result<readonly MeasurementResult[], ReasonCode>> {
  const placed = withConstantSpacing(report.measurements.map((m) => placeMeasurement(m, report, sliceOf, rules))).map(
    decidedBefore,
  );
  const drawn = await drawnByNetwork(placed, segmenters.network);
  const results: MeasurementResult[] = [];
  for (const measurement of placed) {
    if (measurement.kind === 'ended') {
      results.push(measurement);
      continue;
    }
    const result = await segmentPlaced(measurement, drawn.get(measurement), segmenters.kernels, further);
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
  if (reason === 'image-gone' || reason === 'nearline') return 'failed';
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

/** Policy's word on what is known before a pixel is looked at. */
function decidedBefore(placed: PlacedMeasurement | EndedMeasurement): PlacedMeasurement | EndedMeasurement {
  if (placed.kind === 'ended') return placed;
  const decision = decideBeforeSegmenting(placed.located, placed.rule);
  return decision.kind === 'store'
    ? placed
    : ended(placed, decision.kind === 'hold' ? 'held' : 'skipped', decision.reason);
}

const ended = (
  { measurement, rule, located }: PlacedMeasurement,
  outcome: EndedMeasurement['outcome'],
  reason: ReasonCode,
): EndedMeasurement => ({ kind: 'ended', measurement, rule, located, outcome, reason });

type DrawnMask = Result<LesionMask & { readonly probability?: PatchProbability }, ReasonCode>;

/** Masks of the lesions whose rule asks for the network, all in one go. */
async function drawnByNetwork(
  placed: readonly (PlacedMeasurement | EndedMeasurement)[],
  network: Cosegmentation | undefined,
): Promise<ReadonlyMap<PlacedMeasurement, DrawnMask>> {
  const asked = placed.filter((m): m is PlacedMeasurement => m.kind === 'placed' && m.rule.method === 'cosegmentation');
  if (asked.length === 0) return new Map();
  const masks = network
    ? await network.cosegment(asked.map((m) => taskOf(m.located, 'cosegmentation')))
    : asked.map((): DrawnMask => fail('bundle-unavailable'));
  return new Map(asked.map((m, i) => [m, masks[i]!]));
}

export const taskOf = ({ slice: { hu, plane }, marks }: LocatedMeasurement, method: MethodName): SegmentationTask => ({
  hu,
  rows: plane.rows,
  columns: plane.columns,
  spacing: plane.spacing,
  marks,
  method,
});

async function segmentPlaced(
  placed: PlacedMeasurement,
  drawn: DrawnMask | undefined,
  kernels: KernelPool,
  further: FurtherSlices | undefined,
): Promise<Result<MeasurementResult, ReasonCode>> {
  const { measurement, rule, located } = placed;
  let mask: DrawnMask = drawn ?? (await kernels.segment(taskOf(located, rule.method)));
  if (!mask.ok && isInferenceFailure(mask.error)) {
    if (rule.onInferenceFailure === 'wait') return fail(mask.error);
    if (rule.onInferenceFailure === 'hold') return ok(ended(placed, 'held', mask.error));
    mask = await kernels.segment(taskOf(located, 'grabcut'));
  }
  if (!mask.ok) return mask.error === 'worker-crashed' ? mask : ok(ended(placed, 'failed', mask.error));

  const lesion = lesionOf(located, mask.value);
  const decision = decide(lesion, rule);
  if (decision.kind === 'skip') return ok(ended(placed, 'skipped', decision.reason));
  const volume = further && (await volumeOfLesion(lesion, further, kernels));
  if (volume && !volume.ok) return volume;
  return ok({
    kind: 'segmented',
    measurement,
    rule,
    lesion: volume ? { ...lesion, findings: [...lesion.findings, ...volume.value.findings] } : lesion,
    volume: volume?.value,
    probability: lesion.method === 'cosegmentation' ? mask.value.probability : undefined,
    decision: decision.kind === 'store' ? 'store' : { hold: decision.reason },
  });
}

/** What travels on: of a network's answer the mask, not the probability it was cut from. */
const lesionOf = (
  located: LocatedMeasurement,
  { mask, method, agreement, axes, areaPx, areaMm2, findings }: LesionMask,
): SegmentedLesion => ({ located, mask, method, agreement, axes, areaPx, areaMm2, findings });

const hasLine = (m: Measurement): boolean => m.longAxis?.points !== undefined || m.shortAxis?.points !== undefined;
