import { straightLine } from './lines-under-numbers.js';
import type { AxisShape } from './reading.js';

/** I: the number refers to a line that stands elsewhere in the tree (PS3.3 C.17.3.2.5); the line may refer to its image in the same way. */
export const byReference: AxisShape = {
  letter: 'I',
  lines: (number) =>
    number.graphics.flatMap(({ graphic, attachment }) =>
      attachment === 'by-reference' && graphic.space === 'image-point' ? straightLine(graphic) : [],
    ),
};
