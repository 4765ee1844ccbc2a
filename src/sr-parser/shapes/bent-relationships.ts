import type { AxisNumber } from '../axis-number.js';
import type { Group } from '../groups.js';
import { lengthOf } from '../line-geometry.js';
import type { Graphic, Line } from '../graphics.js';
import { inMillimetres } from '../units.js';
import { straightLine } from './lines-under-numbers.js';
import type { AxisShape } from './reading.js';

/**
 * B: as A, with relationships or nesting bent. highdicom hangs the image by INFERRED FROM, others the line by HAS PROPERTIES or CONTAINS, dwv 0.34
 * the number under its line; or the lines are siblings of the numbers, by name or as image regions.
 */
export const bentRelationships: AxisShape = {
  letter: 'B',
  lines(number, group) {
    const attached = number.graphics.flatMap(({ graphic, attachment }) =>
      attachment === 'bent' && graphic.space === 'image-point' ? straightLine(graphic) : [],
    );
    return attached.length > 0 ? attached : linesBeside(number, group, 'image-point');
  },
};

/** A group with more regions or numbers than this has no line that must be anybody's. */
const MOST = 32;

/** Lines among the group's regions that must be this number's: by name, or because no other number and no other line is left. */
export function linesBeside(number: AxisNumber, group: Group, space: Line['space']): readonly Line[] {
  if (number.graphics.length > 0 || group.regions.length > MOST || group.numbers.length > MOST) return [];
  const regions = group.regions.filter((region) => region.space === space);
  const named = regions.filter((region) => region.item.recognised?.concept === number.role).flatMap(straightLine);
  if (named.length > 0) return named;
  const lines = regions.filter((region) => !isNamedAxis(region)).flatMap(straightLine);
  const waiting = group.numbers.filter((other) => other.graphics.length === 0);
  if (waiting.length === 1 && lines.length === 1) return lines;
  const [first, second] = waiting;
  if (!first || !second || waiting.length !== 2 || lines.length !== 2) return [];
  return matchedByLength(number, first === number ? second : first, lines);
}

/** Two numbers beside two lines without names: the longer line is the greater number's, where both can be compared. */
function matchedByLength(number: AxisNumber, other: AxisNumber, lines: readonly Line[]): readonly Line[] {
  const [a, b] = lines;
  if (!a || !b || number.value === undefined || other.value === undefined) return [];
  const greater = inMillimetres(number.value, number.lengthUnit) > inMillimetres(other.value, other.lengthUnit);
  return [lengthOf(a) > lengthOf(b) === greater ? a : b];
}

const isNamedAxis = (region: Graphic): boolean =>
  region.item.recognised?.concept === 'long-axis' || region.item.recognised?.concept === 'short-axis';
