import type { Mask } from '../domain/index.js';
import { squaredDistances } from './distance-transform.js';

/** What a seed mask says of a pixel. */
const SEED_LABELS = { background: 0, uncertain: 128, lesion: 255 } as const;

/** Pixels whose centres lie within so much of a pixel beyond the outline. */
const BAND_PX = 1;

/**
 * The weak label that training learns from: `mask` with a band left open where a label would be a guess. Uncertain are pixels beside the outline
 * (next to a pixel of the other side, by edge) and pixels where `mask` and the other opinion differ. The pixels deepest in the mask stay lesion,
 * so that no lesion, however small, is uncertain throughout. One byte a pixel, rows x columns.
 */
export function seedLabels(mask: Mask, other: Mask): Uint8Array {
  const { rows, columns, bits } = mask;
  const toMask = squaredDistances(bits, columns, rows);
  const toGround = squaredDistances(
    bits.map((bit) => 1 - bit),
    columns,
    rows,
  );
  const labels = new Uint8Array(rows * columns);
  let deepest = 0;
  for (let p = 0; p < labels.length; p++) if (bits[p] === 1) deepest = Math.max(deepest, toGround[p]!);
  for (let p = 0; p < labels.length; p++) {
    const beside = (bits[p] === 1 ? toGround[p]! : toMask[p]!) <= BAND_PX * BAND_PX;
    if (bits[p] === 1 && toGround[p] === deepest) labels[p] = SEED_LABELS.lesion;
    else if (beside || bits[p] !== other.bits[p]) labels[p] = SEED_LABELS.uncertain;
    else labels[p] = bits[p] === 1 ? SEED_LABELS.lesion : SEED_LABELS.background;
  }
  return labels;
}
