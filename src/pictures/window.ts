import type { HuSlice, ImagePlane } from '../domain/index.js';

/** What of a slice can be seen: its pixels and their number. A slice without place in a patient can be shown too. */
export interface ShownSlice extends Pick<HuSlice, 'hu'> {
  readonly plane: Pick<ImagePlane, 'rows' | 'columns'>;
}

/** What is shown of the Hounsfield scale (PS3.3 C.11.2.1.2, linear). */
export interface Window {
  readonly centreHu: number;
  readonly widthHu: number;
}

export const WINDOWS = {
  soft: { centreHu: 40, widthHu: 400 },
  lung: { centreHu: -500, widthHu: 1500 },
  bone: { centreHu: 400, widthHu: 1800 },
} as const satisfies Record<string, Window>;

/** A rectangle of whole pixels; `column` and `row` are its first pixel. */
export interface Region {
  readonly column: number;
  readonly row: number;
  readonly columns: number;
  readonly rows: number;
}

export const wholeSlice = (slice: ShownSlice): Region => ({
  column: 0,
  row: 0,
  columns: slice.plane.columns,
  rows: slice.plane.rows,
});

/** The window in which a region is read: lung where much of it is air, soft tissue otherwise. */
export function windowFor(slice: ShownSlice, region: Region): Window {
  let air = 0;
  for (let row = region.row; row < region.row + region.rows; row++)
    for (let column = region.column; column < region.column + region.columns; column++)
      if (slice.hu[row * slice.plane.columns + column]! < -500) air++;
  return air > 0.2 * region.rows * region.columns ? WINDOWS.lung : WINDOWS.soft;
}

/** Grey levels 0 to 255 of a region, by the linear function of PS3.3 C.11.2.1.2.1. */
export function greyLevels(slice: ShownSlice, region: Region, window: Window): Uint8Array {
  const grey = new Uint8Array(region.rows * region.columns);
  for (let row = 0; row < region.rows; row++)
    for (let column = 0; column < region.columns; column++) {
      const hu = slice.hu[(region.row + row) * slice.plane.columns + region.column + column]!;
      grey[row * region.columns + column] = Math.max(
        0,
        Math.min(255, Math.round(((hu - (window.centreHu - 0.5)) / (window.widthHu - 1) + 0.5) * 255)),
      );
    }
  return grey;
}
