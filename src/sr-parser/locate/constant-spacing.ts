/** Were all lengths on an image computed with one and the same spacing, that of another image? */
import { mm, type LocatedMeasurement, type Mm } from '../../domain/index.js';
import { checkLengths, comparedLengths } from './lengths.js';
import { marksOnSlice } from './marks-on-slice.js';

/** Pixels of CT and of anything like it. */
const PLAUSIBLE_MM = { least: 0.1, most: 3 } as const;
const SAME = 0.005;

/**
 * NCI's AIM samples have every length of a baseline computed with the first patient's pixel spacing. Then the geometry is right and the numbers
 * are not: reported = s x pixels for one s that is not the image's spacing.
 *
 * @param located measurements of one report or of one writer on one image; fewer than two lines prove nothing
 * @returns s, in millimetres a pixel; undefined where the lengths are right or fit no single spacing
 */
export function constantSpacing(located: readonly LocatedMeasurement[]): Mm | undefined {
  const lengths = located.flatMap(({ measurement, slice }) => {
    const marks = marksOnSlice(measurement, slice);
    return marks.ok ? comparedLengths(marks.value, slice.plane.spacing) : [];
  });
  // Half of every length, or a tenth, is one spacing too, and the better explanation.
  if (lengths.length < 2 || !checkLengths(lengths).some(({ code }) => code === 'length.disagrees')) return undefined;
  const spacings = lengths.map((length) => length.reported / length.pixels);
  const mean = spacings.reduce((sum, spacing) => sum + spacing, 0) / spacings.length;
  const allFit = lengths.every(
    (length) => Math.abs(length.reported - mean * length.pixels) <= SAME * length.reported + length.rounding,
  );
  return allFit && mean >= PLAUSIBLE_MM.least && mean <= PLAUSIBLE_MM.most ? mm(mean) : undefined;
}
