import { mm, pixelIndex, type MeasuredAxes, type PixelIndex, type PixelSpacing } from '../domain/index.js';
import type { GridPlan } from './grabcut/grid.js';
import { pixelMm } from './lesion-frame.js';
import type { Window } from './window.js';

/** An axis between pixel centres has no length in a mask of one pixel; a reader's line has: half a pixel. */
const LEAST_AXIS_PX = 0.5;

/**
 * Axes of a mask as a reader would measure them, between pixel centres in mm: the longest distance between two of its pixels (convex hull and
 * rotating calipers; the hull in whole pixels, so exactly), and its widest extent perpendicular to that. Of several longest distances the one
 * with the wider extent. `bits` is a padded window with at least one pixel.
 */
export function measureAxes(bits: Uint8Array, window: Window, plan: GridPlan, spacing: PixelSpacing): MeasuredAxes {
  const hull = convexHull(bits, plan);
  let best: Candidate | undefined;
  for (const [from, to] of antipodalPairs(hull)) {
    if (best && squaredMm(from, to, spacing) < best.squareMm) continue;
    const candidate = leftFirst(from, to) ? axesAlong(from, to, hull, spacing) : axesAlong(to, from, hull, spacing);
    if (!best || candidate.squareMm > best.squareMm || candidate.high - candidate.low > best.high - best.low)
      best = candidate;
  }
  if (!best) throw new RangeError('a mask without pixels has no axes');
  return asAxes(best, window, spacing);
}

/** A longest distance, and how far the hull reaches to both sides of it. */
interface Candidate {
  readonly from: Vertex;
  readonly squareMm: number;
  /** Unit vector from the one to the other. */
  readonly u: { readonly x: number; readonly y: number };
  /** Reach across it in mm: to the one side (0 or less) and to the other (0 or more). */
  readonly low: number;
  readonly high: number;
  /** Where along the axis, in mm, the middle of the two outermost vertices lies. */
  readonly place: number;
}

/** A pixel of the window. */
interface Vertex {
  readonly x: number;
  readonly y: number;
}

/** Andrew's monotone chain over the first and the last pixel of every row, which are in order already. No three vertices on a line. */
function convexHull(bits: Uint8Array, plan: GridPlan): readonly Vertex[] {
  const points: Vertex[] = [];
  for (let y = 0; y < plan.height; y++) {
    const start = (y + 1) * plan.stride + 1;
    let first = 0;
    while (first < plan.width && bits[start + first] === 0) first++;
    if (first === plan.width) continue;
    let last = plan.width - 1;
    while (bits[start + last] === 0) last--;
    points.push({ x: first, y });
    if (last > first) points.push({ x: last, y });
  }
  if (points.length < 3) return points;
  return [...chain(points), ...chain(points.toReversed())];
}

/** One side of the hull from the first point up to, but without, the last. */
function chain(points: readonly Vertex[]): Vertex[] {
  const side: Vertex[] = [];
  for (const point of points) {
    while (side.length > 1 && turn(side.at(-2)!, side.at(-1)!, point) <= 0) side.pop();
    side.push(point);
  }
  side.pop();
  return side;
}

const turn = (a: Vertex, b: Vertex, c: Vertex): number => (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);

/** Pairs of vertices that parallel lines can hold between them (Shamos' rotating calipers): the two that lie farthest apart are among them. */
function antipodalPairs(hull: readonly Vertex[]): [Vertex, Vertex][] {
  const n = hull.length;
  if (n === 1) return [[hull[0]!, hull[0]!]];
  if (n === 2) return [[hull[0]!, hull[1]!]];
  const at = (i: number): Vertex => hull[i % n]!;
  const pairs: [Vertex, Vertex][] = [];
  let j = 1;
  for (let i = 0; i < n; i++) {
    // j climbs to the vertex farthest from the edge i, i + 1
    while (turn(at(i), at(i + 1), at(j + 1)) > turn(at(i), at(i + 1), at(j))) {
      j++;
      pairs.push([at(i), at(j)]);
    }
    pairs.push([at(i), at(j)], [at(i + 1), at(j)]);
    // a parallel edge opposite: both of its ends are as far
    if (turn(at(i), at(i + 1), at(j + 1)) === turn(at(i), at(i + 1), at(j)))
      pairs.push([at(i), at(j + 1)], [at(i + 1), at(j + 1)]);
  }
  return pairs;
}

/** An axis is given from left to right, a vertical one from top to bottom. */
const leftFirst = (a: Vertex, b: Vertex): boolean => a.x < b.x || (a.x === b.x && a.y <= b.y);

function squaredMm(a: Vertex, b: Vertex, spacing: PixelSpacing): number {
  const x = (b.x - a.x) * spacing.betweenColumns;
  const y = (b.y - a.y) * spacing.betweenRows;
  return x * x + y * y;
}

function axesAlong(from: Vertex, to: Vertex, hull: readonly Vertex[], spacing: PixelSpacing): Candidate {
  const squareMm = squaredMm(from, to, spacing);
  const { betweenColumns: sx, betweenRows: sy } = spacing;
  const length = Math.sqrt(squareMm);
  // a single pixel is measured along its row
  const u = length === 0 ? { x: 1, y: 0 } : { x: ((to.x - from.x) * sx) / length, y: ((to.y - from.y) * sy) / length };
  let low = 0;
  let high = 0;
  let lowPlace = 0;
  let highPlace = 0;
  for (const vertex of hull) {
    const x = (vertex.x - from.x) * sx;
    const y = (vertex.y - from.y) * sy;
    const across = u.x * y - u.y * x;
    const place = u.x * x + u.y * y;
    if (across < low) [low, lowPlace] = [across, place];
    if (across > high) [high, highPlace] = [across, place];
  }
  return { from, squareMm, u, low, high, place: (lowPlace + highPlace) / 2 };
}

function asAxes(
  { from, squareMm, u, low, high, place }: Candidate,
  window: Window,
  spacing: PixelSpacing,
): MeasuredAxes {
  const least = LEAST_AXIS_PX * pixelMm(spacing);
  const longMm = Math.max(Math.sqrt(squareMm), least);
  const shortMm = Math.max(high - low, least);
  // where an axis was shorter than it may be, it grows to both sides
  const longGrowth = (longMm - Math.sqrt(squareMm)) / 2;
  const shortGrowth = (shortMm - (high - low)) / 2;
  const at = (along: number, across: number): PixelIndex =>
    pixelIndex(
      window.left + from.x + (along * u.x - across * u.y) / spacing.betweenColumns,
      window.top + from.y + (along * u.y + across * u.x) / spacing.betweenRows,
    );
  return {
    longAxis: [at(-longGrowth, 0), at(Math.sqrt(squareMm) + longGrowth, 0)],
    shortAxis: [at(place, low - shortGrowth), at(place, high + shortGrowth)],
    longAxisMm: mm(longMm),
    shortAxisMm: mm(shortMm),
  };
}
