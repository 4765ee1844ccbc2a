/** What a bundle's manifest says to the pure half of co-segmentation: how a lesion becomes a patch, and a probability a mask. */
export interface Network {
  /** A patch has so many pixels a side. */
  readonly sizePx: number;
  readonly patch: PatchScale;
  readonly channels: readonly Channel[];
  readonly normalisation: Normalisation;
  /** A pixel of the slice is the lesion's from this probability on. */
  readonly threshold: number;
  /** A mask of less agreement has failed. */
  readonly rejectLevel: number;
}

/** How large a piece of the slice a patch shows, in mm. */
export type PatchScale =
  | { readonly scale: 'marks-relative'; readonly sideLongAxisMultiple: number; readonly minimumSideMm: number }
  | { readonly scale: 'box-relative'; readonly boxMultiple: number; readonly minimumSideMm: number };

export type Channel =
  | { readonly kind: 'window'; readonly lowHu: number; readonly highHu: number }
  | { readonly kind: 'marks-window'; readonly deviations: number; readonly minimumSdHu: number }
  | { readonly kind: 'superellipse-distance'; readonly exponent: number; readonly clampPx: number }
  | { readonly kind: 'axis-line'; readonly axis: 'long' | 'short'; readonly sigmaPx: number };

/** Of grey windows: -1 to 1, or mean and deviation of ImageNet's colour that stands in the channel's place. */
export type Normalisation = 'symmetric' | 'imagenet';

/** Which vector a lesion is given in place of a partner's gate; see `partner.ts`. */
export const PARTNER_RULES = ['prototype-mean', 'prototype-each', 'self', 'none', 'neutral'] as const;
export type PartnerRule = (typeof PARTNER_RULES)[number];

/** In which mirror images a patch is looked at; their probabilities are averaged. */
export const FLIPS = ['none', 'four'] as const;
export type Flips = (typeof FLIPS)[number];

/** A probability of foreground for each pixel of a patch, row by row. */
export type PatchProbability = Float32Array;
