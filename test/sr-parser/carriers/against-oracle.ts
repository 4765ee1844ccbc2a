/** Lines of other carriers against what was given to their writers: each lesion once, on its image, nothing else. */
import type { Axis, ReadReport } from '../../../src/domain/index.js';
import type { Oracle, OracleAxis } from '../corpus.js';

const POINT_PX = 0.01;

type Points = readonly (readonly number[])[];

export function linesDiffer(report: ReadReport, oracle: Oracle): readonly string[] {
  const said: string[] = [];
  const left = [...report.measurements];
  for (const [i, expected] of (oracle.measurements ?? []).entries()) {
    const at = left.findIndex(
      (found) =>
        same(pointsOf(found.longAxis), pointsIn(expected.longAxis)) &&
        same(pointsOf(found.shortAxis), pointsIn(expected.shortAxis)) &&
        found.image?.sopInstanceUID === expected.image &&
        (found.image.frame ?? null) === expected.frame,
    );
    if (at < 0) said.push(`lesion ${i + 1}: not found`);
    else left.splice(at, 1);
  }
  if (left.length > 0) said.push(`${left.length} too many: ${JSON.stringify(left.map((m) => pointsOf(m.longAxis)))}`);
  return said;
}

export const pointsOf = (axis: Axis | undefined): Points | undefined =>
  axis?.points?.space === 'image-point' ? axis.points.ends.map((p) => [p.column, p.row]) : undefined;

const pointsIn = (axis: OracleAxis | null): Points | undefined => axis?.points ?? undefined;

export const same = (a: Points | undefined, b: Points | undefined): boolean =>
  a === undefined || b === undefined
    ? a === b
    : a.length === b.length && a.every((p, i) => p.every((v, j) => Math.abs(v - (b[i]?.[j] ?? NaN)) <= POINT_PX));
