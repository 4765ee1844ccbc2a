import { fail, finding, ok, type ReasonCode, type Result } from '../../domain/index.js';
import { measureMarks, obliqueFrame } from '../lesion-frame.js';
import {
  lesionMask,
  measure,
  placeOf,
  segmentLesionOn,
  taskProblem,
  type LesionMask,
  type Place,
  type SegmentationTask,
} from '../segment-lesion.js';
import { cutToSlice } from '../window.js';
import type { WorkspaceShelf } from '../workspace.js';
import type { Network, PatchProbability } from './network.js';
import { boxOf, endsOf, onSliceAxis, patchGeometry, type PatchGeometry } from './patch-geometry.js';
import { probabilityAt } from './slice-probability.js';

/**
 * A lesion's mask from the probability that the network gave its patch: back on the slice, threshold, clean-up, agreement. Where the network's
 * mask has failed (no pixel, none on the marks, less agreement than the network's own reject level) GrabCut's takes its place, with the finding
 * `mask.from-seed`, and the method says so. Errors: as `segmentLesion`.
 */
export function contourOn(
  shelf: WorkspaceShelf,
  task: SegmentationTask,
  network: Network,
  probability: PatchProbability,
): Result<LesionMask, ReasonCode> {
  const own = maskAtOn(shelf, task, network, probability, network.threshold);
  if (!own.ok) return own;
  if (own.value && own.value.agreement > 0 && own.value.agreement >= network.rejectLevel) return ok(own.value);
  const seed = segmentLesionOn(shelf, { ...task, method: 'grabcut' });
  if (!seed.ok) return seed;
  const instead = finding('mask.from-seed', own.value?.agreement ?? 0);
  return ok({ ...seed.value, findings: [...seed.value.findings, instead] });
}

/**
 * The probability of every pixel of the slice, row by row: bilinear between the patch's pixels, 0 beyond the patch. Errors: as `segmentLesion` has of
 * its task.
 */
export function probabilityOnSlice(
  task: SegmentationTask,
  network: Network,
  probability: PatchProbability,
): Result<Float32Array, ReasonCode> {
  const problem = taskProblem(task);
  if (problem) return fail(problem);
  const marks = measureMarks(task.marks, task.spacing);
  if (!marks.ok) return marks;
  const geometry = patchGeometry(marks.value, network.sizePx, network.patch);
  return ok(probabilityAt(probability, geometry, { left: 0, top: 0, width: task.columns, height: task.rows }));
}

/** Two more outlines from the same probability, for a person to choose from. */
export interface Candidates {
  /** Undefined where not a pixel is that certain. */
  readonly tighter: LesionMask | undefined;
  readonly wider: LesionMask | undefined;
}

/** By how much the odds that a pixel must have are raised and lowered: at a threshold of 1/2 these are 3/4 and 1/4. */
const ODDS_STEP = 3;

/** Errors: as `segmentLesion`. */
export function candidatesOn(
  shelf: WorkspaceShelf,
  task: SegmentationTask,
  network: Network,
  probability: PatchProbability,
): Result<Candidates, ReasonCode> {
  const odds = network.threshold / (1 - network.threshold);
  const at = (o: number) => maskAtOn(shelf, task, network, probability, o / (1 + o));
  const tighter = at(odds * ODDS_STEP);
  if (!tighter.ok) return tighter;
  const wider = at(odds / ODDS_STEP);
  return wider.ok ? ok({ tighter: tighter.value, wider: wider.value }) : wider;
}

/** The mask of what reaches the threshold, cleaned up and measured; undefined where nothing does. */
function maskAtOn(
  shelf: WorkspaceShelf,
  task: SegmentationTask,
  network: Network,
  probability: PatchProbability,
  threshold: number,
): Result<LesionMask | undefined, ReasonCode> {
  const problem = taskProblem(task);
  if (problem) return fail(problem);
  const marks = measureMarks(task.marks, task.spacing);
  if (!marks.ok) return marks;
  const geometry = patchGeometry(marks.value, network.sizePx, network.patch);
  const window = cutToSlice(edgesOf(geometry, boxOf(endsOf(marks.value))), task);
  const place = placeOf(shelf, task, marks.value, obliqueFrame(marks.value), window);
  const bits = place.ws.best;
  if (!thresholdInto(bits, place, geometry, probability, threshold)) return ok(undefined);
  return ok(lesionMask(place, bits, measure(place, bits), 'cosegmentation', []));
}

/** The patch, and the marks with a pixel around them: a scale may leave ends outside the patch. */
function edgesOf(geometry: PatchGeometry, marks: ReturnType<typeof boxOf>): ReturnType<typeof boxOf> {
  const { centre, spacing, sizePx } = geometry;
  const column = (i: number) => onSliceAxis(geometry, centre.x, spacing.betweenColumns, i);
  const row = (j: number) => onSliceAxis(geometry, centre.y, spacing.betweenRows, j);
  return {
    left: Math.min(column(-0.5), marks.left - 1),
    right: Math.max(column(sizePx - 0.5), marks.right + 1),
    top: Math.min(row(-0.5), marks.top - 1),
    bottom: Math.max(row(sizePx - 0.5), marks.bottom + 1),
  };
}

/** Whether any pixel reaches it. */
function thresholdInto(
  bits: Uint8Array,
  { plan, window }: Place,
  geometry: PatchGeometry,
  probability: PatchProbability,
  threshold: number,
): boolean {
  let any = false;
  bits.fill(0, 0, plan.pixels);
  const at = probabilityAt(probability, geometry, window);
  for (let row = 0, i = 0; row < plan.height; row++) {
    const start = (row + 1) * plan.stride + 1;
    for (let p = start; p < start + plan.width; p++, i++) {
      if (at[i]! < threshold) continue;
      bits[p] = 1;
      any = true;
    }
  }
  return any;
}
