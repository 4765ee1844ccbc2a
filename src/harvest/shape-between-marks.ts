import type { KernelPool } from '../compute/index.js';
import {
  ok,
  pixelIndex,
  type LocatedMeasurement,
  type Mask,
  type Pair,
  type PixelIndex,
  type ReasonCode,
  type Result,
} from '../domain/index.js';

/** What of the slice the shape can reach, as a multiple of the distance between the marks' ends, and in pixels at least. */
const REACH = 0.75;
const LEAST_PX = 12;

/** The shape between the marks on the whole slice; the kernel sees only what the shape can reach, since it looks at no tissue. */
export async function shapeBetweenMarks(
  { slice, marks }: LocatedMeasurement,
  kernels: Pick<KernelPool, 'segment'>,
): Promise<Result<Mask, ReasonCode>> {
  const { hu, plane } = slice;
  const ends = [...marks.longAxis, ...(marks.shortAxis ?? [])];
  const [left, right] = reach(
    ends.map((end) => end.column),
    plane.columns,
  );
  const [top, bottom] = reach(
    ends.map((end) => end.row),
    plane.rows,
  );
  const [rows, columns] = [bottom - top, right - left];
  const piece = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    const from = (top + row) * plane.columns + left;
    piece.set(hu.subarray(from, from + columns), row * columns);
  }
  const moved = ([a, b]: Pair<PixelIndex>): Pair<PixelIndex> => [
    pixelIndex(a.column - left, a.row - top),
    pixelIndex(b.column - left, b.row - top),
  ];
  const shape = await kernels.segment({
    hu: piece,
    rows,
    columns,
    spacing: plane.spacing,
    marks: { longAxis: moved(marks.longAxis), shortAxis: marks.shortAxis && moved(marks.shortAxis) },
    method: 'superellipse',
  });
  if (!shape.ok) return shape;
  const bits = new Uint8Array(plane.rows * plane.columns);
  for (let row = 0; row < rows; row++)
    bits.set(shape.value.mask.bits.subarray(row * columns, (row + 1) * columns), (top + row) * plane.columns + left);
  return ok({ rows: plane.rows, columns: plane.columns, bits });

  function reach(places: readonly number[], size: number): readonly [number, number] {
    const span = Math.max(
      ...ends.map((a) => Math.max(...ends.map((b) => Math.hypot(a.column - b.column, a.row - b.row)))),
    );
    const more = LEAST_PX + REACH * span;
    return [Math.max(0, Math.floor(Math.min(...places) - more)), Math.min(size, Math.ceil(Math.max(...places) + more))];
  }
}
