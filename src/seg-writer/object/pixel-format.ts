import { SOP_CLASS, type SopClassUid } from '../../domain/index.js';
import type { SegmentationType } from '../request.js';

/** What a segmentation type is called, and how its pixels are stored. */
export interface PixelFormat {
  readonly sopClassUID: SopClassUid;
  /** SegmentationType (0062,0001). */
  readonly term: string;
  /** BitsAllocated and BitsStored. */
  readonly bits: 1 | 8;
}

export const PIXEL_FORMATS: Readonly<Record<SegmentationType, PixelFormat>> = {
  binary: { sopClassUID: SOP_CLASS.Segmentation, term: 'BINARY', bits: 1 },
  fractional: { sopClassUID: SOP_CLASS.Segmentation, term: 'FRACTIONAL', bits: 8 },
  labelmap: { sopClassUID: SOP_CLASS.LabelMapSegmentation, term: 'LABELMAP', bits: 8 },
};

/** MaximumFractionalValue: what a probability of 1 is stored as. */
export const CERTAIN = 255;

/** The label of pixels that belong to no segment (PixelPaddingValue). */
export const BACKGROUND = 0;

/** As many labels as 8 bits have beside the background. */
export const MOST_LABELS = 255;

export const segmentationTypeOf = (term: string | undefined): SegmentationType | undefined =>
  (['binary', 'fractional', 'labelmap'] as const).find((type) => PIXEL_FORMATS[type].term === term);

/** Probabilities as they are stored. */
export function storedProbabilities(probability: Float32Array): Uint8Array {
  const stored = new Uint8Array(probability.length);
  for (const [at, p] of probability.entries()) {
    if (!(p >= 0 && p <= 1)) throw new Error('a probability outside 0 to 1');
    stored[at] = Math.round(p * CERTAIN);
  }
  return stored;
}
