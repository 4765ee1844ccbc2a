import type { Mask } from '../../domain/index.js';

/** A corner of pixels, as SCOORD has it: 0\0 is the top left corner of the first pixel. */
export interface Corner {
  readonly column: number;
  readonly row: number;
}

/**
 * The outline of a mask along the edges of its pixels, closed (the last point is the first), corners only: the outer edge of the part that
 * encloses most. Holes and smaller parts are left out, since a region on an image is one line. The mask has a pixel.
 */
export function outlineOf(mask: Mask): readonly Corner[] {
  const next = directedEdges(mask);
  let outline: readonly Corner[] = [];
  let most = 0;
  while (next.size > 0) {
    const loop = takeLoop(next, mask.columns + 1);
    const area = enclosedBy(loop);
    if (area > most) {
      most = area;
      outline = loop;
    }
  }
  return outline;
}

/** Edges between a pixel and what is not of the mask, with the pixel on the right hand: from corner to corners (two where parts touch). */
function directedEdges({ rows, columns, bits }: Mask): Map<number, number[]> {
  const width = columns + 1;
  const next = new Map<number, number[]>();
  const isSet = (row: number, column: number): boolean =>
    row >= 0 && row < rows && column >= 0 && column < columns && bits[row * columns + column] === 1;
  const add = (from: number, to: number): void => {
    const already = next.get(from);
    if (already) already.push(to);
    else next.set(from, [to]);
  };
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      if (!isSet(row, column)) continue;
      const corner = row * width + column;
      if (!isSet(row - 1, column)) add(corner, corner + 1);
      if (!isSet(row, column + 1)) add(corner + 1, corner + 1 + width);
      if (!isSet(row + 1, column)) add(corner + 1 + width, corner + width);
      if (!isSet(row, column - 1)) add(corner + width, corner);
    }
  return next;
}

/** Follows edges from the first corner back to it and takes them out. Where two parts touch at a corner it turns right, and stays on its part. */
function takeLoop(next: Map<number, number[]>, width: number): readonly Corner[] {
  const [start] = next.keys();
  const corners: number[] = [];
  let at = start!;
  let step = 0;
  do {
    const ways = next.get(at)!;
    const turn = ways.length === 1 ? 0 : Math.max(0, ways.indexOf(at + rightOf(step, width)));
    const to = ways[turn]!;
    if (ways.length === 1) next.delete(at);
    else ways.splice(turn, 1);
    if (to - at !== step) corners.push(at);
    step = to - at;
    at = to;
  } while (at !== start);
  return [...corners, corners[0]!].map((corner) => ({ column: corner % width, row: Math.floor(corner / width) }));
}

/** A step turned right by 90 degrees: to the right of a step along the row is one down. */
function rightOf(step: number, width: number): number {
  if (step === 1) return width;
  if (step === width) return -1;
  return step === -1 ? -width : 1;
}

/** Twice the area, positive for outer edges. */
function enclosedBy(loop: readonly Corner[]): number {
  let sum = 0;
  for (let i = 1; i < loop.length; i++) {
    const a = loop[i - 1]!;
    const b = loop[i]!;
    sum += a.column * b.row - b.column * a.row;
  }
  return sum;
}
