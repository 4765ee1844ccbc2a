import type { Cosegmentation, KernelPool } from '../compute/index.js';
import { readExpertMask, readRowHu, type LesionRow, type LesionSet, type RowProblemCode } from '../dataset/index.js';
import {
  countPixels,
  REASONS,
  type Agreement,
  type Mask,
  type MethodName,
  type Ms,
  type ReasonCode,
  type Result,
} from '../domain/index.js';
import { scoreOf, type LesionMask, type Score } from '../segmentation/index.js';
import { inLanes } from './lanes.js';
import { marksOfRow, type MarksChoice } from './marks-of-row.js';
import { askedOf, type EvaluatedMethod } from './methods.js';

export interface EvaluationPlan extends MarksChoice {
  readonly set: LesionSet;
  /** Rows with an expert mask and marks of the kind that is asked for. */
  readonly rows: readonly LesionRow[];
  readonly methods: readonly EvaluatedMethod[];
}

/** What methods run on. */
export interface Workers {
  readonly kernels: KernelPool;
  /** Bundles at work, by name: every one that a method asks for. */
  readonly networks: ReadonlyMap<string, Cosegmentation>;
}

/** What one method made of one row. */
export interface LesionScore {
  readonly row: LesionRow;
  readonly method: EvaluatedMethod;
  /** `refused`: the method gave no mask; the score is that of an empty one, so that no mean hides it. */
  readonly outcome:
    | { readonly kind: 'mask'; readonly used: MethodName; readonly agreement: Agreement; readonly areaPx: number }
    | { readonly kind: 'refused'; readonly reason: ReasonCode };
  readonly truthPx: number;
  readonly score: Score;
  /** The kernel's own time. */
  readonly tookMs: Ms | undefined;
}

/** Rows that could not be scored are told, and are in no mean. */
export interface Evaluation {
  /** By row, then by method, in the order of the plan. */
  readonly scores: readonly LesionScore[];
  readonly leftOut: readonly { readonly row: LesionRow; readonly code: RowProblemCode }[];
  /** Work that did not come to an end: it says nothing about a method. */
  readonly failed: readonly {
    readonly row: LesionRow;
    readonly method: EvaluatedMethod;
    readonly reason: ReasonCode;
  }[];
}

/** Runs every method on every row. `onRow` is told after each row. */
export async function evaluate(
  plan: EvaluationPlan,
  workers: Workers,
  lanes: number,
  onRow: () => void,
): Promise<Evaluation> {
  await warmUp(plan, workers, lanes);
  const results = plan.rows.map((): LesionScore[] => []);
  const leftOut: { row: LesionRow; code: RowProblemCode }[] = [];
  const failed: { row: LesionRow; method: EvaluatedMethod; reason: ReasonCode }[] = [];
  await inLanes(plan.rows, lanes, async (row, index) => {
    const pictures = await picturesOf(plan, row);
    if ('code' in pictures) leftOut.push({ row, code: pictures.code });
    else
      for (const method of plan.methods) {
        const result = await segmentRow(plan, row, method, pictures.hu, workers);
        if (!result.ok && REASONS[result.error].class === 'system') failed.push({ row, method, reason: result.error });
        else results[index]!.push(scored(row, method, pictures.truth, result));
      }
    onRow();
  });
  return { scores: results.flat(), leftOut, failed };
}

/** Runs of each method before time is taken: what a kernel's first lesions wait for is its compilation. */
const WARM_UP_RUNS = 6;

async function warmUp(plan: EvaluationPlan, workers: Workers, lanes: number): Promise<void> {
  const smallest = plan.rows.reduce((a, b) => (b.rows * b.columns < a.rows * a.columns ? b : a));
  const hu = await readRowHu(plan.set, smallest);
  if (!hu.ok) return;
  const runs = plan.methods.flatMap((method) => Array.from({ length: WARM_UP_RUNS * lanes }, () => method));
  await inLanes(runs, lanes, async (method) => void (await segmentRow(plan, smallest, method, hu.value, workers)));
}

export type RowResult = Result<LesionMask, ReasonCode> & { readonly tookMs: Ms | undefined };

/** One method on one row, whose pixels are given; the row must have marks of the plan's kind. */
export async function segmentRow(
  choice: MarksChoice,
  row: LesionRow,
  method: EvaluatedMethod,
  hu: Float32Array,
  { kernels, networks }: Workers,
): Promise<RowResult> {
  const marks = marksOfRow(row, choice);
  if (!marks) throw new Error('a row without marks of the kind that is asked for was not left out');
  const { rows, columns, spacing } = row;
  const lesion = { hu, rows, columns, spacing, marks };
  const asked = askedOf(method);
  if (asked.of === 'kernels') {
    const { result, tookMs } = await kernels.segmentTimed({ ...lesion, method: asked.method }, asked.refinement);
    return { ...result, tookMs };
  }
  const network = networks.get(asked.name);
  if (!network) throw new Error('a bundle that is asked for was not opened');
  const [answer] = await network.cosegmentTimed([{ ...lesion, method: 'cosegmentation' }], asked.refinement);
  return { ...answer!.result, tookMs: answer!.tookMs };
}

export interface RowPictures {
  readonly hu: Float32Array;
  readonly truth: Mask;
}

export async function picturesOf(
  { set }: { readonly set: LesionSet },
  row: LesionRow,
): Promise<RowPictures | { readonly code: RowProblemCode }> {
  const hu = await readRowHu(set, row);
  if (!hu.ok) return { code: hu.error };
  const truth = await readExpertMask(set, row);
  return truth.ok ? { hu: hu.value, truth: truth.value } : { code: truth.error };
}

function scored(row: LesionRow, method: EvaluatedMethod, truth: Mask, result: RowResult): LesionScore {
  const mask = result.ok ? result.value.mask : { ...truth, bits: new Uint8Array(truth.bits.length) };
  return {
    row,
    method,
    outcome: result.ok
      ? {
          kind: 'mask',
          used: result.value.method,
          agreement: result.value.agreement,
          areaPx: result.value.areaPx,
        }
      : { kind: 'refused', reason: result.error },
    truthPx: countPixels(truth),
    score: scoreOf(truth, mask, row.spacing),
    tookMs: result.tookMs,
  };
}
