import type { GrabCutWorkspace } from './grabcut/grab-cut.js';
import type { GridPlan } from './grabcut/grid.js';
import { NAT } from './grabcut/neighbour-links.js';
import { DEAD, PROBABLE_BACKGROUND, PROBABLE_FOREGROUND, SURE_BACKGROUND, SURE_FOREGROUND } from './grabcut/seeds.js';
import { USUAL_AXIS_RATIO } from './lesion-frame.js';
import { leastRho, outlineRho, RHO_SLACK } from './prior.js';

/** rho within which a pixel is sure to be lesion. */
const CORE = 0.7;
/** rho beyond which, by two pixels more, a pixel is sure not to be lesion. */
const OUTER = 1.6;
const OUTER_MARGIN_PX = 2;
/** What the window shows beyond the sure background's edge, so that there is some. */
export const WINDOW_MARGIN_PX = 3;

/** Width of the shape term's ramp, in rho, and at least so much in pixels: how far marks and outline differ by themselves. */
const RAMP = 0.15;
const LEAST_RAMP_PX = 0.8;
/** The shape term is bounded at so many times its weight. */
const MOST_RAMPS = 3;

/**
 * Weight of the shape term in nats. Where the image tells the lesion from its surroundings (nodules in lung), it corrects the observer; where it
 * does not (muscle against sarcoma), the marks know better, the more so the larger the lesion. Chosen on the training split: mean Dice of nodules
 * falls above 2 to 3, that of sarcomas rises up to 20; but real marks are short, and above 12 their weight loses there what it gains here.
 */
const IMAGE_NATS = 2;
const MARKS_NATS = 12;
/** Separations (separation.ts) between which, and radii in pixels between which, the one passes into the other. */
const UNCLEAR = 1;
const CLEAR = 2.5;
const SMALL_PX = 4;
const LARGE_PX = 24;

/** rho of the sure background's edge. */
export const outerRho = (radiusPx: number): number => OUTER + OUTER_MARGIN_PX / radiusPx;

/** From the weight of an image that speaks to that of one that does not: geometric in both. */
export function shapeWeight(radiusPx: number, separation: number): number {
  const unclear = separation <= UNCLEAR ? 1 : within01(Math.log(CLEAR / separation) / Math.log(CLEAR / UNCLEAR));
  const large = within01(Math.log(radiusPx / SMALL_PX) / Math.log(LARGE_PX / SMALL_PX));
  return IMAGE_NATS * (MARKS_NATS / IMAGE_NATS) ** (unclear * large);
}

const within01 = (share: number): number => Math.min(1, Math.max(0, share));

/**
 * Seeding anchored in the shape between two marks. Sure lesion is its core, sure background what lies far outside; between them the outline is
 * the start, and the soft shape term pulls towards it:
 *
 *     S = weight * clamp( (rho - outline) / ramp, -3, 3 )       against foreground where positive
 *
 * Writes `ws.seeds` and `ws.shape`. `nats`: the weight (`shapeWeight`).
 */
export function seedFromTwoAxes(
  ws: GrabCutWorkspace,
  plan: GridPlan,
  rho: Float64Array,
  radiusPx: number,
  nats: number,
): void {
  const { seeds, shape } = ws;
  const outline = outlineRho(radiusPx);
  const outer = outerRho(radiusPx);
  const core = coreRho(rho, plan);
  const ramp = rampOf(radiusPx);
  const weight = nats * NAT;
  seeds.fill(DEAD, 0, plan.pixels);
  for (let row = 1; row <= plan.height; row++) {
    for (let p = row * plan.stride + 1, end = p + plan.width; p < end; p++) {
      const r = rho[p]!;
      seeds[p] = seedBetween(r, outline, r <= core, r > outer);
      shape[p] = shapeTerm(r - outline, ramp, weight);
    }
  }
}

/**
 * Seeding from one mark: the other axis is a guess, so the ramp is twice as wide across the mark, only the middle third of the mark (1 px to both
 * sides) is sure lesion, and sure background begins beyond the circle on the mark. `circleRho` is rho of that circle.
 */
export function seedFromOneAxis(
  ws: GrabCutWorkspace,
  plan: GridPlan,
  rho: Float64Array,
  circleRho: Float64Array,
  radiusPx: number,
  nats: number,
): void {
  const { seeds, shape } = ws;
  const outline = outlineRho(radiusPx);
  const outer = outerRho(radiusPx);
  const nearest = leastRho(rho, plan) + RHO_SLACK;
  const ramp = rampOf(radiusPx);
  const weight = nats * NAT;
  const acrossPx = radiusPx * Math.sqrt(USUAL_AXIS_RATIO);
  seeds.fill(DEAD, 0, plan.pixels);
  for (let row = 1; row <= plan.height; row++) {
    for (let p = row * plan.stride + 1, end = p + plan.width; p < end; p++) {
      // rho^2 = u^2 + v^2 and circleRho^2 = u^2 + (ratio * v)^2, u along the mark and v across
      const square = rho[p]! * rho[p]!;
      const v2 = Math.max(0, square - circleRho[p]! * circleRho[p]!) / (1 - USUAL_AXIS_RATIO * USUAL_AXIS_RATIO);
      const middle = square - v2 <= 1 / 9 && v2 * acrossPx * acrossPx <= 1;
      const acrossShare = square === 0 ? 0 : v2 / square;
      seeds[p] = seedBetween(rho[p]!, outline, middle || rho[p]! <= nearest, circleRho[p]! > outer);
      shape[p] = shapeTerm(rho[p]! - outline, ramp * (1 + acrossShare), weight);
    }
  }
}

/** The core, and in any case the pixels nearest to the centre. */
const coreRho = (rho: Float64Array, plan: GridPlan): number => Math.max(CORE, leastRho(rho, plan)) + RHO_SLACK;

/** Width of the ramp in rho. */
export const rampOf = (radiusPx: number): number => Math.max(RAMP, LEAST_RAMP_PX / radiusPx);

function seedBetween(rho: number, outline: number, inCore: boolean, farOutside: boolean): number {
  if (inCore) return SURE_FOREGROUND;
  if (farOutside) return SURE_BACKGROUND;
  return rho <= outline ? PROBABLE_FOREGROUND : PROBABLE_BACKGROUND;
}

/** So much against foreground (positive) or for it, `beyond` the outline, in the unit of the ramp. */
export function shapeTerm(beyond: number, ramp: number, weight: number): number {
  const ramps = beyond / ramp;
  return Math.round(weight * (ramps < -MOST_RAMPS ? -MOST_RAMPS : ramps > MOST_RAMPS ? MOST_RAMPS : ramps));
}
