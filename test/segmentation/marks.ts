import { mm, pixelIndex, type PixelMarks, type PixelSpacing } from '../../src/domain/index.js';

type Point = readonly [column: number, row: number];

/** Marks from the four ends (column, row); two make a single axis. */
export const marksAt = (a: Point, b: Point, c?: Point, d?: Point): PixelMarks => ({
  longAxis: [pixelIndex(...a), pixelIndex(...b)],
  shortAxis: c && d ? [pixelIndex(...c), pixelIndex(...d)] : undefined,
});

export const spacingOf = (betweenColumns: number, betweenRows = betweenColumns): PixelSpacing => ({
  betweenColumns: mm(betweenColumns),
  betweenRows: mm(betweenRows),
});
