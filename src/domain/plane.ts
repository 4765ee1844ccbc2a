import { patientPoint, pixelIndex, type Pair, type PatientPoint, type PixelIndex } from './points.js';
import type { FrameOfReferenceUid } from './uids.js';
import { mm, type Mm } from './units.js';

export type Vector3 = readonly [number, number, number];

/** PixelSpacing's order (rows first, PS3.3 10.7.1.3) is the field's commonest bug, so the two distances have names. */
export interface PixelSpacing {
  /** Between the centres of adjacent rows: the first value of PixelSpacing. */
  readonly betweenRows: Mm;
  /** Between the centres of adjacent columns: the second value. */
  readonly betweenColumns: Mm;
}

/** Where one image or frame lies in the patient (PS3.3 C.7.6.2). */
export interface ImagePlane {
  readonly rows: number;
  readonly columns: number;
  readonly spacing: PixelSpacing;
  /** ImagePositionPatient: centre of the first pixel. */
  readonly position: PatientPoint;
  /** Unit vector along which the column index grows: the first three values of ImageOrientationPatient. */
  readonly rowDirection: Vector3;
  /** Unit vector along which the row index grows. */
  readonly columnDirection: Vector3;
  readonly frameOfReferenceUID: FrameOfReferenceUid | undefined;
}

export const dot = (a: Vector3, b: Vector3): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
export const cross = (a: Vector3, b: Vector3): Vector3 => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
];
export const normalOf = (plane: ImagePlane): Vector3 => cross(plane.rowDirection, plane.columnDirection);

/** Signed distance of a patient point from the plane, along its normal. */
export const distanceFromPlane = (plane: ImagePlane, p: PatientPoint): Mm =>
  mm(dot(normalOf(plane), offsetFrom(plane, p)));

/** The patient point projected on the plane, as a pixel index (fractional). */
export function patientToPixelIndex(plane: ImagePlane, p: PatientPoint): PixelIndex {
  const offset = offsetFrom(plane, p);
  return pixelIndex(
    dot(offset, plane.rowDirection) / plane.spacing.betweenColumns,
    dot(offset, plane.columnDirection) / plane.spacing.betweenRows,
  );
}

export function pixelIndexToPatient(plane: ImagePlane, p: PixelIndex): PatientPoint {
  const along = p.column * plane.spacing.betweenColumns;
  const down = p.row * plane.spacing.betweenRows;
  const { rowDirection: r, columnDirection: c, position: o } = plane;
  return patientPoint(
    o.x + along * r[0] + down * c[0],
    o.y + along * r[1] + down * c[1],
    o.z + along * r[2] + down * c[2],
  );
}

/** Length of a line on the slice in millimetres; pixels may be anisotropic. */
export const lengthMm = (spacing: PixelSpacing, [a, b]: Pair<{ column: number; row: number }>): Mm =>
  mm(Math.hypot((b.column - a.column) * spacing.betweenColumns, (b.row - a.row) * spacing.betweenRows));

const offsetFrom = (plane: ImagePlane, p: PatientPoint): Vector3 => [
  p.x - plane.position.x,
  p.y - plane.position.y,
  p.z - plane.position.z,
];
