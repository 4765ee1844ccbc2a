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
}

/** Spacings may be in any unit: only their ratio counts. */
export function gridPlan(width: number, height: number, betweenColumns = 1, betweenRows = 1): GridPlan {
  const stride = width + 2;
  const unit = Math.sqrt(betweenColumns * betweenRows);
  const across = betweenColumns / unit;
  const down = betweenRows / unit;
  const diagonal = Math.sqrt(across * across + down * down);
  return {
    width,
    height,
    stride,
    pixels: stride * (height + 2),
    step: Int32Array.of(-stride - 1, -stride, -stride + 1, -1, 1, stride - 1, stride, stride + 1),
    arcLength: Float64Array.of(diagonal, down, diagonal, across, across, diagonal, down, diagonal),
  };
}
