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

export const countPixels = (mask: Mask): number => {
  let count = 0;
  for (let i = 0; i < mask.bits.length; i++) count += mask.bits[i]!;
  return count;
};
