/**
 * Which of the lines drawn on an image may be axes? Workstations draw ticks on a line's middle or ends, arrow heads and angles with the same
 * polylines (an Agfa arrow is a polyline of two points and one of three; a line has a small tick at its middle).
 */
import type { ImageReference } from '../../domain/index.js';
import type { Line, Point } from '../graphics.js';
import { couldBeAxes, lengthOf } from '../line-geometry.js';
import { sameImage } from '../image-references.js';

export interface DrawnLine {
  readonly line: Line;
  readonly where: string;
}

const LEAST_PX = 5;
const SAME_POINT_PX = 0.5;
const ON_POINT_PX = 1;
/** A short axis this short beside its long axis is not seen in lesions; a tick is. */
const TICK_OF_LINE = 0.25;

/** Lines that may be axes, and those that only belong to another drawing. */
export interface SortedLines {
  readonly candidates: readonly DrawnLine[];
  readonly ornaments: readonly DrawnLine[];
}

/** @param drawn lines of one image; repeated ones count once */
export function withoutOrnaments(
  drawn: readonly DrawnLine[],
  corners: readonly { readonly point: Point; readonly images: readonly ImageReference[] }[],
): SortedLines {
  const lines = drawn.filter(({ line }, i) => !drawn.slice(0, i).some((other) => isSameLine(line, other.line)));
  const mayBeAxis = ({ line }: DrawnLine): boolean =>
    lengthOf(line) >= LEAST_PX &&
    !lines.some((other) => other.line !== line && (sharesEnd(line, other.line) || isTickOn(line, other.line))) &&
    !corners.some((corner) => touches(line, corner));
  const candidates = lines.filter(mayBeAxis);
  return { candidates, ornaments: lines.filter((line) => !candidates.includes(line)) };
}

const distance = (a: Point, b: Point): number => Math.hypot(a[0] - b[0], a[1] - b[1]);

const isSameLine = ({ ends: [a, b] }: Line, { ends: [c, d] }: Line): boolean =>
  (distance(a, c) < SAME_POINT_PX && distance(b, d) < SAME_POINT_PX) ||
  (distance(a, d) < SAME_POINT_PX && distance(b, c) < SAME_POINT_PX);

/** Arms of an angle, or an arrow's shaft and head: then neither is an axis. */
const sharesEnd = (line: Line, other: Line): boolean =>
  line.ends.some((a) => other.ends.some((b) => distance(a, b) < SAME_POINT_PX));

function touches(line: Line, corner: { readonly point: Point; readonly images: readonly ImageReference[] }): boolean {
  const [image] = line.images;
  return (
    image !== undefined &&
    corner.images.some((other) => sameImage(image, other)) &&
    line.ends.some((end) => distance(end, corner.point) < SAME_POINT_PX)
  );
}

const middleOf = ({ ends: [a, b] }: Line): Point => [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2, 0];

/** A line whose middle is another's end is no axis of anything, an axis crosses inside; on another's middle it must be very short as well. */
function isTickOn(line: Line, other: Line): boolean {
  const [length, whole] = [lengthOf(line), lengthOf(other)];
  if (length >= whole) return false;
  const middle = middleOf(line);
  if (other.ends.some((end) => distance(middle, end) < ON_POINT_PX)) return true;
  return length <= TICK_OF_LINE * whole && distance(middle, middleOf(other)) < ON_POINT_PX;
}

/**
 * Pairs of lines that could be axes where several lesions lie across each other: among lines that all hang together by crossings, those drawn one
 * after the other belong together, if that leaves none over.
 *
 * @returns pairs, and the lines that are in none
 */
export function pairsByDrawingOrder(lines: readonly DrawnLine[]): readonly (readonly DrawnLine[])[] {
  const left = new Set(lines);
  const groups: (readonly DrawnLine[])[] = [];
  for (const first of lines) {
    if (!left.delete(first)) continue;
    const together = [first];
    for (const at of together)
      for (const other of [...left])
        if (couldBeAxes(at.line, other.line)) {
          left.delete(other);
          together.push(other);
        }
    const inOrder = lines.filter((line) => together.includes(line));
    const pairs = inOrder.filter((_, i) => i % 2 === 0).map((_, i) => inOrder.slice(2 * i, 2 * i + 2));
    const isPerfect = pairs.every(([a, b]) => a && b && couldBeAxes(a.line, b.line));
    groups.push(...(isPerfect ? pairs : inOrder.map((line) => [line])));
  }
  return groups;
}
