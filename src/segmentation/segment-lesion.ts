import {
  countPixels,
  fail,
  finding,
  mm2,
  ok,
  type Agreement,
  type Finding,
  type Mask,
  type MeasuredAxes,
  type MethodName,
  type Mm2,
  type PixelMarks,
  type PixelSpacing,
  type ReasonCode,
  type Result,
} from '../domain/index.js';
import { agreementOf } from './agreement.js';
import { measureAxes } from './axes.js';
import { cleanUp } from './clean-up.js';
import { GRABCUT, GRABCUT_PAPER } from './grabcut-settings.js';
import { grabCutInto } from './grabcut/grab-cut.js';
import { gridPlan, type GridPlan } from './grabcut/grid.js';
import { byteGreyInto, greyInto, greyWindows, surroundingsWindow, type SlicePart } from './grey-window.js';
import {
  circleFrame,
  ellipseFrame,
  measureMarks,
  obliqueFrame,
  type LesionFrame,
  type MeasuredMarks,
} from './lesion-frame.js';
import { pixelsOnMarks } from './mark-pixels.js';
import { paperRegion, seedAsThePaper } from './paper-seeds.js';
import { outlineRho, radiusPxOf, RHO_SLACK, rhoInto, shapeInto } from './prior.js';
import { separationOf } from './separation.js';
import { outerRho, seedFromOneAxis, seedFromTwoAxes, shapeWeight, WINDOW_MARGIN_PX } from './shape-anchored-seeds.js';
import { windowAround, type Window } from './window.js';
import { WorkspaceShelf, type SegmentationWorkspace } from './workspace.js';

export interface SegmentationTask {
  /** rows x columns, row-major, in Hounsfield units, finite. */
  readonly hu: Float32Array;
  readonly rows: number;
  readonly columns: number;
  readonly spacing: PixelSpacing;
  readonly marks: PixelMarks;
  readonly method: MethodName;
}

export interface LesionMask {
  readonly mask: Mask;
  /** The method that made the mask: `superellipse` where GrabCut had nothing to go by. */
  readonly method: MethodName;
  readonly agreement: Agreement;
  readonly axes: MeasuredAxes;
  readonly areaPx: number;
  readonly areaMm2: Mm2;
  readonly findings: readonly Finding[];
}

/**
 * The mask of one lesion from its marks and its slice. Pure and deterministic; turning, flipping or moving the slice with its marks turns,
 * flips or moves the mask. Errors: `pixels-not-hu` (values that are no numbers), `pixel-length-mismatch`, `no-plane` (spacing), `marks-off-slice`,
 * `axes-zero-length`, `bundle-unavailable` (a method that needs a model).
 */
export const segmentLesion = (task: SegmentationTask): Result<LesionMask, ReasonCode> =>
  segmentLesionOn(new WorkspaceShelf(), task);

/** The same, with memory that is kept between lesions. */
export function segmentLesionOn(shelf: WorkspaceShelf, task: SegmentationTask): Result<LesionMask, ReasonCode> {
  const problem = taskProblem(task);
  if (problem) return fail(problem);
  const marks = measureMarks(task.marks, task.spacing);
  if (!marks.ok) return marks;
  switch (task.method) {
    case 'ellipse':
      return ok(shapeMask(shelf, task, marks.value, ellipseFrame(marks.value), 'ellipse'));
    case 'superellipse':
      return ok(shapeMask(shelf, task, marks.value, obliqueFrame(marks.value), 'superellipse'));
    case 'grabcut':
      return ok(shapeAnchoredMask(shelf, task, marks.value));
    case 'grabcut-paper':
      return ok(paperMask(shelf, task, marks.value));
    case 'cosegmentation':
      return fail('bundle-unavailable');
  }
}

/** Further grey windows are tried only where the mask of the first is rejected, and taken only where they are clearly better. */
const REJECTED_BELOW = 0.3;
const CLEARLY_BETTER = 0.05;

function shapeAnchoredMask(shelf: WorkspaceShelf, task: SegmentationTask, marks: MeasuredMarks): LesionMask {
  const frame = obliqueFrame(marks);
  const circle = frame.kind === 'single' ? circleFrame(marks) : undefined;
  const radiusPx = radiusPxOf(frame, task.spacing);
  const window = windowAround(circle ?? frame, outerRho(radiusPx), WINDOW_MARGIN_PX, task.spacing, task);
  const place = placeOf(shelf, task, marks, frame, window);
  const { ws, plan } = place;

  rhoInto(ws.rho, frame, task.spacing, window, plan);
  shapeInto(ws.inside, ws.rho, outlineRho(radiusPx), plan);
  const weight = shapeWeight(radiusPx, separationOf(place, ws.rho, radiusPx, surroundingsWindow(place)));
  if (circle) {
    rhoInto(ws.circleRho, circle, task.spacing, window, plan);
    seedFromOneAxis(ws.grabCut, plan, ws.rho, ws.circleRho, radiusPx, weight);
  } else seedFromTwoAxes(ws.grabCut, plan, ws.rho, radiusPx, weight);

  let best: Measured | undefined;
  for (const greyWindow of greyWindows(place, ws.inside)) {
    greyInto(ws.grabCut.grey, place, greyWindow);
    if (grabCutInto(ws.grabCut, plan, GRABCUT) !== 'ready') continue;
    const measured = measure(place, ws.grabCut.label);
    if (best === undefined || measured.agreement > best.agreement + CLEARLY_BETTER) {
      best = measured;
      ws.best.set(ws.grabCut.label.subarray(0, plan.pixels));
    }
    if (best.agreement >= REJECTED_BELOW) break;
  }
  return best === undefined ? fromShape(place) : lesionMask(place, ws.best, best, 'grabcut', []);
}

