import { px, type Mm, type Px } from './units.js';

/** Centre of the first pixel is 0,0: the space in which everything of ours is computed. */
export interface PixelIndex {
  readonly space: 'pixel-index';
  readonly column: Px;
  readonly row: Px;
}
/** SCOORD: 0\0 is the top left corner of the first pixel, its centre is 0.5\0.5 (PS3.3 table C.18.6-1). */
export interface ImagePoint {
  readonly space: 'image-point';
  readonly column: Px;
  readonly row: Px;
}
/** Patient coordinates, LPS, of one frame of reference. */
export interface PatientPoint {
  readonly space: 'patient';
  readonly x: Mm;
  readonly y: Mm;
  readonly z: Mm;
}

export const pixelIndex = (column: number, row: number): PixelIndex => ({
  space: 'pixel-index',
  column: px(column),
  row: px(row),
});
export const imagePoint = (column: number, row: number): ImagePoint => ({
  space: 'image-point',
  column: px(column),
  row: px(row),
});
export const patientPoint = (x: number, y: number, z: number): PatientPoint => ({
  space: 'patient',
  x: x as Mm,
  y: y as Mm,
  z: z as Mm,
});

/** The only ways between corner-based and centre-based coordinates. */
export const toPixelIndex = (p: ImagePoint): PixelIndex => pixelIndex(p.column - 0.5, p.row - 0.5);
export const toImagePoint = (p: PixelIndex): ImagePoint => imagePoint(p.column + 0.5, p.row + 0.5);

export type Pair<T> = readonly [T, T];
