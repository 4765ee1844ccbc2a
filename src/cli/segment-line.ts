import type {
  LocatedMeasurement,
  Measurement,
  MethodName,
  Pair,
  PixelIndex,
  ReadReport,
  ReasonCode,
} from '../domain/index.js';
import { textTable } from './text-table.js';

/** What became of a measurement of a report in a folder: `held` ones are written too, but apart. */
export type FileOutcome = 'written' | 'held' | 'skipped' | 'failed';

/** What is printed of a measurement. */
export interface OutcomeLine {
  readonly report: string | null;
  readonly trackingUID: string | null;
  readonly trackingIdentifier: string | null;
  readonly outcome: FileOutcome;
  readonly reason: ReasonCode | null;
  readonly image: { readonly sopInstanceUID: string; readonly frame: number | null } | null;
  readonly longAxis: AxisLine | null;
  readonly shortAxis: AxisLine | null;
  readonly measured: { readonly longAxis: AxisLine; readonly shortAxis: AxisLine } | null;
  readonly areaPx: number | null;
  readonly areaMm2: number | null;
  /** Slices that the lesion is on, and its volume; null where only the marked slice was looked at. */
  readonly slices: number | null;
  readonly volumeMm3: number | null;
  readonly agreement: number | null;
  readonly method: MethodName | null;
  readonly findings: readonly string[];
  readonly segUID: string | null;
  readonly segmentNumber: number | null;
  readonly picture: string | null;
}

interface AxisLine {
  /** [[column, row], [column, row]], pixel centres at integers, zero-based. */
  readonly points: readonly (readonly [number, number])[];
  readonly mm: number;
}

/** Image and marks of a line, in pixels of the slice. */
export const placeOf = ({ slice, marks, longAxisMm, shortAxisMm }: LocatedMeasurement) => ({
  image: { sopInstanceUID: slice.reference.sopInstanceUID, frame: slice.reference.frame ?? null },
  longAxis: axisLine(marks.longAxis, longAxisMm),
  shortAxis: marks.shortAxis && shortAxisMm !== undefined ? axisLine(marks.shortAxis, shortAxisMm) : null,
});

/** A line without contour. */
export const lineOf = (
  report: ReadReport,
  m: Measurement,
  end: { outcome: FileOutcome; reason: ReasonCode | null },
): OutcomeLine => ({
  report: report.sopInstanceUID ?? null,
  trackingUID: m.trackingUID ?? null,
  trackingIdentifier: m.trackingIdentifier ?? null,
  ...end,
  image: m.image ? { sopInstanceUID: m.image.sopInstanceUID, frame: m.image.frame ?? null } : null,
  longAxis: null,
  shortAxis: null,
  measured: null,
  areaPx: null,
  areaMm2: null,
  slices: null,
  volumeMm3: null,
  agreement: null,
  method: null,
  findings: m.findings.map((f) => f.code),
  segUID: null,
  segmentNumber: null,
  picture: null,
});

export const axisLine = (ends: Pair<PixelIndex>, mm: number): AxisLine => ({
  points: ends.map((p) => [round(p.column, 3), round(p.row, 3)] as const),
  mm: round(mm, 3),
});

export const round = (value: number, digits: number): number => Math.round(value * 10 ** digits) / 10 ** digits;

/** A table of a report's lines. */
export function forPeople(
  report: ReadReport,
  index: number,
  of: number,
  lines: readonly OutcomeLine[],
  extent: 'slice' | 'volume',
): string {
  const inVolume = <T>(...cells: readonly T[]): readonly T[] => (extent === 'volume' ? cells : []);
  const head = `report ${index + 1} of ${of}   ${report.sopInstanceUID ?? 'without UID'}   ${lines.length} measurements`;
  const rows = lines.map((l) => [
    l.trackingIdentifier ?? '',
    l.longAxis?.mm.toFixed(1) ?? '',
    l.shortAxis?.mm.toFixed(1) ?? '',
    l.areaMm2?.toFixed(0) ?? '',
    ...inVolume(l.slices?.toFixed(0) ?? '', l.volumeMm3 === null ? '' : (l.volumeMm3 / 1000).toFixed(2)),
    l.agreement?.toFixed(2) ?? '',
    l.reason ? `${l.outcome}: ${l.reason}` : l.outcome,
    l.picture ?? '',
  ]);
  return rows.length === 0
    ? `${head}: ${report.skipped[0]?.reason ?? 'no-measurements'}`
    : `${head}\n${textTable(['lesion', 'long mm', 'short mm', 'area mm2', ...inVolume('slices', 'ml'), 'agreement', 'outcome', 'picture'], rows)}`;
}
