import { packFrame } from './pack-bits.js';
import type { SetPixels } from './set-pixels.js';

/** Pixels of one frame as a receipt is taken over them: the bytes from the first to the last that is not zero, and how many stand before. */
export interface PackedPixels {
  readonly first: number;
  readonly bytes: Uint8Array;
}

const bytesBetween = ({ first, last }: SetPixels): number => (last >> 3) - (first >> 3) + 1;

/** The pixels of masks, eight a byte, all in one buffer. */
export function packedMasks(
  masks: readonly { readonly values: Uint8Array; readonly set: SetPixels }[],
): readonly PackedPixels[] {
  const all = new Uint8Array(masks.reduce((sum, { set }) => sum + bytesBetween(set), 0));
  let at = 0;
  return masks.map(({ values, set }) => {
    const first = set.first >> 3;
    const bytes = all.subarray(at, (at += bytesBetween(set)));
    packFrame(values, set, bytes, -8 * first);
    return { first, bytes };
  });
}

/** A frame without pixels. */
export const NO_PIXELS: PackedPixels = { first: 0, bytes: new Uint8Array(0) };

/** Bytes that are no bits, without the zeros around them. */
export function withoutZeros(values: Uint8Array): PackedPixels {
  let first = 0;
  let end = values.length;
  while (first < end && values[first] === 0) first++;
  while (end > first && values[end - 1] === 0) end--;
  return end > first ? { first, bytes: values.subarray(first, end) } : NO_PIXELS;
}
