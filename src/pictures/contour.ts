import type { Mask } from '../domain/index.js';

/** A corner of the pixel grid: 0,0 is the top left corner of the first pixel. */
export interface Corner {
  readonly x: number;
  readonly y: number;
}

/**
 * The outlines of a mask along the edges of its pixels: closed polygons with the mask on the right hand, holes included; straight runs are one
 * edge. What is drawn is exactly what is stored: nothing is smoothed.
 */
export function outlinesOf(mask: Mask): readonly (readonly Corner[])[] {
  const { rows, columns, bits } = mask;
  const set = (row: number, column: number) =>
    row >= 0 && column >= 0 && row < rows && column < columns && bits[row * columns + column] === 1;
  const width = columns + 1;
  // directed edges from corner to corner, keyed by their start; two may start at a corner where pixels touch diagonally
  const next = new Map<number, number[]>();
  const edge = (fromX: number, fromY: number, toX: number, toY: number) => {
    const from = fromY * width + fromX;
    const list = next.get(from);
    if (list) list.push(toY * width + toX);
    else next.set(from, [toY * width + toX]);
  };
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      if (!set(row, column)) continue;
      if (!set(row - 1, column)) edge(column, row, column + 1, row);
      if (!set(row, column + 1)) edge(column + 1, row, column + 1, row + 1);
      if (!set(row + 1, column)) edge(column + 1, row + 1, column, row + 1);
      if (!set(row, column - 1)) edge(column, row + 1, column, row);
    }
  const outlines: Corner[][] = [];
  for (const start of [...next.keys()].sort((a, b) => a - b)) {
    while (next.get(start)?.length) {
      const corners: number[] = [start];
      let at = next.get(start)!.pop()!;
      while (at !== start) {
        corners.push(at);
        at = next.get(at)!.pop()!;
      }
      outlines.push(withoutStraight(corners.map((c) => ({ x: c % width, y: Math.floor(c / width) }))));
    }
  }
  return outlines;
}

function withoutStraight(corners: readonly Corner[]): Corner[] {
  return corners.filter((corner, i) => {
    const before = corners[(i - 1 + corners.length) % corners.length]!;
    const after = corners[(i + 1) % corners.length]!;
    return (corner.x - before.x) * (after.y - corner.y) !== (corner.y - before.y) * (after.x - corner.x);
  });
}
