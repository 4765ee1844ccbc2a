import type { GridPlan } from './grabcut/grid.js';
import type { MeasuredMarks, Segment, Vector } from './lesion-frame.js';
import type { Window } from './window.js';

/** A pixel lies on a mark when its centre is within half a pixel of it. */
const ON_MARK_PX = 0.5;
/** Distances that differ by less are equal: nearest pixels come in pairs where a mark runs between them. */
const SAME_PX = 1e-6;

/**
 * Pixels of the window that lie on the marks, as indices of the plan; a pixel on both is there twice. Where a short mark lies between pixel
 * centres, the nearest ones. A rule of distances, not of steps along the line: it gives mirrored pixels for mirrored marks.
 */
export const pixelsOnMarks = ({ long, short }: MeasuredMarks, window: Window, plan: GridPlan): Int32Array =>
  Int32Array.from([long, ...(short ? [short] : [])].flatMap((mark) => pixelsOnMark(mark, window, plan)));

function pixelsOnMark(mark: Segment, window: Window, plan: GridPlan): number[] {
  const within = (reach: number): number[] => {
    const found: number[] = [];
    const top = Math.max(0, Math.floor(Math.min(mark.from.y, mark.to.y)) - 1 - window.top);
    const bottom = Math.min(plan.height - 1, Math.ceil(Math.max(mark.from.y, mark.to.y)) + 1 - window.top);
    const left = Math.max(0, Math.floor(Math.min(mark.from.x, mark.to.x)) - 1 - window.left);
    const right = Math.min(plan.width - 1, Math.ceil(Math.max(mark.from.x, mark.to.x)) + 1 - window.left);
    for (let row = top; row <= bottom; row++)
      for (let column = left; column <= right; column++)
        if (pixelsFromMark(mark, window.left + column, window.top + row) <= reach)
          found.push((row + 1) * plan.stride + column + 1);
    return found;
  };
  const on = within(ON_MARK_PX + SAME_PX);
  if (on.length > 0) return on;
  const near = within(Math.SQRT2);
  const distances = near.map((p) => pixelsFromMark(mark, ...placeOf(p, window, plan)));
  const nearest = Math.min(...distances);
  return near.filter((_, i) => distances[i]! <= nearest + SAME_PX);
}

/** Distance in pixels of the pixel at (column, row) from the segment. */
export function pixelsFromMark({ from, to }: { from: Vector; to: Vector }, column: number, row: number): number {
  const x = column - from.x;
  const y = row - from.y;
  const dx = to.x - from.x;
  const dy = to.y - from.y;
  const along = Math.min(1, Math.max(0, (x * dx + y * dy) / (dx * dx + dy * dy)));
  const offX = x - along * dx;
  const offY = y - along * dy;
  return Math.sqrt(offX * offX + offY * offY);
}

function placeOf(p: number, window: Window, plan: GridPlan): [column: number, row: number] {
  return [window.left + (p % plan.stride) - 1, window.top + Math.floor(p / plan.stride) - 1];
}
