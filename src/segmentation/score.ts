import { type Mask, type PixelSpacing } from '../domain/index.js';
import { averageDistance, IN_PIXELS } from './average-distance.js';
import { overlapOf, type Overlap } from './overlap.js';

/** What a mask is worth against the truth; both lie on the slice's own grid. */
export interface Score extends Overlap {
  /** Average distance (AVD) in pixels and in mm. */
  readonly averageDistancePx: number;
  readonly averageDistanceMm: number;
}

/** Throws where the masks are of different sizes. */
export function scoreOf(truth: Mask, mask: Mask, spacing: PixelSpacing): Score {
  const overlap = overlapOf(truth, mask);
  // what neither has changes no distance
  const box = boxAround(truth, mask);
  const [a, b] = [cropped(truth, box), cropped(mask, box)];
  return {
    ...overlap,
    averageDistancePx: averageDistance(a, b, IN_PIXELS),
    averageDistanceMm: averageDistance(a, b, spacing),
  };
}

interface Box {
  readonly left: number;
  readonly top: number;
  readonly rows: number;
  readonly columns: number;
}

function boxAround(truth: Mask, mask: Mask): Box {
  let [left, right, top, bottom] = [truth.columns, -1, truth.rows, -1];
  for (let row = 0, p = 0; row < truth.rows; row++)
    for (let column = 0; column < truth.columns; column++, p++) {
      if ((truth.bits[p]! | mask.bits[p]!) === 0) continue;
      if (column < left) left = column;
      if (column > right) right = column;
      if (row < top) top = row;
      bottom = row;
    }
  return { left, top, rows: Math.max(0, bottom - top + 1), columns: Math.max(0, right - left + 1) };
}

function cropped(mask: Mask, { left, top, rows, columns }: Box): Mask {
  const bits = new Uint8Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    const start = (top + row) * mask.columns + left;
    bits.set(mask.bits.subarray(start, start + columns), row * columns);
  }
  return { rows, columns, bits };
}
