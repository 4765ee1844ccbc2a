import { lineBetween, type Graphic, type Line } from '../graphics.js';
import type { PairShape } from './pair-shape.js';
import type { AxisShape } from './reading.js';

/** F: the two ends of an axis as a MULTIPOINT of two, or as two POINT items. */
export const pointsPerAxis: AxisShape = {
  letter: 'F',
  lines({ graphics }) {
    const multipoints = graphics.flatMap(({ graphic }) => twoPoints(graphic));
    if (multipoints.length > 0) return multipoints;
    const points = graphics.map(({ graphic }) => graphic).filter((graphic) => graphic.type === 'POINT');
    const [first, second] = points;
    const [from, to] = points.map((point) => point.points[0]);
    return points.length === 2 && first && second && from && to && first.space === second.space
      ? [lineBetween(first, from, to)]
      : [];
  },
};

/** F: both axes in one MULTIPOINT of four, the long one first. */
export const pointsOfBothAxes: PairShape = {
  letter: 'F',
  axes(graphic) {
    const [a, b, c, d] = graphic.points;
    return graphic.type === 'MULTIPOINT' && graphic.points.length === 4 && a && b && c && d
      ? { long: lineBetween(graphic, a, b), short: lineBetween(graphic, c, d) }
      : undefined;
  },
};

function twoPoints(graphic: Graphic): readonly Line[] {
  const [from, to] = graphic.points;
  return graphic.type === 'MULTIPOINT' && graphic.points.length === 2 && from && to
    ? [lineBetween(graphic, from, to)]
    : [];
}
