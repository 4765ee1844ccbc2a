import { pixelIndex, type Mask, type Pair, type PixelIndex, type PixelMarks } from '../domain/index.js';
import type { Random } from './random.js';

/**
 * What a careful reader would draw on a lesion: the longest line between two of its outline pixels, and the longest one across it within two
 * degrees of the perpendicular. Brute force over outline pixels, since a phantom's lesions are few; each end is off by `jitterPx` (sd).
 */
export function marksOn(mask: Mask, jitterPx: number, random: Random): PixelMarks {
  const outline = outlinePixels(mask);
  const long = farthest(outline, () => true);
  const direction = Math.atan2(long[1].row - long[0].row, long[1].column - long[0].column);
  const short = farthest(outline, (a, b) => {
    const across = Math.atan2(b.row - a.row, b.column - a.column) - direction;
    return Math.abs(Math.cos(across)) < Math.sin((2 * Math.PI) / 180);
  });
  const drawn = ([a, b]: Pair<Point>): Pair<PixelIndex> => [jittered(a), jittered(b)];
  const jittered = (p: Point) => pixelIndex(p.column + jitterPx * random.normal(), p.row + jitterPx * random.normal());
  return { longAxis: drawn(long), shortAxis: drawn(short) };
}

interface Point {
  readonly column: number;
  readonly row: number;
}

function outlinePixels({ bits, columns }: Mask): Point[] {
  const points: Point[] = [];
  for (let p = 0; p < bits.length; p++)
    if (bits[p] === 1 && !(bits[p - 1] && bits[p + 1] && bits[p - columns] && bits[p + columns]))
      points.push({ column: p % columns, row: Math.floor(p / columns) });
  return points;
}

function farthest(points: readonly Point[], allowed: (a: Point, b: Point) => boolean): Pair<Point> {
  let best: Pair<Point> = [points[0]!, points[0]!];
  let longest = -1;
  for (let i = 0; i < points.length; i++)
    for (let j = i + 1; j < points.length; j++) {
      const length = (points[i]!.column - points[j]!.column) ** 2 + (points[i]!.row - points[j]!.row) ** 2;
      if (length > longest && allowed(points[i]!, points[j]!)) {
        longest = length;
        best = [points[i]!, points[j]!];
      }
    }
  return best;
}
