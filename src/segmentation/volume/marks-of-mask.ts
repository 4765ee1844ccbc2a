import type { Mask, PixelMarks, PixelSpacing } from '../../domain/index.js';
import { measureAxes } from '../axes.js';
import { gridPlan } from '../grabcut/grid.js';
import { padded } from './window-masks.js';

/**
 * The marks that a reader would set on a mask: its axes. What a lesion's marks become on a slice that nobody marked, for methods that need marks.
 * Throws RangeError for a mask without pixels.
 */
export function marksOf(mask: Mask, spacing: PixelSpacing): PixelMarks {
  const plan = gridPlan(mask.columns, mask.rows);
  const window = { left: 0, top: 0, width: mask.columns, height: mask.rows };
  const { longAxis, shortAxis } = measureAxes(padded(mask.bits, plan), window, plan, spacing);
  return { longAxis, shortAxis };
}
