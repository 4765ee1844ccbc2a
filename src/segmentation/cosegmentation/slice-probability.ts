import type { Window } from '../window.js';
import type { PatchProbability } from './network.js';
import { onPatchAxis, type PatchGeometry } from './patch-geometry.js';

/**
 * A patch's probability back on the slice: for every pixel of the window, row by row, bilinear between the patch's pixels; within half a patch
 * pixel of its edge as its outermost pixels, beyond that 0.
 */
export function probabilityAt(probability: PatchProbability, geometry: PatchGeometry, window: Window): Float32Array {
  const { sizePx, centre, spacing } = geometry;
  const across = axisPlaces(geometry, centre.x, spacing.betweenColumns, window.left, window.width);
  const down = axisPlaces(geometry, centre.y, spacing.betweenRows, window.top, window.height);
  const out = new Float32Array(window.width * window.height);
  for (let row = 0, p = 0; row < window.height; row++) {
    const j = down.low[row]!;
    if (j < 0) {
      p += window.width;
      continue;
    }
    const v = down.part[row]!;
    const upper = j * sizePx;
    const lower = Math.min(sizePx - 1, j + 1) * sizePx;
    for (let column = 0; column < window.width; column++, p++) {
      const i = across.low[column]!;
      if (i < 0) continue;
      const u = across.part[column]!;
      const next = Math.min(sizePx - 1, i + 1);
      const above = probability[upper + i]! * (1 - u) + probability[upper + next]! * u;
      const below = probability[lower + i]! * (1 - u) + probability[lower + next]! * u;
      out[p] = above * (1 - v) + below * v;
    }
  }
  return out;
}

/** `low` is -1 off the patch. */
function axisPlaces(
  geometry: PatchGeometry,
  centrePx: number,
  spacingMm: number,
  first: number,
  count: number,
): { low: Int32Array; part: Float64Array } {
  const low = new Int32Array(count).fill(-1);
  const part = new Float64Array(count);
  const last = geometry.sizePx - 1;
  for (let n = 0; n < count; n++) {
    const place = onPatchAxis(geometry, centrePx, spacingMm, first + n);
    if (place < -0.5 || place > last + 0.5) continue;
    const inside = Math.min(last, Math.max(0, place));
    low[n] = Math.floor(inside);
    part[n] = inside - low[n]!;
  }
  return { low, part };
}
