import {
  asReadUid,
  cross,
  dot,
  fail,
  mm,
  ok,
  patientPoint,
  TAG,
  type DataSet,
  type FrameOfReferenceUid,
  type ImagePlane,
  type PatientPoint,
  type PixelSpacing,
  type ReasonCode,
  type Result,
  type Vector3,
} from '../../domain/index.js';
import { functionalGroup, hasFunctionalGroups, numberOfFramesOf, resolvedFrame } from './functional-groups.js';

/**
 * How far ImageOrientationPatient may be from two perpendicular unit vectors: writers that give three decimals are off by up to 0.0015.
 */
const ORIENTATION_TOLERANCE = 2e-3;

/**
 * Where an image, or one frame of it (counted from 1), lies in the patient (PS3.3 C.7.6.2 and C.7.6.16.2). A frame number is needed only where
 * there are several frames.
 */
export function imagePlaneOf(header: DataSet, frame: number | undefined): Result<ImagePlane, ReasonCode> {
  const resolved = resolvedFrame(header, frame);
  if (resolved === undefined) return fail('frame-not-in-image');

  const rows = header.number(TAG.Rows);
  const columns = header.number(TAG.Columns);
  const spacing = spacingOf(header, resolved);
  const position = positionOf(header, resolved);
  const directions = directionsOf(header, resolved);
  if (!isSize(rows) || !isSize(columns) || !spacing || !position || !directions) return fail('no-plane');

  const frameOfReference = header.text(TAG.FrameOfReferenceUID);
  return ok({
    rows,
    columns,
    spacing,
    position,
    ...directions,
    frameOfReferenceUID: frameOfReference === undefined ? undefined : asReadUid<FrameOfReferenceUid>(frameOfReference),
  });
}

const isSize = (n: number | undefined): n is number => n !== undefined && Number.isInteger(n) && n > 0;

function spacingOf(header: DataSet, frame: number): PixelSpacing | undefined {
  const measures = functionalGroup(header, frame, TAG.PixelMeasuresSequence) ?? header;
  const [betweenRows, betweenColumns] = measures.numbers(TAG.PixelSpacing);
  // written so that NaN is refused too
  if (betweenRows === undefined || betweenColumns === undefined || !(betweenRows > 0 && betweenColumns > 0))
    return undefined;
  if (!Number.isFinite(betweenRows + betweenColumns)) return undefined;
  return { betweenRows: mm(betweenRows), betweenColumns: mm(betweenColumns) };
}

function positionOf(header: DataSet, frame: number): PatientPoint | undefined {
  const group = functionalGroup(header, frame, TAG.PlanePositionSequence);
  // one position for several frames would be a guess
  if (!group && (hasFunctionalGroups(header) || numberOfFramesOf(header) !== 1)) return undefined;
  const position = (group ?? header).numbers(TAG.ImagePositionPatient);
  const [x, y, z] = position;
  if (x === undefined || y === undefined || z === undefined || !position.every(Number.isFinite)) return undefined;
  return patientPoint(x, y, z);
}

/** Unit vectors, exactly perpendicular: what rounding of the header left is taken out here, once. */
function directionsOf(
  header: DataSet,
  frame: number,
): Pick<ImagePlane, 'rowDirection' | 'columnDirection'> | undefined {
  const orientation = functionalGroup(header, frame, TAG.PlaneOrientationSequence) ?? header;
  const [a, b, c, d, e, f] = orientation.numbers(TAG.ImageOrientationPatient);
  if (a === undefined || b === undefined || c === undefined) return undefined;
  if (d === undefined || e === undefined || f === undefined) return undefined;
  const row: Vector3 = [a, b, c];
  const column: Vector3 = [d, e, f];
  const off = Math.max(Math.abs(lengthOf(row) - 1), Math.abs(lengthOf(column) - 1), Math.abs(dot(row, column)));
  if (!(off <= ORIENTATION_TOLERANCE)) return undefined;

  const rowDirection = unit(row);
  const columnDirection = unit(cross(cross(rowDirection, column), rowDirection));
  return { rowDirection, columnDirection };
}

const lengthOf = (v: Vector3): number => Math.sqrt(dot(v, v));

function unit(v: Vector3): Vector3 {
  const length = lengthOf(v);
  // adding zero turns -0 into 0
  return [v[0] / length + 0, v[1] / length + 0, v[2] / length + 0];
}