function paperMask(shelf: WorkspaceShelf, task: SegmentationTask, marks: MeasuredMarks): LesionMask {
  const frame = obliqueFrame(marks);
  const region = paperRegion(marks, task);
  const place = placeOf(shelf, task, marks, frame, region.window);
  const { ws, plan } = place;
  seedAsThePaper(ws.grabCut, plan, marks, region);
  byteGreyInto(ws.grabCut.grey, place, surroundingsWindow(place));
  if (grabCutInto(ws.grabCut, plan, GRABCUT_PAPER) === 'ready')
    return lesionMask(place, ws.grabCut.label, measure(place, ws.grabCut.label), 'grabcut-paper', []);
  rhoInto(ws.rho, frame, task.spacing, region.window, plan);
  shapeInto(ws.inside, ws.rho, outlineRho(radiusPxOf(frame, task.spacing)), plan);
  return fromShape(place);
}

function shapeMask(
  shelf: WorkspaceShelf,
  task: SegmentationTask,
  marks: MeasuredMarks,
  frame: LesionFrame,
  method: 'ellipse' | 'superellipse',
): LesionMask {
  // the ellipse is the plain one of the literature: no pad
  const edge = method === 'ellipse' ? 1 + RHO_SLACK : outlineRho(radiusPxOf(frame, task.spacing));
  const place = placeOf(shelf, task, marks, frame, windowAround(frame, edge, WINDOW_MARGIN_PX, task.spacing, task));
  const { ws, plan, window } = place;
  rhoInto(ws.rho, frame, task.spacing, window, plan);
  shapeInto(ws.inside, ws.rho, edge, plan);
  return lesionMask(place, ws.inside, measure(place, ws.inside), method, []);
}

/** The image said nothing (one grey value, or no background in sight): the shape between the marks, and it says so. */
const fromShape = (place: Place): LesionMask =>
  lesionMask(place, place.ws.inside, measure(place, place.ws.inside), 'superellipse', [finding('mask.from-shape')]);

/** Where on its slice a lesion is looked at, and the memory for it. */
export interface Place extends SlicePart {
  readonly task: SegmentationTask;
  readonly marks: MeasuredMarks;
  readonly frame: LesionFrame;
  readonly ws: SegmentationWorkspace;
  readonly markPixels: Int32Array;
}

export function placeOf(
  shelf: WorkspaceShelf,
  task: SegmentationTask,
  marks: MeasuredMarks,
  frame: LesionFrame,
  window: Window,
): Place {
  const plan = gridPlan(window.width, window.height, task.spacing.betweenColumns, task.spacing.betweenRows);
  return {
    hu: task.hu,
    columns: task.columns,
    window,
    plan,
    task,
    marks,
    frame,
    ws: shelf.take(plan.pixels),
    markPixels: pixelsOnMarks(marks, window, plan),
  };
}

export interface Measured {
  readonly axes: MeasuredAxes;
  readonly agreement: Agreement;
}

/** Cleans the raw mask up, in place, and measures it. */
export function measure({ task, marks, frame, window, plan, ws, markPixels }: Place, bits: Uint8Array): Measured {
  cleanUp(bits, plan, markPixels, ws.cleanUp);
  let inside = 0;
  for (const p of markPixels) inside += bits[p]!;
  const axes = measureAxes(bits, window, plan, task.spacing);
  return { axes, agreement: agreementOf(axes, marks, inside / markPixels.length, frame.kind) };
}

export function lesionMask(
  { task, marks, frame, window, plan }: Place,
  bits: Uint8Array,
  { axes, agreement }: Measured,
  method: MethodName,
  findings: readonly Finding[],
): LesionMask {
  const mask = onSlice(bits, window, plan, task);
  const areaPx = countPixels(mask);
  const uncrossed = frame.kind === 'not-crossing' ? [finding('axes.do-not-cross')] : [];
  return {
    mask,
    method,
    agreement,
    axes,
    areaPx,
    areaMm2: mm2(areaPx * task.spacing.betweenRows * task.spacing.betweenColumns),
    findings: [...marks.findings, ...uncrossed, ...findings],
  };
}

function onSlice(bits: Uint8Array, window: Window, plan: GridPlan, { rows, columns }: SegmentationTask): Mask {
  const whole = new Uint8Array(rows * columns);
  for (let row = 0; row < plan.height; row++) {
    const start = (row + 1) * plan.stride + 1;
    whole.set(bits.subarray(start, start + plan.width), (window.top + row) * columns + window.left);
  }
  return { rows, columns, bits: whole };
}

/** What makes a task impossible: checked once here, trusted everywhere behind. */
export function taskProblem({ hu, rows, columns, spacing, marks }: SegmentationTask): ReasonCode | undefined {
  if (!(rows > 0 && columns > 0) || hu.length !== rows * columns) return 'pixel-length-mismatch';
  for (const step of [spacing.betweenRows, spacing.betweenColumns])
    if (!(Number.isFinite(step) && step > 0)) return 'no-plane';
  for (const { column, row } of [...marks.longAxis, ...(marks.shortAxis ?? [])])
    if (!(column >= -0.5 && column <= columns - 0.5 && row >= -0.5 && row <= rows - 0.5)) return 'marks-off-slice';
  // a number times nought is nought unless it is none or infinite
  let nought = 0;
  for (let i = 0; i < hu.length; i++) nought += hu[i]! * 0;
  return nought === 0 ? undefined : 'pixels-not-hu';
}
