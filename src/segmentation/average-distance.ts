import { countPixels, type Mask } from '../domain/index.js';
import { squaredDistances } from './distance-transform.js';

/** How far a step from one pixel to the next is: 1 and 1 measures in pixels, a PixelSpacing in mm. */
export interface PixelSteps {
  readonly betweenRows: number;
  readonly betweenColumns: number;
}

export const IN_PIXELS: PixelSteps = { betweenRows: 1, betweenColumns: 1 };

/**
 * Average distance (AVD) of VISCERAL's EvaluateSegmentation: the mean, over all pixels of one mask, of the distance to the nearest pixel of the
 * other (0 where they overlap), averaged over both directions. An empty mask is given the diameter of the circle with the truth's area: finite,
 * and no reward. Two empty masks: 0.
 */
export function averageDistance(truth: Mask, mask: Mask, steps: PixelSteps): number {
  if (truth.rows !== mask.rows || truth.columns !== mask.columns)
    throw new RangeError('masks of different slices have no distance');
  const inTruth = countPixels(truth);
  const inMask = countPixels(mask);
  if (inTruth === 0 || inMask === 0)
    return Math.sqrt((4 * Math.max(inTruth, inMask) * steps.betweenRows * steps.betweenColumns) / Math.PI);
  return (sumOfDistances(truth, mask, steps) / inTruth + sumOfDistances(mask, truth, steps) / inMask) / 2;
}

/** Sum over the pixels of `from` of the distance to `to`. */
function sumOfDistances(from: Mask, to: Mask, { betweenRows, betweenColumns }: PixelSteps): number {
  const square = squaredDistances(to.bits, to.columns, to.rows, betweenColumns, betweenRows);
  let sum = 0;
  for (let p = 0; p < square.length; p++) if (from.bits[p] === 1) sum += Math.sqrt(square[p]!);
  return sum;
}
