import type { Mask } from '../../domain/index.js';
import { cleanUp } from '../clean-up.js';
import { GRABCUT } from '../grabcut-settings.js';
import { grabCutInto } from '../grabcut/grab-cut.js';
import { gridPlan, type GridPlan } from '../grabcut/grid.js';
import { NAT } from '../grabcut/neighbour-links.js';
import { DEAD, PROBABLE_BACKGROUND, PROBABLE_FOREGROUND, SURE_BACKGROUND, SURE_FOREGROUND } from '../grabcut/seeds.js';
import { greyInto } from '../grey-window.js';
import { pixelMm } from '../lesion-frame.js';
import { rampOf, shapeTerm } from '../shape-anchored-seeds.js';
import type { WorkspaceShelf } from '../workspace.js';
import { contrastOf } from './contrast.js';
import type { KeyLesion } from './key-lesion.js';
import { MOST_REACH, stopReasonOf, type StopReason } from './stop-rules.js';
import { padded, signedDistances, withinWindow } from './window-masks.js';

/** One step from a slice to the next. */
export interface CarryStep {
  readonly lesion: KeyLesion;
  /** The mask on the slice before. */
  readonly before: Mask;
  /** Of the masks so far, the marked slice's included. */
  readonly largestAreaPx: number;
  readonly stepMm: number;
  readonly offKeyMm: number;
}

export type CarryAnswer =
  | { readonly kind: 'carried'; readonly mask: Mask; readonly areaPx: number }
  | { readonly kind: 'ended'; readonly reason: StopReason };

/** Per mm from slice to slice, the outline is uncertain by so much more. */
const UNCERTAINTY = 0.25;
/** Per mm off the marked slice, the lesion may reach so much farther out. */
const CAP_GROWTH = 0.25;
/** Shares of the inscribed radius: how deep inside is sure lesion (what the outline is expected to move comes to it, up to the most), */
const CORE_DEPTH = 0.35;
const MOST_CORE_DEPTH = 0.9;
/** and how far outside is sure background. */
const SURE_DISTANCE = 0.5;
const LEAST_SURE_DISTANCE_PX = 2;

/**
 * The lesion on the slice next to one that has its mask: GrabCut with that mask as the shape, on `hu` (rows x columns of the lesion). With `drawn`, a
 * mask that a network drew on this slice from `marksOf(before)` takes GrabCut's place; the rules are the same. Pure and deterministic.
 */
export function carryMask(shelf: WorkspaceShelf, step: CarryStep, hu: Float32Array, drawn?: Mask): CarryAnswer {
  const { lesion, before } = step;
  const { window, spacing, rows, columns } = lesion;
  if (step.offKeyMm > MOST_REACH * lesion.longMm) return ended('far-from-marks');
  if (hu.length !== rows * columns || !hu.every(Number.isFinite)) return ended('slice-unusable');
  const plan = gridPlan(window.width, window.height, spacing.betweenColumns, spacing.betweenRows);
  const ws = shelf.take(plan.pixels);
  const inside = withinWindow(before, window);
  const distance = signedDistances(inside, window, spacing);

  const bits = ws.best;
  if (drawn === undefined) {
    if (seed(ws, plan, step, hu, distance) === 0) return ended('no-core');
    greyInto(ws.grabCut.grey, { hu, columns, window, plan }, lesion.greyWindow);
    if (grabCutInto(ws.grabCut, plan, GRABCUT, lesion.memory) !== 'ready') return ended('no-core');
    bits.set(ws.grabCut.label.subarray(0, plan.pixels));
  } else {
    bits.set(padded(withinWindow(drawn, window), plan));
  }
  const beforePixels = withinReach(bits, plan, inside, lesion.beyondMm, CAP_GROWTH * step.offKeyMm);
  if (beforePixels.every((p) => bits[p] === 0)) return ended('shrunk');
  cleanUp(bits, plan, beforePixels, ws.cleanUp);
  return judged(step, hu, bits, plan, inside);
}

