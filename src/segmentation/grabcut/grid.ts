/**
 * A window of a slice, laid out row by row with a border of one dead pixel on every side: each pixel that counts has eight neighbours in
 * memory, so no loop tests bounds. Pixel (column, row) of the window is index (row + 1) * stride + column + 1.
 */
export interface GridPlan {
  readonly width: number;
  readonly height: number;
  /** width + 2 */
  readonly stride: number;
  /** Padded pixels: stride * (height + 2). */
  readonly pixels: number;
  /** Arc d of pixel p leads to p + step[d]; its reverse is arc 7 - d. Row by row: three above, left, right, three below. */
  readonly step: Int32Array;
  /** Length of arc d in units of sqrt(pixel area): 1 and sqrt(2) where pixels are square. */
  readonly arcLength: Float64Array;
  /** 8 numbers each for trees 0, 1 (source) and 2 (sink): where, from 8 * p on, the capacity stands by which the tree of p grows along arc d. */
  readonly growth: Int32Array;
}

/** Spacings may be in any unit: only their ratio counts. */
export function gridPlan(width: number, height: number, betweenColumns = 1, betweenRows = 1): GridPlan {
  const stride = width + 2;
  const unit = Math.sqrt(betweenColumns * betweenRows);
  const across = betweenColumns / unit;
  const down = betweenRows / unit;
  const diagonal = Math.sqrt(across * across + down * down);
  const step = Int32Array.of(-stride - 1, -stride, -stride + 1, -1, 1, stride - 1, stride, stride + 1);
  return {
    width,
    height,
    stride,
    pixels: stride * (height + 2),
    step,
    arcLength: Float64Array.of(diagonal, down, diagonal, across, across, diagonal, down, diagonal),
    // flow comes from the source along the arc, and goes to the sink against it
    growth: Int32Array.from({ length: 24 }, (_, i) => (i < 16 ? i % 8 : 8 * step[i - 16]! + 7 - (i - 16))),
  };
}
