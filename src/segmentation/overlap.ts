import type { Mask } from '../domain/index.js';

/**
 * How a mask covers the truth, on the same grid. Definitions of Taha and Hanbury (BMC Medical Imaging 15:29, 2015):
 * recall = both / truth, precision = both / mask, Dice = 2 both / (truth + mask), volume similarity = 1 - |truth - mask| / (truth + mask).
 * Empties are defined, and named so that no mean hides them: an empty mask scores 0 throughout, two empty ones 1.
 */
export interface Overlap {
  readonly recall: number;
  readonly precision: number;
  readonly dice: number;
  readonly volumeSimilarity: number;
  readonly empty: 'none' | 'mask' | 'truth' | 'both';
}

/** Throws where the masks are of different sizes: they lie on different slices. */
export function overlapOf(truth: Mask, mask: Mask): Overlap {
  if (truth.rows !== mask.rows || truth.columns !== mask.columns)
    throw new RangeError('masks of different slices do not overlap');
  let both = 0;
  let inTruth = 0;
  let inMask = 0;
  for (let i = 0; i < truth.bits.length; i++) {
    both += truth.bits[i]! & mask.bits[i]!;
    inTruth += truth.bits[i]!;
    inMask += mask.bits[i]!;
  }
  if (inTruth === 0 && inMask === 0) return { recall: 1, precision: 1, dice: 1, volumeSimilarity: 1, empty: 'both' };
  const total = inTruth + inMask;
  return {
    recall: inTruth === 0 ? 0 : both / inTruth,
    precision: inMask === 0 ? 0 : both / inMask,
    dice: (2 * both) / total,
    volumeSimilarity: 1 - Math.abs(inTruth - inMask) / total,
    empty: inMask === 0 ? 'mask' : inTruth === 0 ? 'truth' : 'none',
  };
}

export const dice = (truth: Mask, mask: Mask): number => overlapOf(truth, mask).dice;
