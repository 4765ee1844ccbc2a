import { onSliceAxis, type PatchGeometry } from './patch-geometry.js';

interface HuImage {
  readonly hu: Float32Array;
  readonly rows: number;
  readonly columns: number;
}

/** What CT has. */
const LOWEST_HU = -1024;
const HIGHEST_HU = 3071;
/** Sub-samples a side at most: a patch pixel of more than eight pixels of the slice is not averaged over all of them. */
const MOST_SAMPLES = 8;
/** A pitch that is meant to be so many pixels is, whatever the last bit says. */
const SLACK = 1e-6;

/**
 * The slice's HU on the patch's grid: bilinear between pixel centres, beyond the edge of the slice its outermost pixels. Where a patch pixel is
 * larger than one of the slice, the mean of samples at the centres of its sub-squares, so that nothing is stepped over.
 */
export function resampleHu({ hu, rows, columns }: HuImage, geometry: PatchGeometry): Float32Array {
  const { sizePx, centre, spacing } = geometry;
  const each = samplesASide(geometry);
  const across = axisSamples(geometry, centre.x, spacing.betweenColumns, columns, each);
  const down = axisSamples(geometry, centre.y, spacing.betweenRows, rows, each);
  const patch = new Float32Array(sizePx * sizePx);
  for (let j = 0, p = 0; j < sizePx; j++)
    for (let i = 0; i < sizePx; i++, p++) {
      let sum = 0;
      for (let n = j * each; n < (j + 1) * each; n++) {
        const upper = down.low[n]! * columns;
        const lower = down.high[n]! * columns;
        const v = down.part[n]!;
        for (let m = i * each; m < (i + 1) * each; m++) {
          const left = across.low[m]!;
          const right = across.high[m]!;
          const u = across.part[m]!;
          const above = clipped(hu[upper + left]!) * (1 - u) + clipped(hu[upper + right]!) * u;
          const below = clipped(hu[lower + left]!) * (1 - u) + clipped(hu[lower + right]!) * u;
          sum += above * (1 - v) + below * v;
        }
      }
      patch[p] = sum / (each * each);
    }
  return patch;
}

function samplesASide({ pitchMm, spacing: { betweenRows, betweenColumns } }: PatchGeometry): number {
  if (pitchMm <= Math.max(betweenRows, betweenColumns)) return 1;
  return Math.min(MOST_SAMPLES, Math.ceil(pitchMm / Math.min(betweenRows, betweenColumns) - SLACK));
}

/** The two pixels of the slice that each sample of an axis lies between, and how near it is to the second. */
interface AxisSamples {
  readonly low: Int32Array;
  readonly high: Int32Array;
  readonly part: Float64Array;
}

function axisSamples(
  geometry: PatchGeometry,
  centrePx: number,
  spacingMm: number,
  pixels: number,
  each: number,
): AxisSamples {
  const samples = geometry.sizePx * each;
  const [low, high] = [new Int32Array(samples), new Int32Array(samples)];
  const part = new Float64Array(samples);
  for (let s = 0; s < samples; s++) {
    // sample s is (s + 0.5) / each patch pixels from the patch's edge
    const position = onSliceAxis(geometry, centrePx, spacingMm, (s + 0.5) / each - 0.5);
    const inside = Math.min(pixels - 1, Math.max(0, position));
    low[s] = Math.floor(inside);
    high[s] = Math.min(pixels - 1, low[s]! + 1);
    part[s] = inside - low[s]!;
  }
  return { low, high, part };
}

const clipped = (hu: number): number => (hu < LOWEST_HU ? LOWEST_HU : hu > HIGHEST_HU ? HIGHEST_HU : hu);
