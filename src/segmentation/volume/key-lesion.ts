import {
  fail,
  ok,
  type Mask,
  type PixelMarks,
  type PixelSpacing,
  type ReasonCode,
  type Result,
} from '../../domain/index.js';
import { gridPlan } from '../grabcut/grid.js';
import { GREY_LEVELS } from '../grabcut/neighbour-links.js';
import type { GreyMemory } from '../grabcut/grab-cut.js';
import { greyOf, greyWindows, surroundingsWindow, type GreyWindow } from '../grey-window.js';
import { measureMarks, obliqueFrame, pixelMm } from '../lesion-frame.js';
import { radiusPxOf, rhoInto } from '../prior.js';
import { separationOf } from '../separation.js';
import { outerRho, shapeWeight, WINDOW_MARGIN_PX } from '../shape-anchored-seeds.js';
import { cutToSlice, windowAround, type Window } from '../window.js';
import { aboveRim, contrastOf, favourOf } from './contrast.js';
import { boxOf, padded, signedDistances, withinWindow } from './window-masks.js';

/** The marked slice, and the mask on it. */
export interface KeySlice {
  /** rows x columns, row-major, in Hounsfield units, finite. */
  readonly hu: Float32Array;
  readonly rows: number;
  readonly columns: number;
  readonly spacing: PixelSpacing;
  readonly marks: PixelMarks;
  readonly mask: Mask;
}

/** What other slices are told of the lesion on its marked slice. Plain values: it may be sent to another thread. */
export interface KeyLesion {
  readonly rows: number;
  readonly columns: number;
  readonly spacing: PixelSpacing;
  /** Where the lesion is looked for, on every slice. */
  readonly window: Window;
  readonly greyWindow: GreyWindow;
  /** Grey values of the lesion and of what surrounds it. */
  readonly memory: GreyMemory;
  /** By grey value: what speaks for lesion (positive) or for its surroundings, in nats. */
  readonly favour: Float32Array;
  /** How much more the lesion looks like itself than its rim does, in nats. */
  readonly contrast: number;
  readonly meanHu: number;
  /** What differs from the mean by more looks different. */
  readonly toleranceHu: number;
  /** Of the longer mark, and of half of both. */
  readonly longMm: number;
  readonly radiusMm: number;
  /** Weight of the shape term in nats. */
  readonly nats: number;
  /** For each pixel of the window: how far it lies outside of what the lesion may cover on the marked slice, in mm; negative within. */
  readonly beyondMm: Float32Array;
  /** The mask, row by row of the window. */
  readonly inside: Uint8Array;
  readonly areaPx: number;
}

/** The window of the marked slice is enlarged by this share: lesions run obliquely. */
const WINDOW_GROWTH = 1.25;
/** rho up to which the lesion may reach on the marked slice's neighbours. */
const CAP = 1.25;
/** Standard deviations that other slices of the lesion may differ by. */
const MOST_DEVIATIONS = 2.5;
/** And share of the way to its surroundings: at its ends a lesion fills its slices in part. */
const MOST_DILUTION = 0.5;
/** Noise in HU that is always there: a flat phantom has no standard deviation to go by. */
const LEAST_SD_HU = 10;
/** The marked slice tells best what the lesion looks like; a mask that has slipped off would else learn its surroundings. */
const MEMORY_WEIGHT = 3;

/** Errors: as `segmentLesion` has them for the marks; `mask-empty`. Throws RangeError where sizes do not fit. */
export function keyLesionOf(key: KeySlice): Result<KeyLesion, ReasonCode> {
  const { hu, rows, columns, spacing, mask } = key;
  if (hu.length !== rows * columns || mask.rows !== rows || mask.columns !== columns)
    throw new RangeError('the mask was not made from this slice');
  const marks = measureMarks(key.marks, spacing);
  if (!marks.ok) return marks;
  const box = boxOf(mask);
  if (box === undefined) return fail('mask-empty');

  const frame = obliqueFrame(marks.value);
  const radiusPx = radiusPxOf(frame, spacing);
  const around = windowAround(frame, WINDOW_GROWTH * outerRho(radiusPx), WINDOW_MARGIN_PX, spacing, key);
  const window = unionOf(around, box, key);
  const plan = gridPlan(window.width, window.height, spacing.betweenColumns, spacing.betweenRows);
  const part = { hu, columns, window, plan };
  const rho = new Float64Array(plan.pixels);
  rhoInto(rho, frame, spacing, window, plan);
  const inside = withinWindow(mask, window);
  const greyWindow = greyWindows(part, padded(inside, plan))[0]!;

  const memory = {
    weight: MEMORY_WEIGHT,
    foreground: new Int32Array(GREY_LEVELS),
    background: new Int32Array(GREY_LEVELS),
  };
  const beyondMm = signedDistances(inside, window, spacing);
  let [count, sum, squares] = [0, 0, 0];
  for (let row = 0, i = 0; row < plan.height; row++) {
    let p = (row + 1) * plan.stride + 1;
    for (let column = 0; column < plan.width; column++, p++, i++) {
      const ofSide = inside[i] === 1 ? memory.foreground : memory.background;
      const v = hu[(window.top + row) * columns + window.left + column]!;
      const grey = greyOf(v, greyWindow);
      ofSide[grey] = ofSide[grey]! + 1;
      beyondMm[i] = Math.min(beyondMm[i]!, (rho[p]! - CAP) * frame.radiusMm);
      if (inside[i] === 0) continue;
      count++;
      sum += v;
      squares += v * v;
    }
  }
  const meanHu = sum / count;
  const view = { window, spacing, greyWindow, favour: favourOf(memory), radiusMm: radiusPx * pixelMm(spacing) };
  return ok({
    ...view,
    contrast: contrastOf(view, inside, part),
    rows,
    columns,
    memory,
    meanHu,
    toleranceHu: Math.max(
      MOST_DEVIATIONS * Math.max(LEAST_SD_HU, Math.sqrt(Math.max(0, squares / count - meanHu * meanHu))),
      MOST_DILUTION * Math.abs(aboveRim(view, inside, part, (v) => v)),
    ),
    longMm: marks.value.long.lengthMm,
    nats: shapeWeight(radiusPx, separationOf(part, rho, radiusPx, surroundingsWindow(part))),
    beyondMm,
    inside,
    areaPx: count,
  });
}

function unionOf(a: Window, b: Window, size: { rows: number; columns: number }): Window {
  return cutToSlice(
    {
      left: Math.min(a.left, b.left - WINDOW_MARGIN_PX),
      top: Math.min(a.top, b.top - WINDOW_MARGIN_PX),
      right: Math.max(a.left + a.width, b.left + b.width + WINDOW_MARGIN_PX) - 1,
      bottom: Math.max(a.top + a.height, b.top + b.height + WINDOW_MARGIN_PX) - 1,
    },
    size,
  );
}
