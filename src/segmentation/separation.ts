import type { GreyWindow, SlicePart } from './grey-window.js';

/** rho up to which pixels are taken for lesion, and from which for its surroundings: between them the observer may be wrong. */
const WITHIN = 0.8;
const BEYOND = 1.2;
/** Outer edge of the surroundings, by a pixel more. */
const AROUND = 1.6;
/** Noise in HU^2 that is always there, so that two flat regions are not infinitely far apart. */
const LEAST_VARIANCE = 25;

/**
 * How well the image tells the lesion from what surrounds it: distance of the two means in standard deviations, HU clipped to the grey window.
 * 0: not at all (muscle against sarcoma: 0.8 in the median), 3 and more: clearly (nodules in lung). 0 where there is nothing to compare.
 * From whole numbers, whose sums do not depend on their order.
 */
export function separationOf(
  { hu, columns, window, plan }: SlicePart,
  rho: Float64Array,
  radiusPx: number,
  { low, high }: GreyWindow,
): number {
  const around = AROUND + 1 / radiusPx;
  let [innerCount, innerSum, innerSquares] = [0, 0, 0];
  let [outerCount, outerSum, outerSquares] = [0, 0, 0];
  for (let row = 0; row < plan.height; row++) {
    let i = (window.top + row) * columns + window.left;
    let p = (row + 1) * plan.stride + 1;
    for (const end = p + plan.width; p < end; p++, i++) {
      const r = rho[p]!;
      if (r > around || (r > WITHIN && r <= BEYOND)) continue;
      const v = Math.round(Math.min(high, Math.max(low, hu[i]!)));
      if (r <= WITHIN) {
        innerCount++;
        innerSum += v;
        innerSquares += v * v;
      } else {
        outerCount++;
        outerSum += v;
        outerSquares += v * v;
      }
    }
  }
  if (innerCount === 0 || outerCount === 0) return 0;
  const inner = innerSum / innerCount;
  const outer = outerSum / outerCount;
  const variance = innerSquares / innerCount - inner * inner + (outerSquares / outerCount - outer * outer);
  return Math.abs(inner - outer) / Math.sqrt(Math.max(0, variance) / 2 + LEAST_VARIANCE);
}
