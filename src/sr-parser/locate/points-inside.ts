import { finding, type Finding, type ImagePlane, type PixelIndex } from '../../domain/index.js';
import type { AxisOnSlice } from './marks-on-slice.js';

/** A mark may be drawn on the very edge, and some writers are half a pixel off. */
const MARGIN_PX = 1;

export const isInside = (point: PixelIndex, plane: Pick<ImagePlane, 'rows' | 'columns'>): boolean =>
  point.column >= -0.5 - MARGIN_PX &&
  point.row >= -0.5 - MARGIN_PX &&
  point.column <= plane.columns - 0.5 + MARGIN_PX &&
  point.row <= plane.rows - 0.5 + MARGIN_PX;

export const checkPointsInside = (marks: readonly AxisOnSlice[], plane: ImagePlane): readonly Finding[] =>
  marks.some(({ ends }) => ends.some((end) => !isInside(end, plane))) ? [finding('points.outside-image')] : [];
