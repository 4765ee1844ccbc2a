import { mm, type Mm } from '../../domain/index.js';

/** What decides the mean field of a two-class dense CRF (Krähenbühl and Koltun, NIPS 2011), in physical units. */
export interface CrfSettings {
  /** `exact`: within 0.01 of the mean field by brute force. `fast`: a coarser grid, within a few hundredths. */
  readonly mode: 'exact' | 'fast';
  readonly iterations: number;
  /** exp(-|p - q|^2 / (2 sigma^2)) */
  readonly spatial: { readonly sigmaMm: Mm; readonly weight: number };
  /** exp(-|p - q|^2 / (2 sigma^2) - (I_p - I_q)^2 / (2 sigmaHu^2)) */
  readonly bilateral: { readonly sigmaMm: Mm; readonly sigmaHu: number; readonly weight: number };
  /** Whether a pixel supports itself: the model says no, Krähenbühl's program and its descendants (pydensecrf) say yes. */
  readonly selfTerm: 'kept' | 'left-out';
}

/** How a lesion's mask is refined. */
export interface RefinementSettings extends Omit<CrfSettings, 'bilateral'> {
  /** sigmaHu is this share of the grey window that a reader would set, 400 HU wide in soft tissue and 1500 HU in lung. */
  readonly bilateral: { readonly sigmaMm: Mm; readonly windowShare: number; readonly weight: number };
  /** Probability of foreground of the mask's outermost pixels; that of the pixels around them is the rest of 1. */
  readonly certainty: number;
  /** By how much the log odds grow with every pixel further in or out: what lies deep is not in question. */
  readonly logOddsPerPx: number;
}

/**
 * Chosen on the training split by mean Dice over grabcut, grabcut-paper and superellipse; a broad optimum. lidc (n = 977): 0.862 to 0.864, 0.844 to
 * 0.860, 0.821 to 0.851; sts (n = 190): 0.886, 0.769 to 0.771, 0.887.
 */
export const REFINEMENT: RefinementSettings = {
  mode: 'exact',
  iterations: 5,
  spatial: { sigmaMm: mm(0.8), weight: 2 },
  bilateral: { sigmaMm: mm(4), windowShare: 0.15, weight: 1 },
  selfTerm: 'kept',
  certainty: 0.52,
  logOddsPerPx: 0.5,
};
