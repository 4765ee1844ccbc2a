import { MOST_MISS, crossingWithin } from '../line-geometry.js';
import { lineBetween } from '../graphics.js';
import type { PairShape } from './pair-shape.js';

/**
 * E: one open polyline of four points, long axis p1-p2, short axis p3-p4; p2-p3 is only how the pen moved. Told from a contour of four points by
 * the axes crossing: the first and third side of a simple quadrilateral never do.
 */
export const fourPointPolyline: PairShape = {
  letter: 'E',
  axes(graphic) {
    const [a, b, c, d] = graphic.points;
    if (graphic.type !== 'POLYLINE' || graphic.points.length !== 4 || !a || !b || !c || !d) return undefined;
    const long = lineBetween(graphic, a, b);
    const short = lineBetween(graphic, c, d);
    return crossingWithin(long, short, MOST_MISS) ? { long, short } : undefined;
  },
};
