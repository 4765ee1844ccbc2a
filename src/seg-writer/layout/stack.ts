import { dot, normalOf, type ImagePlane, type Vector3 } from '../../domain/index.js';
import { stackOf } from '../../dicom/index.js';

/** How far a slice may lie from its place in a volume; what rounding of positions makes of a regular stack stays below. */
export const PLACE_TOLERANCE_MM = 0.01;

/** Finer steps than any scanner reconstructs are no step. */
const FINEST_STEP_MM = 0.5;

/**
 * The distance of neighbouring slices where they form a volume (every position is first + k * step * normal); undefined for one position, a tilted
 * gantry, irregular steps, or two slices at one position. `known` are the slices of the whole series, if they are known: then they decide.
 * Otherwise the slices at hand are a sample of a series, and the widest step that fits them all is taken: readers place them by it exactly.
 */
export function stepOf(slices: readonly ImagePlane[], known: readonly ImagePlane[]): number | undefined {
  const unlisted = slices.filter((slice) => !known.some((plane) => distanceOf(plane, slice) <= PLACE_TOLERANCE_MM));
  const stack = stackOf([...known, ...unlisted]);
  if (stack.kind === 'regular' || stack.kind === 'gaps') return stack.step;
  return stack.kind === 'irregular' && known.length === 0 ? commonStep(slices, stack.order) : undefined;
}

function commonStep(slices: readonly ImagePlane[], order: readonly number[]): number | undefined {
  const first = slices[order[0]!]!;
  const normal = normalOf(first);
  const heights = order.map((index) => dot(offsetOf(first, slices[index]!), normal));
  const smallest = Math.min(...heights.slice(1).map((height, i) => height - heights[i]!));
  for (let parts = 1; smallest / parts >= FINEST_STEP_MM; parts++) {
    // counted out over the whole length, so that the rounding of one position does not grow along the stack
    const whole = heights.at(-1)!;
    const step = whole / Math.round(whole / (smallest / parts));
    if (formVolume(slices, step)) return step;
  }
  return undefined;
}

/** Whether slices of one orientation lie on first + k * step * normal, each within the tolerance and each on its own place. */
export function formVolume(slices: readonly ImagePlane[], stepMm: number): boolean {
  const normal = normalOf(slices[0]!);
  const offsets = slices.map((slice) => offsetOf(slices[0]!, slice));
  const places = new Set(offsets.map((offset) => Math.round(dot(offset, normal) / stepMm)));
  return places.size === slices.length && liesOnGrid(offsets, normal, stepMm);
}

/** Whether every offset from one of the slices is a whole number of steps along the normal and nothing beside it. */
export function liesOnGrid(offsets: readonly Vector3[], normal: Vector3, stepMm: number): boolean {
  return offsets.every((offset) => {
    const place = Math.round(dot(offset, normal) / stepMm) * stepMm;
    const x = offset[0] - place * normal[0];
    const y = offset[1] - place * normal[1];
    const z = offset[2] - place * normal[2];
    return Math.sqrt(x * x + y * y + z * z) <= PLACE_TOLERANCE_MM;
  });
}

const offsetOf = ({ position: from }: ImagePlane, { position: to }: ImagePlane): Vector3 => [
  to.x - from.x,
  to.y - from.y,
  to.z - from.z,
];

const distanceOf = (a: ImagePlane, b: ImagePlane): number => Math.hypot(...offsetOf(a, b));
