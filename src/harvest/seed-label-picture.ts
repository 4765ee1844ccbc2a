import type { Mask } from '../domain/index.js';
import { seedLabels } from '../segmentation/index.js';

/** A ring of background round both masks: beyond it every label is background, and no distance within reaches further. */
const RING_PX = 2;

/** `seedLabels` of the whole slice, computed where there is something: rows x columns of the mask. */
export function labelsOnSlice(mask: Mask, other: Mask): Uint8Array {
  const { rows, columns } = mask;
  let [top, left, bottom, right] = [rows, columns, -1, -1];
  for (const { bits } of [mask, other])
    for (let p = bits.indexOf(1); p >= 0; p = bits.indexOf(1, p + 1)) {
      const row = Math.floor(p / columns);
      const column = p - row * columns;
      top = Math.min(top, row);
      bottom = Math.max(bottom, row);
      left = Math.min(left, column);
      right = Math.max(right, column);
    }
  const labels = new Uint8Array(rows * columns);
  if (bottom < 0) return labels;
  [top, left] = [Math.max(0, top - RING_PX), Math.max(0, left - RING_PX)];
  [bottom, right] = [Math.min(rows - 1, bottom + RING_PX), Math.min(columns - 1, right + RING_PX)];
  const size = { rows: bottom - top + 1, columns: right - left + 1 };
  const cut = ({ bits }: Mask): Mask => {
    const piece = new Uint8Array(size.rows * size.columns);
    for (let row = 0; row < size.rows; row++) {
      const from = (top + row) * columns + left;
      piece.set(bits.subarray(from, from + size.columns), row * size.columns);
    }
    return { ...size, bits: piece };
  };
  const piece = seedLabels(cut(mask), cut(other));
  for (let row = 0; row < size.rows; row++)
    labels.set(piece.subarray(row * size.columns, (row + 1) * size.columns), (top + row) * columns + left);
  return labels;
}
