/** Where do a measurement's marks lie on a slice, in pixels? */
import {
  TAG,
  distanceFromPlane,
  fail,
  ok,
  patientToPixelIndex,
  toPixelIndex,
  type Axis,
  type DataSet,
  type ImageReference,
  type MarkPoints,
  type Measurement,
  type Pair,
  type PixelIndex,
  type ReasonCode,
  type Result,
  type SourceSlice,
} from '../../domain/index.js';

/** One axis on the slice, under the name the report gave it. */
export interface AxisOnSlice {
  readonly role: 'long' | 'short';
  readonly axis: Axis;
  readonly ends: Pair<PixelIndex>;
}

/** The drawn axes in pixel indices, in the report's roles; at least one. Refused where the slice is not the one that the marks name. */
export function marksOnSlice(measurement: Measurement, slice: SourceSlice): Result<readonly AxisOnSlice[], ReasonCode> {
  const marks: AxisOnSlice[] = [];
  for (const [role, axis] of [['long', measurement.longAxis] as const, ['short', measurement.shortAxis] as const]) {
    if (!axis?.points) continue;
    if (axis.points.space === 'image-point') {
      const refusal = refusedImage(measurement.image, slice.reference);
      if (refusal) return fail(refusal);
    }
    const ends = endsOnSlice(axis.points, slice);
    if (!ends.ok) return ends;
    marks.push({ role, axis, ends: ends.value });
  }
  return marks.length > 0 ? ok(marks) : fail('no-marks');
}

/** Several writers name a frame of an image that has none: that is the image all the same. */
function refusedImage(named: ImageReference | undefined, slice: ImageReference): ReasonCode | undefined {
  if (!named) return 'no-image-reference';
  if (named.sopInstanceUID !== slice.sopInstanceUID) return 'image-gone';
  return named.frame !== undefined && slice.frame !== undefined && named.frame !== slice.frame
    ? 'frame-not-in-image'
    : undefined;
}

function endsOnSlice(points: MarkPoints, slice: SourceSlice): Result<Pair<PixelIndex>, ReasonCode> {
  if (points.space === 'image-point') return ok([toPixelIndex(points.ends[0]), toPixelIndex(points.ends[1])]);
  const frame = points.frameOfReferenceUID;
  if (frame !== undefined && slice.plane.frameOfReferenceUID !== frame) return fail('identity-differs');
  // A line half way to the next slice belongs to neither, a line that leaves the slice is no mark on it.
  const halfGap = gapMm(slice.header) / 2;
  if (points.ends.some((end) => !(Math.abs(distanceFromPlane(slice.plane, end)) < halfGap - HALF_WAY_MM)))
    return fail('marks-off-slice');
  return ok([patientToPixelIndex(slice.plane, points.ends[0]), patientToPixelIndex(slice.plane, points.ends[1])]);
}

/** Points are float32 millimetres: nearer than this to the middle between two slices is the middle. */
export const HALF_WAY_MM = 0.01;

/** A slice without a thickness is taken as thin. */
const GAP_IF_UNKNOWN_MM = 1;

function gapMm(header: DataSet): number {
  const shared = header.items(TAG.SharedFunctionalGroupsSequence)[0]?.items(TAG.PixelMeasuresSequence)[0];
  for (const from of [header, shared])
    for (const tag of [TAG.SpacingBetweenSlices, TAG.SliceThickness]) {
      const gap = Math.abs(from?.number(tag) ?? 0);
      if (gap > 0) return gap;
    }
  return GAP_IF_UNKNOWN_MM;
}
