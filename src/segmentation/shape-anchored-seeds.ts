import type { GrabCutWorkspace } from './grabcut/grab-cut.js';
import type { GridPlan } from './grabcut/grid.js';
import { NAT } from './grabcut/neighbour-links.js';
import { DEAD, PROBABLE_BACKGROUND, PROBABLE_FOREGROUND, SURE_BACKGROUND, SURE_FOREGROUND } from './grabcut/seeds.js';
import { USUAL_AXIS_RATIO } from './lesion-frame.js';
import { leastRho, outlineRho, RHO_SLACK } from './prior.js';

/** rho within which a pixel is sure to be lesion. */
const CORE = 0.5;
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
 * Weight of the shape term in nats by size. Small lesions (nodules in lung) have an edge in the image, which corrects the observer; large ones
 * often lie in tissue like their own, where the marks know better. Chosen on the training split: mean Dice of nodules falls above 2, that of
 * large lesions rises up to 8; but real marks are short, and what the marks' weight gains on unbiased marks it loses on short ones.
 */
const SMALL = { radiusPx: 12, nats: 2 };
const LARGE = { radiusPx: 24, nats: 6 };

/** rho of the sure background's edge. */
export const outerRho = (radiusPx: number): number => OUTER + OUTER_MARGIN_PX / radiusPx;

/** Geometric between the two sizes. */
export function shapeWeight(radiusPx: number): number {
  const share = Math.log(radiusPx / SMALL.radiusPx) / Math.log(LARGE.radiusPx / SMALL.radiusPx);
  return SMALL.nats * (LARGE.nats / SMALL.nats) ** Math.min(1, Math.max(0, share));
}

/**
 * Seeding anchored in the shape between two marks. Sure lesion is its core, sure background what lies far outside; between them the outline is
 * the start, and the soft shape term pulls towards it:
 *
 *     S = weight * clamp( (rho - outline) / ramp, -3, 3 )       against foreground where positive
 *
 * Writes `ws.seeds` and `ws.shape`.
 */
export function seedFromTwoAxes(ws: GrabCutWorkspace, plan: GridPlan, rho: Float64Array, radiusPx: number): void {
  const { seeds, shape } = ws;
  const outline = outlineRho(radiusPx);
  const outer = outerRho(radiusPx);
  const core = coreRho(rho, plan);
  const ramp = rampOf(radiusPx);
  const weight = shapeWeight(radiusPx) * NAT;
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
): void {
  const { seeds, shape } = ws;
  const outline = outlineRho(radiusPx);
  const outer = outerRho(radiusPx);
  const nearest = leastRho(rho, plan) + RHO_SLACK;
  const ramp = rampOf(radiusPx);
  const weight = shapeWeight(radiusPx) * NAT;
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

const rampOf = (radiusPx: number): number => Math.max(RAMP, LEAST_RAMP_PX / radiusPx);

function seedBetween(rho: number, outline: number, inCore: boolean, farOutside: boolean): number {
  if (inCore) return SURE_FOREGROUND;
  if (farOutside) return SURE_BACKGROUND;
  return rho <= outline ? PROBABLE_FOREGROUND : PROBABLE_BACKGROUND;
}

function shapeTerm(beyond: number, ramp: number, weight: number): number {
  const ramps = beyond / ramp;
  return Math.round(weight * (ramps < -MOST_RAMPS ? -MOST_RAMPS : ramps > MOST_RAMPS ? MOST_RAMPS : ramps));
}
