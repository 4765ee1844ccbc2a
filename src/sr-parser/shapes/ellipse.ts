import { lineBetween } from '../graphics.js';
import type { PairShape } from './pair-shape.js';

/** G: an ELLIPSE is given by the ends of its major axis, then those of its minor axis (PS3.3 C.18.6.1.2, C.18.9.1.2). */
export const ellipse: PairShape = {
  letter: 'G',
  axes(graphic) {
    const [a, b, c, d] = graphic.points;
    return graphic.type === 'ELLIPSE' && graphic.points.length === 4 && a && b && c && d
      ? { long: lineBetween(graphic, a, b), short: lineBetween(graphic, c, d) }
      : undefined;
  },
};
