/** Do the reported lengths fit the lines, and if not, what else do they fit? */
import { finding, lengthMm, type Finding, type PixelSpacing } from '../../domain/index.js';
import type { AxisOnSlice } from './marks-on-slice.js';

/** A reported length beside what its line measures. */
export interface ComparedLength {
  readonly reported: number;
  /** Half a unit of the last digit as written, in millimetres. */
  readonly rounding: number;
  readonly recomputed: number;
  readonly pixels: number;
  /** Recomputed with row and column spacing exchanged. */
  readonly exchanged: number;
}

/** Axes without a reported number, and lines without length, have nothing to be compared. */
export function comparedLengths(marks: readonly AxisOnSlice[], spacing: PixelSpacing): readonly ComparedLength[] {
  const exchangedSpacing = { betweenRows: spacing.betweenColumns, betweenColumns: spacing.betweenRows };
  return marks.flatMap(({ axis, ends }) => {
    const recomputed = lengthMm(spacing, ends);
    if (axis.reportedMm === undefined || !(axis.reportedMm > 0) || !(recomputed > 0)) return [];
    return [
      {
        reported: axis.reportedMm,
        rounding: roundingMm(axis.reportedMm, axis.reportedValue),
        recomputed,
        pixels: Math.hypot(ends[1].column - ends[0].column, ends[1].row - ends[0].row),
        exchanged: lengthMm(exchangedSpacing, ends),
      },
    ];
  });
}

/** What may have been reported instead of the length, the likeliest first. */
const HYPOTHESES = [
  { code: 'length.agrees', expected: (l: ComparedLength) => [l.recomputed] },
  { code: 'length.cm', expected: (l: ComparedLength) => [l.recomputed / 10, l.recomputed * 10] },
  { code: 'length.radius', expected: (l: ComparedLength) => [l.recomputed / 2, l.recomputed * 2] },
  { code: 'length.pixels', expected: (l: ComparedLength) => [l.pixels] },
  { code: 'length.swapped-spacing', expected: (l: ComparedLength) => [l.exchanged] },
] as const;

type LengthFinding = (typeof HYPOTHESES)[number]['code'] | 'length.disagrees';

/**
 * One finding if one explanation fits all axes, else one for each explanation that is needed. The detail is reported over recomputed.
 * Tolerance: 0.1 mm or 1 %, whichever is more, and the rounding of the written value.
 */
export function checkLengths(lengths: readonly ComparedLength[]): readonly Finding[] {
  const [first] = lengths;
  if (!first) return [];
  const joint = HYPOTHESES.find((hypothesis) => lengths.every((length) => fits(length, hypothesis.expected(length))));
  if (joint) return [finding(joint.code, ratio(first))];
  const findings = new Map<LengthFinding, Finding>();
  for (const length of lengths) {
    const code = HYPOTHESES.find((hypothesis) => fits(length, hypothesis.expected(length)))?.code ?? 'length.disagrees';
    if (!findings.has(code)) findings.set(code, finding(code, ratio(length)));
  }
  return [...findings.values()];
}

const ratio = (length: ComparedLength): number => length.reported / length.recomputed;

/** The tolerance is of the line; a tenth of the line has a tenth of it. */
const fits = (length: ComparedLength, expected: readonly number[]): boolean =>
  expected.some(
    (value) =>
      Math.abs(length.reported - value) <=
      Math.max(0.1, 0.01 * length.recomputed) * Math.min(1, value / length.recomputed) + length.rounding,
  );

function roundingMm(reportedMm: number, reportedValue: number | undefined): number {
  if (reportedValue === undefined || reportedValue === 0) return 0;
  const decimals = /\.(\d+)$/.exec(String(reportedValue))?.[1]?.length ?? 0;
  return 0.5 * 10 ** -decimals * Math.abs(reportedMm / reportedValue);
}
