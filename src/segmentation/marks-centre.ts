import {
  ok,
  pixelIndex,
  type PixelIndex,
  type PixelMarks,
  type PixelSpacing,
  type ReasonCode,
  type Result,
} from '../domain/index.js';
import { measureMarks, obliqueFrame } from './lesion-frame.js';

/** The centre of the shape between the marks: where the axes cross, or what comes nearest to it. Errors: as `measureMarks`. */
export function centreOfMarks(marks: PixelMarks, spacing: PixelSpacing): Result<PixelIndex, ReasonCode> {
  const measured = measureMarks(marks, spacing);
  if (!measured.ok) return measured;
  const { origin, centre } = obliqueFrame(measured.value);
  return ok(pixelIndex(origin.x + centre.x / spacing.betweenColumns, origin.y + centre.y / spacing.betweenRows));
}
