import { linesBeside } from './bent-relationships.js';
import { straightLine } from './lines-under-numbers.js';
import type { AxisShape } from './reading.js';

/**
 * D: lines in patient coordinates (SCOORD3D), with a frame of reference and no image. The slice they lie on is found by geometry
 * (`locate/choose-slice.ts`).
 */
export const patientLines: AxisShape = {
  letter: 'D',
  lines(number, group) {
    const attached = number.graphics.flatMap(({ graphic }) =>
      graphic.space === 'patient' ? straightLine(graphic) : [],
    );
    return attached.length > 0 ? attached : linesBeside(number, group, 'patient');
  },
};
