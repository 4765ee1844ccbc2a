/** A measurement on its slice: marks in pixels, lengths measured again, and everything that does not fit. Deciding what follows is policy's work. */
import {
  finding,
  lengthMm,
  ok,
  type Finding,
  type LocatedMeasurement,
  type Measurement,
  type Mm,
  type Pair,
  type PixelIndex,
  type ReadReport,
  type ReasonCode,
  type Result,
  type SourceSlice,
} from '../../domain/index.js';
import { checkAxes } from './axes.js';
import { checkIdentity } from './identity.js';
import { checkLengths, comparedLengths } from './lengths.js';
import { marksOnSlice, type AxisOnSlice } from './marks-on-slice.js';
import { checkPointsInside } from './points-inside.js';
import { checkSlice } from './slice-kind.js';
import { judgeSpacing } from './swapped-spacing.js';

/**
 * @param slice the image the measurement names, or for patient coordinates the one that `chooseSlice` found
 * @returns marks at pixel centres with the longer line as the long axis (a single line always is); findings of the measurement, of the report's
 *   state, and of every check against the slice. Fails where there are no marks, no image to put them on, or where marks in patient coordinates
 *   have another frame of reference (`identity-differs`) or lie off the slice (`marks-off-slice`).
 */
export function locateMeasurement(
  measurement: Measurement,
  report: ReadReport,
  slice: SourceSlice,
): Result<LocatedMeasurement, ReasonCode> {
  const written = marksOnSlice(measurement, slice);
  if (!written.ok) return written;
  const { spacing } = slice.plane;
  const verdict = judgeSpacing(measurement, written.value, report, slice);
  const marks = verdict.kind === 'undone' ? verdict.marks : written.value;
  const { long, short, isExchanged } = byLength(marks, slice);
  return ok({
    measurement,
    slice,
    marks: { longAxis: long, shortAxis: short },
    longAxisMm: lengthMm(spacing, long),
    shortAxisMm: short && lengthMm(spacing, short),
    findings: [
      ...measurement.findings,
      ...report.findings.filter(({ code }) => code === 'report.partial' || code === 'report.preliminary'),
      ...(verdict.kind === 'suspected' ? [finding('points.swapped-spacing-suspected')] : lengthFindings(marks, slice)),
      ...(verdict.kind === 'undone' ? [finding('points.swapped-spacing-undone')] : []),
      ...(isExchanged ? [finding('axes.exchanged')] : []),
      ...checkAxes(long, short, spacing),
      ...checkPointsInside(marks, slice.plane),
      ...checkIdentity(measurement, report, slice),
      ...checkSlice(slice),
    ],
  });
}

const lengthFindings = (marks: readonly AxisOnSlice[], slice: SourceSlice): readonly Finding[] =>
  checkLengths(comparedLengths(marks, slice.plane.spacing));

interface Roles {
  readonly long: Pair<PixelIndex>;
  readonly short: Pair<PixelIndex> | undefined;
  readonly isExchanged: boolean;
}

/** The longer line is the long axis, whatever it was called. */
function byLength(marks: readonly AxisOnSlice[], slice: SourceSlice): Roles {
  const length = ({ ends }: AxisOnSlice): Mm => lengthMm(slice.plane.spacing, ends);
  const [first, second] = marks;
  if (!first) throw new Error('marks on a slice are never empty');
  if (!second) return { long: first.ends, short: undefined, isExchanged: false };
  return length(second) > length(first)
    ? { long: second.ends, short: first.ends, isExchanged: true }
    : { long: first.ends, short: second.ends, isExchanged: false };
}
