import type { PixelSpacing } from '../../domain/index.js';
import { GRABCUT } from '../grabcut-settings.js';
import type { GreyMemory } from '../grabcut/grab-cut.js';
import { assignLevels, createMixture, levelCostsInto, refitMixture, startMixture } from '../grabcut/mixture.js';
import { GREY_LEVELS } from '../grabcut/neighbour-links.js';
import { greyOf, type GreyWindow } from '../grey-window.js';
import { pixelMm } from '../lesion-frame.js';
import { seededRandom } from '../seeded-random.js';
import type { Window } from '../window.js';
import { signedDistances } from './window-masks.js';

const FIT_ROUNDS = 5;

/** By grey value: what speaks for lesion (positive) or for its surroundings, in nats, as the mixtures of both sides have it. */
export function favourOf({ foreground, background }: GreyMemory): Float32Array {
  const value = Float64Array.from({ length: GREY_LEVELS }, (_, grey) => grey);
  const costOf = (count: Int32Array): Float64Array => {
    const histogram = { levels: GREY_LEVELS, value, count };
    const component = new Uint8Array(GREY_LEVELS);
    const mixture = createMixture();
    startMixture(mixture, histogram, component, GRABCUT.components, GRABCUT.variance, seededRandom(GRABCUT.seed));
    for (let round = 0; round < FIT_ROUNDS; round++) {
      assignLevels(mixture, histogram, component, GRABCUT.energy);
      refitMixture(mixture, histogram, component, GRABCUT.variance);
    }
    const cost = new Float64Array(GREY_LEVELS);
    levelCostsInto(cost, mixture, histogram, GRABCUT.energy);
    return cost;
  };
  const [lesion, surroundings] = [costOf(foreground), costOf(background)];
  const most = GRABCUT.mostData;
  return Float32Array.from(value, (_, grey) => Math.max(-most, Math.min(most, surroundings[grey]! - lesion[grey]!)));
}

/** How a lesion is looked at. */
export interface LesionView {
  readonly window: Window;
  readonly spacing: PixelSpacing;
  readonly greyWindow: GreyWindow;
  readonly favour: Float32Array;
  readonly radiusMm: number;
}

/** The rim around a mask: so many times the lesion's radius wide, and at least so many pixels. */
const RIM = 0.3;
const LEAST_RIM_PX = 3;

/**
 * How much more a mask looks like the lesion than the rim around it does: difference of the mean favours, in nats. 0 or less: there is nothing to be
 * seen of an outline here. 0, too, where there is no rim.
 */
export function contrastOf(
  view: LesionView,
  inside: Uint8Array,
  slice: { readonly hu: Float32Array; readonly columns: number },
): number {
  const { favour, greyWindow } = view;
  return aboveRim(view, inside, slice, (hu) => favour[greyOf(hu, greyWindow)]!);
}

/** Mean of a mask less the mean of its rim, of what `valueOf` makes of Hounsfield units. */
export function aboveRim(
  { window, spacing, radiusMm }: Pick<LesionView, 'window' | 'spacing' | 'radiusMm'>,
  inside: Uint8Array,
  { hu, columns }: { readonly hu: Float32Array; readonly columns: number },
  valueOf: (hu: number) => number,
): number {
  const distance = signedDistances(inside, window, spacing);
  const rimMm = Math.max(RIM * radiusMm, LEAST_RIM_PX * pixelMm(spacing));
  let [within, inMask, around, inRim] = [0, 0, 0, 0];
  for (let row = 0, i = 0; row < window.height; row++) {
    let p = (window.top + row) * columns + window.left;
    for (let column = 0; column < window.width; column++, i++, p++) {
      if (distance[i]! > rimMm) continue;
      const value = valueOf(hu[p]!);
      if (inside[i] === 1) {
        within += value;
        inMask++;
      } else {
        around += value;
        inRim++;
      }
    }
  }
  return inRim === 0 ? 0 : within / inMask - around / inRim;
}
