import { dot, mm, normalOf, type ImagePlane, type Mm, type Vector3 } from '../../domain/index.js';

/**
 * How slices lie on each other. `order` sorts the planes along the normal of the first (positions into the list that was given).
 *
 * - `regular`: positions are p0 + k * step * normal.
 * - `gaps`: the same, with slices missing.
 * - `single`: fewer than two planes; nothing is known about a step.
 * - `duplicate`: two planes lie at one distance.
 * - `sheared`: neighbours are shifted within the plane (gantry tilt): no volume without resampling.
 * - `irregular`: the distances have no common step.
 * - `mixed`: orientations or frames of reference differ.
 */
export type SliceStack =
  | { readonly kind: 'regular' | 'gaps'; readonly step: Mm; readonly order: readonly number[] }
  | { readonly kind: 'single' | 'duplicate' | 'irregular'; readonly order: readonly number[] }
  | { readonly kind: 'sheared'; readonly order: readonly number[]; /** In the plane, a slice. */ readonly shift: Mm }
  | { readonly kind: 'mixed' };

/** Beyond this readers that assume a volume put slices elsewhere than the header says. */
const POSITION_TOLERANCE_MM = 0.01;
/** A distance counts as a multiple of the step within this share. */
const MULTIPLE_TOLERANCE = 0.01;
const DIRECTION_TOLERANCE = 1e-4;

/** The arrangement of slices, from ImagePositionPatient alone: SliceLocation and SpacingBetweenSlices are often wrong. */
export function stackOf(planes: readonly ImagePlane[]): SliceStack {
  const first = planes[0];
  if (first === undefined) return { kind: 'single', order: [] };
  if (!planes.every((plane) => isParallel(plane, first))) return { kind: 'mixed' };

  const normal = normalOf(first);
  const offsets = planes.map((plane) => offsetOf(plane, first));
  const heights = offsets.map((offset) => dot(offset, normal));
  const order = planes.map((_, index) => index).sort((a, b) => heights[a]! - heights[b]! || a - b);
  if (planes.length === 1) return { kind: 'single', order };

  const distances = order.slice(1).map((index, i) => heights[index]! - heights[order[i]!]!);
  const smallest = Math.min(...distances);
  if (smallest <= POSITION_TOLERANCE_MM) return { kind: 'duplicate', order };

  const multiples = distances.map((distance) => Math.round(distance / smallest));
  const span = multiples.reduce((sum, multiple) => sum + multiple, 0);
  const total = heights[order.at(-1)!]! - heights[order[0]!]!;
  const step = total / span;

  const shift = largestShift(order, offsets, normal, multiples);
  if (shift > POSITION_TOLERANCE_MM) return { kind: 'sheared', order, shift: mm(shift) };
  if (!isCommonStep(step, distances, multiples)) return { kind: 'irregular', order };
  return { kind: multiples.every((multiple) => multiple === 1) ? 'regular' : 'gaps', step: mm(step), order };
}

function isParallel(plane: ImagePlane, first: ImagePlane): boolean {
  return (
    plane.frameOfReferenceUID === first.frameOfReferenceUID &&
    dot(plane.rowDirection, first.rowDirection) > 1 - DIRECTION_TOLERANCE ** 2 &&
    dot(plane.columnDirection, first.columnDirection) > 1 - DIRECTION_TOLERANCE ** 2
  );
}

/** Every distance is a multiple of the step, and no slice lies elsewhere than first + k * step. */
function isCommonStep(step: number, distances: readonly number[], multiples: readonly number[]): boolean {
  let height = 0;
  let slices = 0;
  return distances.every((distance, i) => {
    const multiple = multiples[i]!;
    height += distance;
    slices += multiple;
    return (
      Math.abs(distance - multiple * step) <= MULTIPLE_TOLERANCE * distance &&
      Math.abs(height - slices * step) <= POSITION_TOLERANCE_MM
    );
  });
}

/** The largest movement within the plane between neighbours, a step; 0 where the slices lie exactly above each other. */
function largestShift(
  order: readonly number[],
  offsets: readonly Vector3[],
  normal: Vector3,
  multiples: readonly number[],
): number {
  let largest = 0;
  for (let i = 1; i < order.length; i++) {
    const from = offsets[order[i - 1]!]!;
    const to = offsets[order[i]!]!;
    const move: Vector3 = [to[0] - from[0], to[1] - from[1], to[2] - from[2]];
    const along = dot(move, normal);
    const within = Math.sqrt(Math.max(0, dot(move, move) - along * along));
    largest = Math.max(largest, within / multiples[i - 1]!);
  }
  return largest;
}

const offsetOf = (plane: ImagePlane, first: ImagePlane): Vector3 => [
  plane.position.x - first.position.x,
  plane.position.y - first.position.y,
  plane.position.z - first.position.z,
];
