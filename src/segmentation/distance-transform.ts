/**
 * Exact squared Euclidean distance of every pixel to the nearest pixel of a set (Felzenszwalb and Huttenlocher, Theory of Computing 8, 2012):
 * lower envelopes of parabolas, first along the rows, then along the columns. `set` is width x height, row-major, 0 or not 0. Distances are in
 * the unit of the two steps (1 and 1 for pixels); Infinity everywhere where the set is empty.
 */
export function squaredDistances(
  set: Uint8Array,
  width: number,
  height: number,
  betweenColumns = 1,
  betweenRows = 1,
): Float64Array {
  const square = new Float64Array(width * height);
  for (let p = 0; p < square.length; p++) square[p] = set[p] ? 0 : Infinity;
  const scratch = createEnvelope(Math.max(width, height));
  for (let row = 0; row < height; row++) transformLine(square, row * width, 1, width, betweenColumns, scratch);
  for (let column = 0; column < width; column++) transformLine(square, column, width, height, betweenRows, scratch);
  return square;
}

interface Envelope {
  /** Values of the line before it is overwritten. */
  readonly value: Float64Array;
  /** Positions of the parabolas of the envelope, left to right, and where each begins to be the lowest. */
  readonly parabola: Int32Array;
  readonly from: Float64Array;
}

const createEnvelope = (length: number): Envelope => ({
  value: new Float64Array(length),
  parabola: new Int32Array(length),
  from: new Float64Array(length),
});

function transformLine(
  square: Float64Array,
  start: number,
  stride: number,
  length: number,
  step: number,
  { value, parabola, from }: Envelope,
): void {
  for (let i = 0; i < length; i++) value[i] = square[start + i * stride]!;

  // build the envelope; positions and crossings in steps
  const scale = step * step;
  let last = -1;
  for (let i = 0; i < length; i++) {
    if (value[i] === Infinity) continue;
    let crossing = -Infinity;
    while (last >= 0) {
      const j = parabola[last]!;
      crossing = (value[i]! - value[j]!) / (2 * scale * (i - j)) + (i + j) / 2;
      if (crossing > from[last]!) break;
      last--;
      crossing = -Infinity;
    }
    last++;
    parabola[last] = i;
    from[last] = crossing;
  }
  if (last < 0) return;

  // read it off
  let k = 0;
  for (let i = 0; i < length; i++) {
    while (k < last && from[k + 1]! < i) k++;
    const off = (i - parabola[k]!) * step;
    square[start + i * stride] = off * off + value[parabola[k]!]!;
  }
}
