/** How do two lines lie to each other? In pixels of one image or millimetres of the patient; both are points of three numbers here. */
import { cross, dot, type Vector3 } from '../domain/index.js';
import type { Line, Point } from './graphics.js';

export interface Crossing {
  /** Where the lines come nearest, as a fraction of each: 0 and 1 are its ends. */
  readonly alongFirst: number;
  readonly alongSecond: number;
  /** Distance between the lines there; 0 on an image. */
  readonly gap: number;
  /** Angle between the lines, 0 to 90 degrees. */
  readonly degrees: number;
}

/** RECIST asks for perpendicular axes; real ones are within 14 degrees in 99 of 100. */
export const MOST_DEGREES_OFF_PERPENDICULAR = 25;

/** Real axes cross inside both, or miss by little: up to this fraction of the missed axis. */
export const MOST_MISS = 0.15;

/** Ends of patient coordinates are float32 and drawn by hand on a tilted plane: what is this near is one plane. */
const MOST_GAP_MM = 1;

export const difference = (a: Point, b: Point): Vector3 => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];

export const lengthOf = (line: Line): number => Math.hypot(...difference(line.ends[1], line.ends[0]));

/** Undefined for parallel lines and lines without length. */
export function crossingOf(first: Line, second: Line): Crossing | undefined {
  if (first.space !== second.space) return undefined;
  const u = difference(first.ends[1], first.ends[0]);
  const v = difference(second.ends[1], second.ends[0]);
  const between = difference(second.ends[0], first.ends[0]);
  const normal = cross(u, v);
  const squared = dot(normal, normal);
  const sine = Math.sqrt(squared) / (Math.hypot(...u) * Math.hypot(...v));
  if (!(sine > 1e-6)) return undefined;
  return {
    alongFirst: dot(cross(between, v), normal) / squared,
    alongSecond: dot(cross(between, u), normal) / squared,
    gap: Math.abs(dot(between, normal)) / Math.sqrt(squared),
    degrees: (Math.asin(Math.min(1, sine)) * 180) / Math.PI,
  };
}

/** Whether two lines cross, allowing each to be missed by a fraction of its length. */
export function crossingWithin(first: Line, second: Line, miss: number): Crossing | undefined {
  const crossing = crossingOf(first, second);
  if (!crossing || crossing.gap > MOST_GAP_MM) return undefined;
  const inside = (along: number): boolean => along >= -miss && along <= 1 + miss;
  return inside(crossing.alongFirst) && inside(crossing.alongSecond) ? crossing : undefined;
}

/** Whether two lines could be the axes of one lesion: they cross inside both, near enough to a right angle. */
export function couldBeAxes(first: Line, second: Line): boolean {
  const crossing = crossingWithin(first, second, 0);
  return crossing !== undefined && crossing.degrees >= 90 - MOST_DEGREES_OFF_PERPENDICULAR;
}
