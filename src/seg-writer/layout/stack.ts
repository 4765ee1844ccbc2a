import { dot, normalOf, type ImagePlane, type Vector3 } from '../../domain/index.js';

/** How the slices of a series, or of an object, lie to each other. */
export type Stack =
  | { readonly kind: 'one-position' }
  /** Parallel planes on `first + k * step * normal`; `step` in millimetres. A missing slice leaves a gap, which is still a volume. */
  | { readonly kind: 'volume'; readonly stepMm: number }
  /** Tilted gantry, irregular steps, or two slices at one position. */
  | { readonly kind: 'no-volume' };

/** How far a slice may lie from its place in a volume; what rounding of positions makes of a regular stack stays far below. */
export const PLACE_TOLERANCE_MM = 0.01;

/** Planes of equal orientation, in any order. */
export function stackOf(planes: readonly ImagePlane[]): Stack {
  const [first] = planes;
  if (!first) return { kind: 'no-volume' };
  const normal = normalOf(first);
  const offsets = planes.map(({ position: p }): Vector3 => [
    p.x - first.position.x,
    p.y - first.position.y,
    p.z - first.position.z,
  ]);
  const along = offsets.map((offset) => dot(offset, normal)).sort((a, b) => a - b);
  if (along.length === 1) return { kind: 'one-position' };
  const gaps = along.slice(1).map((place, i) => place - along[i]!);
  const smallest = Math.min(...gaps);
  if (smallest <= PLACE_TOLERANCE_MM) return { kind: 'no-volume' };
  // Steps are counted gap by gap and divided out of the whole length, so that the rounding of one position does not grow along the stack.
  const steps = gaps.reduce((count, gap) => count + Math.round(gap / smallest), 0);
  const stepMm = (along.at(-1)! - along[0]!) / steps;
  return liesOnGrid(offsets, normal, stepMm) ? { kind: 'volume', stepMm } : { kind: 'no-volume' };
}

/** Whether every offset from one of the slices is a whole number of steps along the normal and nothing beside it. */
export function liesOnGrid(offsets: readonly Vector3[], normal: Vector3, stepMm: number): boolean {
  return offsets.every((offset) => {
    const distance = dot(offset, normal);
    const place = Math.round(distance / stepMm) * stepMm;
    const rest: Vector3 = [offset[0] - place * normal[0], offset[1] - place * normal[1], offset[2] - place * normal[2]];
    return Math.hypot(...rest) <= PLACE_TOLERANCE_MM;
  });
}
