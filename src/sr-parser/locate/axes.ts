/** Do the two axes lie to each other as those of a lesion do? */
import { finding, lengthMm, type Finding, type Pair, type PixelIndex, type PixelSpacing } from '../../domain/index.js';
import type { Line } from '../graphics.js';
import { MOST_DEGREES_OFF_PERPENDICULAR, MOST_MISS, crossingOf, crossingWithin } from '../line-geometry.js';

/** A line this short is a click, not a diameter. */
const NO_LENGTH_MM = 1e-3;

/** Angle and crossing in millimetres of the slice; pixels may be anisotropic. */
export function checkAxes(
  long: Pair<PixelIndex>,
  short: Pair<PixelIndex> | undefined,
  spacing: PixelSpacing,
): readonly Finding[] {
  const ends = short ? [long, short] : [long];
  if (ends.some((pair) => lengthMm(spacing, pair) < NO_LENGTH_MM)) return [finding('axes.zero-length')];
  if (!short) return [];
  const [a, b] = [inMillimetres(long, spacing), inMillimetres(short, spacing)];
  const degrees = crossingOf(a, b)?.degrees ?? 0;
  const findings: Finding[] = [];
  if (degrees < 90 - MOST_DEGREES_OFF_PERPENDICULAR) findings.push(finding('axes.not-perpendicular', degrees));
  if (!crossingWithin(a, b, MOST_MISS)) findings.push(finding('axes.do-not-cross'));
  return findings;
}

const inMillimetres = ([a, b]: Pair<PixelIndex>, spacing: PixelSpacing): Line => ({
  ends: [
    [a.column * spacing.betweenColumns, a.row * spacing.betweenRows, 0],
    [b.column * spacing.betweenColumns, b.row * spacing.betweenRows, 0],
  ],
  space: 'image-point',
  images: [],
  frameOfReferenceUID: undefined,
});
