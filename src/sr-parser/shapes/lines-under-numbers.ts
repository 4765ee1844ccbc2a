import { lineBetween, type Graphic, type Line } from '../graphics.js';
import type { AxisShape } from './reading.js';

/** A: each number is INFERRED FROM a polyline of two points, SELECTED FROM its image (TID 320). */
export const linesUnderNumbers: AxisShape = {
  letter: 'A',
  lines: (number) =>
    number.graphics.flatMap(({ graphic, attachment }) =>
      attachment === 'standard' && graphic.space === 'image-point' ? straightLine(graphic) : [],
    ),
};

/** The line of an open polyline of two points; none for anything else. */
export function straightLine(graphic: Graphic): readonly Line[] {
  const [from, to] = graphic.points;
  return graphic.type === 'POLYLINE' && graphic.points.length === 2 && from && to
    ? [lineBetween(graphic, from, to)]
    : [];
}
