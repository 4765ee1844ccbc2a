/** Which slice do marks in patient coordinates lie on? They name a frame of reference and no image (shape D). */
import {
  distanceFromPlane,
  dot,
  fail,
  normalOf,
  ok,
  type ImagePlane,
  type Measurement,
  type PatientPoint,
  type ReasonCode,
  type Result,
} from '../../domain/index.js';
import { HALF_WAY_MM } from './marks-on-slice.js';

/** Where there is no neighbour to measure the gap from. */
const GAP_IF_ALONE_MM = 1;

/**
 * The one plane, of those given, that all marks lie on: the same frame of reference, and no point farther than half the gap to the neighbouring
 * plane.
 *
 * @returns the index in `planes`; `identity-differs` if none has the marks' frame of reference, `marks-off-slice` if none or more than one fits,
 *   `no-marks` where there are none in patient coordinates
 */
export function chooseSlice(measurement: Measurement, planes: readonly ImagePlane[]): Result<number, ReasonCode> {
  const marks = [measurement.longAxis?.points, measurement.shortAxis?.points].flatMap((points) =>
    points?.space === 'patient' ? [points] : [],
  );
  const ends = marks.flatMap(({ ends: [a, b] }) => [a, b]);
  if (ends.length === 0) return fail('no-marks');
  const candidates = planes
    .map((plane, index) => ({ plane, index, distance: farthest(plane, ends) }))
    .filter(({ plane }) =>
      marks.every(({ frameOfReferenceUID: frame }) => frame === undefined || frame === plane.frameOfReferenceUID),
    )
    .sort((a, b) => a.distance - b.distance);
  const [nearest, second] = candidates;
  if (!nearest) return fail(planes.length === 0 ? 'image-gone' : 'identity-differs');
  const isAmbiguous = second !== undefined && second.distance - nearest.distance < HALF_WAY_MM;
  return isAmbiguous || nearest.distance > gapAt(nearest.plane, planes) / 2
    ? fail('marks-off-slice')
    : ok(nearest.index);
}

const farthest = (plane: ImagePlane, points: readonly PatientPoint[]): number =>
  Math.max(...points.map((point) => Math.abs(distanceFromPlane(plane, point))));

/** Distance to the nearest other plane parallel to this one. */
function gapAt(plane: ImagePlane, planes: readonly ImagePlane[]): number {
  const gaps = planes
    .filter((other) => other !== plane && Math.abs(dot(normalOf(other), normalOf(plane))) > 0.999)
    .map((other) => Math.abs(distanceFromPlane(plane, other.position)))
    .filter((gap) => gap > HALF_WAY_MM);
  return gaps.length === 0 ? GAP_IF_ALONE_MM : Math.min(...gaps);
}
