/**
 * Cornerstone3D's core exchanges row and column spacing when it turns world coordinates into image coordinates (cornerstonejs/cornerstone3D issue
 * 2758): on pixels that are not square its points are stored displaced, while its lengths, measured in world space, are right. With
 * PixelSpacing a\b a point (c, r) is stored as (0.5 + (c - 0.5) b / a, 0.5 + (r - 0.5) a / b).
 */
import {
  pixelIndex,
  type Measurement,
  type Pair,
  type PixelIndex,
  type PixelSpacing,
  type ReadReport,
  type SourceSlice,
} from '../../domain/index.js';
import { isFromCornerstone3D } from '../identity.js';
import { comparedLengths, type ComparedLength } from './lengths.js';
import { marksOnSlice, type AxisOnSlice } from './marks-on-slice.js';
import { isInside } from './points-inside.js';

export type SpacingVerdict =
  | { readonly kind: 'as-written' }
  /** The points put right. */
  | { readonly kind: 'undone'; readonly marks: readonly AxisOnSlice[] }
  /** It looks like the defect, but not surely enough to move anybody's points. */
  | { readonly kind: 'suspected' };

const LEAST_ANISOTROPY = 0.02;
const FITS = 0.005;
const FAILS = 0.02;

/**
 * Undone only if the lines fit exchanged spacing within 0.5 % and some fail as written by more than 2 %: both axes of the measurement, or at least
 * three lines of the report on this image, and every undone point lies inside the image.
 */
export function judgeSpacing(
  measurement: Measurement,
  marks: readonly AxisOnSlice[],
  report: ReadReport,
  slice: SourceSlice,
): SpacingVerdict {
  const { spacing } = slice.plane;
  if (
    !isFromCornerstone3D(measurement.trackingIdentifier) ||
    Math.abs(spacing.betweenRows / spacing.betweenColumns - 1) <= LEAST_ANISOTROPY ||
    marks.some(({ axis }) => axis.points?.space !== 'image-point')
  )
    return { kind: 'as-written' };
  const own = comparedLengths(marks, spacing);
  const ownFit = own.length > 0 && own.every(fitsExchanged);
  if (!ownFit) return { kind: 'as-written' };
  const ofReport = linesOnSlice(report, slice);
  const isSure =
    (own.length === 2 && own.some(failsAsWritten)) ||
    (ofReport.length >= 3 && ofReport.every(fitsExchanged) && ofReport.some(failsAsWritten));
  if (!isSure) return own.some(failsAsWritten) ? { kind: 'suspected' } : { kind: 'as-written' };
  const undone = marks.map((mark) => ({ ...mark, ends: undoExchange(mark.ends, spacing) }));
  return undone.every(({ ends }) => ends.every((end) => isInside(end, slice.plane)))
    ? { kind: 'undone', marks: undone }
    : { kind: 'suspected' };
}

const fitsExchanged = (length: ComparedLength): boolean =>
  Math.abs(length.reported - length.exchanged) <= FITS * length.exchanged + length.rounding;
const failsAsWritten = (length: ComparedLength): boolean =>
  Math.abs(length.reported - length.recomputed) > FAILS * length.recomputed + length.rounding;

function linesOnSlice(report: ReadReport, slice: SourceSlice): readonly ComparedLength[] {
  return report.measurements
    .filter(({ image }) => image?.sopInstanceUID === slice.reference.sopInstanceUID)
    .flatMap((measurement) => {
      const marks = marksOnSlice(measurement, slice);
      return marks.ok ? comparedLengths(marks.value, slice.plane.spacing) : [];
    });
}

/** Pixel indices have their origin at a pixel centre, which the defect leaves where it is: plain factors. */
function undoExchange([a, b]: Pair<PixelIndex>, spacing: PixelSpacing): Pair<PixelIndex> {
  const factor = spacing.betweenRows / spacing.betweenColumns;
  return [pixelIndex(a.column * factor, a.row / factor), pixelIndex(b.column * factor, b.row / factor)];
}
