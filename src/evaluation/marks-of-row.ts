import type { LesionRow } from '../dataset/index.js';
import { pixelIndex, type Pair, type PixelIndex, type PixelMarks } from '../domain/index.js';
import { centreOfMarks } from '../segmentation/index.js';

export interface MarksChoice {
  /** observer: the reader's own; exact: the axes of the expert mask. */
  readonly marks: 'observer' | 'exact';
  /** Readers mark short: factor by which both axes are scaled about the centre of the marks. */
  readonly scaleMarks: number;
}

/** The marks that a method is given for a row; undefined where the row has none of that kind. */
export function marksOfRow(row: LesionRow, { marks: kind, scaleMarks }: MarksChoice): PixelMarks | undefined {
  const marks = kind === 'observer' ? row.observerMarks : row.exactMarks;
  if (!marks || scaleMarks === 1) return marks;
  const centre = centreOfMarks(marks, row.spacing);
  // marks without length have no centre; the method will refuse them
  if (!centre.ok) return marks;
  const { column, row: y } = centre.value;
  const scaled = (ends: Pair<PixelIndex>): Pair<PixelIndex> => {
    const end = (p: PixelIndex) => pixelIndex(column + scaleMarks * (p.column - column), y + scaleMarks * (p.row - y));
    return [end(ends[0]), end(ends[1])];
  };
  return { longAxis: scaled(marks.longAxis), shortAxis: marks.shortAxis && scaled(marks.shortAxis) };
}
