import type { DataSet } from './data-set.js';
import type { ImageReference } from './measurement.js';
import type { ImagePlane } from './plane.js';

/** One CT image or frame in Hounsfield units. */
export interface HuSlice {
  readonly plane: ImagePlane;
  /** rows x columns, row-major, after rescale. Pixel padding is given as -1024 (air): no measurement lies there. All values are finite. */
  readonly hu: Float32Array;
  /** Whether the pixels ever went through lossy compression (transfer syntax, or LossyImageCompression = 01). */
  readonly lossy: boolean;
}

/** A slice together with what it was made from: its header (pixel data not needed) and how reports name it. */
export interface SourceSlice extends HuSlice {
  readonly reference: ImageReference;
  readonly header: DataSet;
}

/** What is still to be known of a slice once its pixels have been looked at: they are the most of it. */
export type SliceWithoutPixels = Omit<SourceSlice, 'hu'>;

/** A set of pixels of one slice. `bits` is rows x columns, row-major, 0 or 1. */
export interface Mask {
  readonly rows: number;
  readonly columns: number;
  readonly bits: Uint8Array;
}

export function countPixels({ bits }: Mask): number {
  let count = 0;
  let at = 0;
  if (bits.byteOffset % 4 === 0) {
    // four at a time: each byte of the sum has room for 255 of them
    const words = new Uint32Array(bits.buffer, bits.byteOffset, bits.length >> 2);
    while (at < words.length) {
      const end = Math.min(at + 255, words.length);
      let sums = 0;
      for (; at < end; at++) sums += words[at]!;
      count += (sums & 255) + ((sums >>> 8) & 255) + ((sums >>> 16) & 255) + (sums >>> 24);
    }
    at *= 4;
  }
  for (; at < bits.length; at++) count += bits[at]!;
  return count;
}
