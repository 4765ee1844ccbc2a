/** Why a lesion was not carried to the next slice. */
export type StopReason =
  /** There is no further slice, or none close enough. */
  | 'end-of-series'
  | 'gap'
  /** The next slice could not be had, or its pixels are no Hounsfield units of the same grid. */
  | 'slice-unusable'
  /** Farther from the marked slice than a lesion of these marks reaches. */
  | 'far-from-marks'
  /** No pixel in the middle of the last mask looks like the lesion. */
  | 'no-core'
  /** The lesion has come to its end. */
  | 'shrunk'
  /** It grew away from the marked slice, where its longest diameter is: a leak, or marks on another slice than the largest. */
  | 'grew'
  /** What was found lies elsewhere. */
  | 'moved'
  /** What was found looks different. */
  | 'other-tissue'
  /** What was found looks no more like the lesion than its surroundings do, though the lesion stood out on the marked slice. */
  | 'faded';

/** What is known of a lesion on a slice that it was carried to, beside the slice before. */
export interface CarriedFacts {
  readonly areaPx: number;
  readonly previousAreaPx: number;
  readonly largestAreaPx: number;
  /** Dice with the mask on the slice before. */
  readonly overlap: number;
  /** Share of the mask that lies over the mask on the marked slice. */
  readonly overKey: number;
  readonly stepMm: number;
  /** Distance of the mean from that on the marked slice, in what is tolerated. */
  readonly differs: number;
  /** How much more the mask looks like the lesion than the rim around it, here and on the marked slice (contrast.ts). */
  readonly contrast: number;
  readonly keyContrast: number;
}

const LEAST_AREA_PX = 4;
const LEAST_SHARE_OF_LARGEST = 0.25;
const MOST_GROWTH = 1.3;
const LEAST_OVERLAP = 0.5;
const THICK_MM = 4;
const LEAST_OVERLAP_OF_THICK = 0.35;
const LEAST_OVER_KEY = 0.5;
const LEAST_SHARE_OF_CONTRAST = 0.2;
/** Of the long axis: how far off the marked slice a lesion may reach. */
export const MOST_REACH = 0.75;

/** Whether a lesion ends before this slice; undefined where it goes on. */
export function stopReasonOf(facts: CarriedFacts): StopReason | undefined {
  if (facts.areaPx < LEAST_AREA_PX || facts.areaPx < LEAST_SHARE_OF_LARGEST * facts.largestAreaPx) return 'shrunk';
  if (facts.areaPx > MOST_GROWTH * facts.previousAreaPx) return 'grew';
  if (facts.overlap < (facts.stepMm > THICK_MM ? LEAST_OVERLAP_OF_THICK : LEAST_OVERLAP)) return 'moved';
  if (facts.overKey < LEAST_OVER_KEY) return 'moved';
  if (facts.differs > 1) return 'other-tissue';
  return facts.contrast < LEAST_SHARE_OF_CONTRAST * facts.keyContrast ? 'faded' : undefined;
}
