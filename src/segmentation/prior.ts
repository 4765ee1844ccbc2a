import type { PixelSpacing } from '../domain/index.js';
import type { GridPlan } from './grabcut/grid.js';
import { pixelMm, type LesionFrame } from './lesion-frame.js';
import type { Window } from './window.js';

/**
 * The four-quadrant superellipse between the marks, one quarter a quadrant of the oblique frame, meeting at the four end points:
 *
 *     rho(X) = ( (|a| / a±)^n + (|b| / b±)^n )^(1/n)
 *
 * with X - centre = a * along + b * across. rho is 0 at the centre, 1 on the outline and homogeneous of degree 1, so (rho - 1) * radius
 * is nearly the distance from the outline. Here n = 2, quarters of ellipses: no other exponent is better for small and large lesions alike.
 */

/** Slack of comparisons with rho: an end point that lies on a pixel centre is inside. */
export const RHO_SLACK = 1e-9;

/** Marks run between pixel centres, lesions reach to the edges of their pixels: what the outline gains, chosen on the training split. */
const OUTLINE_PAD_PX = 0.25;

/** The lesion's radius in pixels, where half the marks is meant by radius. */
export const radiusPxOf = (frame: LesionFrame, spacing: PixelSpacing): number => frame.radiusMm / pixelMm(spacing);

/** rho of the outline of the lesion as it is expected. */
export const outlineRho = (radiusPx: number): number => 1 + OUTLINE_PAD_PX / radiusPx + RHO_SLACK;

/** For every pixel of the window, laid out as `plan` says: writes rho into `rho`; the border is not written. */
export function rhoInto(
  rho: Float64Array,
  frame: LesionFrame,
  spacing: PixelSpacing,
  window: Window,
  plan: GridPlan,
): void {
  const { origin, centre, along, across, sine, forward, backward, left, right } = frame;
  const { betweenRows, betweenColumns } = spacing;
  for (let row = 0; row < plan.height; row++) {
    const y = (window.top + row - origin.y) * betweenRows - centre.y;
    let p = (row + 1) * plan.stride + 1;
    for (let column = 0; column < plan.width; column++, p++) {
      const x = (window.left + column - origin.x) * betweenColumns - centre.x;
      const a = (x * across.y - y * across.x) / sine;
      const b = (along.x * y - along.y * x) / sine;
      const u = a >= 0 ? a / forward : a / backward;
      const v = b >= 0 ? b / left : b / right;
      rho[p] = Math.sqrt(u * u + v * v);
    }
  }
}

/** Writes 1 where rho is at most `edge`, and at the pixels nearest to the centre, so that no shape is empty; else 0, also on the border. */
export function shapeInto(bits: Uint8Array, rho: Float64Array, edge: number, plan: GridPlan): void {
  const limit = Math.max(edge, leastRho(rho, plan) + RHO_SLACK);
  bits.fill(0, 0, plan.pixels);
  for (let row = 1; row <= plan.height; row++)
    for (let p = row * plan.stride + 1, end = p + plan.width; p < end; p++) bits[p] = rho[p]! <= limit ? 1 : 0;
}

/** rho of the pixel nearest to the centre; several may have it. */
export function leastRho(rho: Float64Array, plan: GridPlan): number {
  let least = Infinity;
  for (let row = 1; row <= plan.height; row++)
    for (let p = row * plan.stride + 1, end = p + plan.width; p < end; p++) if (rho[p]! < least) least = rho[p]!;
  return least;
}
