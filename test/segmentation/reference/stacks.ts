import type { Mask } from '../../../src/domain/index.js';

/** Dice, recall and precision over all slices of two stacks, pixel by pixel; undefined is an empty slice. */
export function diceOfStacks(
  truth: readonly (Mask | undefined)[],
  masks: readonly (Mask | undefined)[],
): { readonly dice: number; readonly recall: number; readonly precision: number } {
  let [inTruth, inMask, both] = [0, 0, 0];
  truth.forEach((slice, i) => {
    const mask = masks[i];
    const pixels = (slice ?? mask)?.bits.length ?? 0;
    for (let p = 0; p < pixels; p++) {
      const [t, m] = [slice?.bits[p] ?? 0, mask?.bits[p] ?? 0];
      inTruth += t;
      inMask += m;
      both += t & m;
    }
  });
  return { dice: (2 * both) / (inTruth + inMask), recall: both / inTruth, precision: both / inMask };
}
