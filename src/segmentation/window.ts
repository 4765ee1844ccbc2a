import type { PixelSpacing } from '../domain/index.js';
import type { LesionFrame } from './lesion-frame.js';

/** A rectangle of whole pixels of a slice. */
export interface Window {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

interface SliceSize {
  readonly rows: number;
  readonly columns: number;
}

/** Least window around everything with rho <= `rho`, plus `margin` pixels, cut to the slice. It may be empty only for a frame off the slice. */
export function windowAround(
  frame: LesionFrame,
  rho: number,
  margin: number,
  spacing: PixelSpacing,
  size: SliceSize,
): Window {
  const { origin, centre, along, across, forward, backward, left, right } = frame;
  const middle = { x: origin.x + centre.x / spacing.betweenColumns, y: origin.y + centre.y / spacing.betweenRows };
  // an oblique ellipse with half-axes p and q reaches sqrt(p_x^2 + q_x^2) in x
  const reach = (p: number, q: number): number => rho * Math.sqrt(p * p + q * q);
  const length = Math.max(forward, backward);
  const breadth = Math.max(left, right);
  const x = reach(length * along.x, breadth * across.x) / spacing.betweenColumns + margin;
  const y = reach(length * along.y, breadth * across.y) / spacing.betweenRows + margin;
  return cutToSlice({ left: middle.x - x, right: middle.x + x, top: middle.y - y, bottom: middle.y + y }, size);
}

/** Whole pixels whose centres lie between the edges, as far as the slice has them. */
export function cutToSlice(
  edges: { left: number; right: number; top: number; bottom: number },
  { rows, columns }: SliceSize,
): Window {
  const left = Math.max(0, Math.ceil(edges.left - EDGE_SLACK));
  const top = Math.max(0, Math.ceil(edges.top - EDGE_SLACK));
  const right = Math.min(columns - 1, Math.floor(edges.right + EDGE_SLACK));
  const bottom = Math.min(rows - 1, Math.floor(edges.bottom + EDGE_SLACK));
  return { left, top, width: Math.max(0, right - left + 1), height: Math.max(0, bottom - top + 1) };
}

/** An edge that is meant to lie on a pixel centre counts it in, whatever the last bit says. */
const EDGE_SLACK = 1e-6;
