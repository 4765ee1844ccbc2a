import { createHash } from 'node:crypto';
import {
  ok,
  type LocatedMeasurement,
  type Mask,
  type MethodName,
  type ReasonCode,
  type Rule,
  type SegmentedLesion,
} from '../domain/index.js';
import type { Choice, Ledger } from '../ledger/index.js';
import type { LesionMask } from '../segmentation/index.js';
import { taskOf, type MeasurementResult, type Segmenters } from './segment.js';

/** A contour that a person may choose for a held measurement. */
export interface CandidateContour {
  readonly name: 'network' | 'seed' | 'tighter' | 'wider' | 'shape' | 'paper';
  readonly lesion: SegmentedLesion;
  /** SHA-256 (hex) of the mask's pixels: a choice is bound to it. */
  readonly maskSha256: string;
}

/** So many are shown: a key each. */
const MOST = 3;

/** Reasons of a hold that a contour does not answer: it is not known that the image is the patient's. */
const NOT_FOR_CHOICE: ReadonlySet<ReasonCode> = new Set<ReasonCode>(['identity-differs']);

/**
 * The contours of a held measurement, the rule's own first; then GrabCut's, and the tighter or wider outline of the network's that re-measures
 * better. Where no network drew it: the outline of the marks' shape, and the paper's GrabCut. The same inputs give the same contours, bit for bit.
 */
export async function candidateContours(
  result: MeasurementResult,
  segmenters: Segmenters,
): Promise<readonly CandidateContour[]> {
  const located = result.kind === 'ended' ? result.located : result.lesion.located;
  if (!located || NOT_FOR_CHOICE.has(reasonOfHold(result) ?? 'no-rule')) return [];
  const found: CandidateContour[] = [];
  const add = (name: CandidateContour['name'], lesion: SegmentedLesion | undefined) => {
    if (!lesion || found.length === MOST) return;
    const maskSha256 = maskDigest(lesion.mask);
    if (!found.some((other) => other.maskSha256 === maskSha256)) found.push({ name, lesion, maskSha256 });
  };
  const drawn = async (method: MethodName) =>
    lesionFrom(located, await segmenters.kernels.segment(taskOf(located, method)));
  if (result.kind === 'segmented') add(result.lesion.method === 'cosegmentation' ? 'network' : 'seed', result.lesion);
  if (!(result.kind === 'segmented' && result.lesion.method === 'grabcut')) add('seed', await drawn('grabcut'));
  const probability = result.kind === 'segmented' ? result.probability : undefined;
  if (probability && segmenters.network) {
    const both = await segmenters.network.candidates(taskOf(located, 'cosegmentation'), probability);
    if (both.ok) {
      const { tighter, wider } = both.value;
      const order =
        (wider?.agreement ?? -1) > (tighter?.agreement ?? -1)
          ? (['wider', 'tighter'] as const)
          : (['tighter', 'wider'] as const);
      for (const name of order) add(name, both.value[name] && lesionFrom(located, ok(both.value[name])));
    }
  }
  add('shape', await drawn('superellipse'));
  add('paper', await drawn('grabcut-paper'));
  return found;
}

/**
 * Puts in what people chose. A chosen contour is made again and must be the one that was shown, bit for bit; where it is not, the choice is dropped and
 * the measurement held again (`choice-stale`). Objects of chosen contours say so in the name of their policy.
 */
export async function withChoices(
  results: readonly MeasurementResult[],
  choices: readonly Choice[],
  segmenters: Segmenters,
  drop: (choice: Choice) => ReturnType<Ledger['dropChoice']>,
): Promise<readonly MeasurementResult[]> {
  if (choices.length === 0) return results;
  const chosen: MeasurementResult[] = [];
  for (const result of results) {
    const choice = choices.find((c) => c.measurementKey === result.measurement.key);
    const rule = result.rule;
    if (!choice || reasonOfHold(result) === undefined || !rule) chosen.push(result);
    else if (choice.maskSha256 === undefined) chosen.push(endedWith(result, 'skipped', 'rejected-by-reviewer'));
    else {
      const contour = (await candidateContours(result, segmenters)).find(
        ({ name, maskSha256 }) => name === choice.candidate && maskSha256 === choice.maskSha256,
      );
      if (contour) chosen.push(accepted(result, rule, contour));
      else {
        await drop(choice);
        chosen.push(endedWith(result, 'held', 'choice-stale'));
      }
    }
  }
  return chosen;
}

const accepted = (
  { measurement }: MeasurementResult,
  rule: Rule,
  { name, lesion }: CandidateContour,
): MeasurementResult => ({
  kind: 'segmented',
  measurement,
  rule: { ...rule, name: `${rule.name}.reviewed-${name}` },
  lesion,
  decision: 'store',
  volume: undefined,
  probability: undefined,
});

const endedWith = (result: MeasurementResult, outcome: 'held' | 'skipped', reason: ReasonCode): MeasurementResult => ({
  kind: 'ended',
  measurement: result.measurement,
  rule: result.rule,
  located: result.kind === 'ended' ? result.located : result.lesion.located,
  outcome,
  reason,
});

/** Why policy holds it; undefined where it does not. */
function reasonOfHold(result: MeasurementResult): ReasonCode | undefined {
  if (result.kind === 'ended') return result.outcome === 'held' ? result.reason : undefined;
  return result.decision === 'store' ? undefined : result.decision.hold;
}

function lesionFrom(
  located: LocatedMeasurement,
  drawn: { readonly ok: true; readonly value: LesionMask } | { readonly ok: false },
): SegmentedLesion | undefined {
  if (!drawn.ok) return undefined;
  const { mask, method, agreement, axes, areaPx, areaMm2, findings } = drawn.value;
  return { located, mask, method, agreement, axes, areaPx, areaMm2, findings };
}

/** SHA-256 (hex) of a mask's size and pixels. */
export const maskDigest = ({ rows, columns, bits }: Mask): string =>
  createHash('sha256').update(`${rows}x${columns}\n`).update(bits).digest('hex');