/** Seeds and shape term from the mask before; returns how many pixels are sure to be lesion. */
function seed(
  { grabCut: { seeds, shape } }: ReturnType<WorkspaceShelf['take']>,
  plan: GridPlan,
  { lesion, stepMm, offKeyMm }: CarryStep,
  hu: Float32Array,
  distance: Float32Array,
): number {
  const { window, columns, spacing } = lesion;
  const onePxMm = pixelMm(spacing);
  const inscribedMm = -distance.reduce((least, d) => Math.min(least, d), 0);
  const rampMm = rampOf(lesion.radiusMm / onePxMm) * lesion.radiusMm + UNCERTAINTY * stepMm;
  const surelyOutMm = Math.max(SURE_DISTANCE * inscribedMm, LEAST_SURE_DISTANCE_PX * onePxMm);
  const weight = lesion.nats * NAT;
  const shrinkMm = Math.min(stepMm, shrinkageMm(lesion.radiusMm, offKeyMm - stepMm, offKeyMm));
  const coreMm = Math.min(CORE_DEPTH * inscribedMm + shrinkMm, MOST_CORE_DEPTH * inscribedMm);
  let sure = 0;
  seeds.fill(DEAD, 0, plan.pixels);
  for (let row = 0, i = 0; row < plan.height; row++) {
    let p = (row + 1) * plan.stride + 1;
    const start = (window.top + row) * columns + window.left;
    for (let column = 0; column < plan.width; column++, p++, i++) {
      const d = distance[i]!;
      const shrunk = d + shrinkMm;
      const off = Math.abs(hu[start + column]! - lesion.meanHu);
      const core = d <= -coreMm && off <= lesion.toleranceHu;
      if (core) sure++;
      seeds[p] = core
        ? SURE_FOREGROUND
        : d > surelyOutMm
          ? SURE_BACKGROUND
          : shrunk <= 0
            ? PROBABLE_FOREGROUND
            : PROBABLE_BACKGROUND;
      shape[p] = shapeTerm(shrunk, rampMm, weight);
    }
  }
  return sure;
}

/**
 * How much the outline is expected to move inwards between two heights off the marked slice: without another word, a lesion is as high as it is wide,
 * so it shrinks as a ball's sections do.
 */
function shrinkageMm(radiusMm: number, fromMm: number, toMm: number): number {
  const section = (heightMm: number): number => Math.sqrt(radiusMm * radiusMm - heightMm * heightMm);
  return toMm < radiusMm ? section(fromMm) - section(toMm) : Infinity;
}

/** Takes away what lies beyond the reach of the marks; returns the pixels of the mask before, as the plan counts them. */
function withinReach(
  bits: Uint8Array,
  plan: GridPlan,
  inside: Uint8Array,
  beyondMm: Float32Array,
  reachMm: number,
): Int32Array {
  const before: number[] = [];
  for (let row = 0, i = 0; row < plan.height; row++) {
    let p = (row + 1) * plan.stride + 1;
    for (let column = 0; column < plan.width; column++, p++, i++) {
      if (beyondMm[i]! > reachMm) bits[p] = 0;
      if (inside[i] === 1) before.push(p);
    }
  }
  return Int32Array.from(before);
}

function judged(
  { lesion, largestAreaPx, stepMm }: CarryStep,
  hu: Float32Array,
  bits: Uint8Array,
  plan: GridPlan,
  inside: Uint8Array,
): CarryAnswer {
  const { rows, columns, window } = lesion;
  const mask = { rows, columns, bits: new Uint8Array(rows * columns) };
  const found = new Uint8Array(inside.length);
  let [areaPx, previousAreaPx, both, overKey, sum] = [0, 0, 0, 0, 0];
  for (let row = 0, i = 0; row < plan.height; row++) {
    let p = (row + 1) * plan.stride + 1;
    let onSlice = (window.top + row) * columns + window.left;
    for (let column = 0; column < plan.width; column++, p++, i++, onSlice++) {
      previousAreaPx += inside[i]!;
      if (bits[p] === 0) continue;
      mask.bits[onSlice] = found[i] = 1;
      areaPx++;
      both += inside[i]!;
      overKey += lesion.inside[i]!;
      sum += hu[onSlice]!;
    }
  }
  const reason = stopReasonOf({
    areaPx,
    previousAreaPx,
    largestAreaPx,
    overlap: (2 * both) / (areaPx + previousAreaPx),
    overKey: overKey / areaPx,
    stepMm,
    contrast: contrastOf(lesion, found, { hu, columns }),
    keyContrast: lesion.contrast,
    differs: Math.abs(sum / areaPx - lesion.meanHu) / lesion.toleranceHu,
  });
  return reason === undefined ? { kind: 'carried', mask, areaPx } : ended(reason);
}

const ended = (reason: StopReason): CarryAnswer => ({ kind: 'ended', reason });
