import type { StatedLength } from '../axis-number.js';

/**
 * J: a long and a short axis without anything drawn. Kept, because a report says so, and never segmented. A bare length or diameter may be that of
 * a vessel or of a foetus, and a private code known by its wording alone may be anything: those count only beside something drawn.
 */
export const countsWithoutDrawing = (number: StatedLength): boolean =>
  (number.role === 'long-axis' || number.role === 'short-axis') && number.match !== 'meaning';
