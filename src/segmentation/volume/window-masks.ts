import type { Mask, PixelSpacing } from '../../domain/index.js';
import { squaredDistances } from '../distance-transform.js';
import type { GridPlan } from '../grabcut/grid.js';
import { pixelMm } from '../lesion-frame.js';
import type { Window } from '../window.js';

/** The least window that holds all pixels of a mask; undefined where it has none. */
export function boxOf({ rows, columns, bits }: Mask): Window | undefined {
  let [left, right, top, bottom] = [columns, -1, rows, -1];
  for (let row = 0, p = 0; row < rows; row++)
    for (let column = 0; column < columns; column++, p++) {
      if (bits[p] === 0) continue;
      if (column < left) left = column;
      if (column > right) right = column;
      if (row < top) top = row;
      bottom = row;
    }
  return bottom < 0 ? undefined : { left, top, width: right - left + 1, height: bottom - top + 1 };
}

/** The pixels of a mask in a window, row by row. */
export function withinWindow(mask: Mask, { left, top, width, height }: Window): Uint8Array {
  const inside = new Uint8Array(width * height);
  for (let row = 0; row < height; row++) {
    const start = (top + row) * mask.columns + left;
    inside.set(mask.bits.subarray(start, start + width), row * width);
  }
  return inside;
}

/** The same with the border of a plan of the window's size. */
export function padded(inside: Uint8Array, { width, height, stride, pixels }: GridPlan): Uint8Array {
  const bits = new Uint8Array(pixels);
  for (let row = 0; row < height; row++)
    bits.set(inside.subarray(row * width, (row + 1) * width), (row + 1) * stride + 1);
  return bits;
}

/**
 * Distance in mm of every pixel of a window from the outline of a set, negative inside; the outline runs half a pixel beyond the outermost centres.
 * `inside` holds at least one pixel.
 */
export function signedDistances(inside: Uint8Array, { width, height }: Window, spacing: PixelSpacing): Float32Array {
  const { betweenColumns, betweenRows } = spacing;
  const toSet = squaredDistances(inside, width, height, betweenColumns, betweenRows);
  const outside = inside.map((bit) => 1 - bit);
  const toGround = squaredDistances(outside, width, height, betweenColumns, betweenRows);
  const half = pixelMm(spacing) / 2;
  return Float32Array.from(inside, (bit, i) =>
    bit === 1 ? half - Math.sqrt(toGround[i]!) : Math.sqrt(toSet[i]!) - half,
  );
}
