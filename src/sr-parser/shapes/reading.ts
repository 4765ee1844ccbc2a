/** What was understood of one group, before it is joined with others and becomes a measurement. */
import type { ImageReference } from '../../domain/index.js';
import type { AxisNumber, StatedLength } from '../axis-number.js';
import type { Group } from '../groups.js';
import type { Line } from '../graphics.js';
import type { Meaning } from '../meaning.js';

/** The shapes that reports come in (docs/reports.md). */
export type ShapeLetter = 'A' | 'B' | 'C' | 'D' | 'E' | 'F' | 'G' | 'H' | 'I' | 'J' | 'K' | 'L' | 'M';

/** One axis: its number, its lines, or both. More than one line where it was drawn on several images. */
export interface DrawnAxis {
  readonly number: StatedLength | undefined;
  readonly lines: readonly Line[];
}

export interface Reading extends Meaning {
  /** Path of the group in its carrier (`1.5.2`) and, where a container holds several, which run or pair of it. */
  readonly where: string;
  readonly run: number | undefined;
  readonly letters: readonly ShapeLetter[];
  readonly long: DrawnAxis | undefined;
  readonly short: DrawnAxis | undefined;
  /** A length or diameter: which axis it is depends on what else was drawn (shape M). */
  readonly single: DrawnAxis | undefined;
  /** Images that a contour or the group names; used where no line has one. */
  readonly images: readonly ImageReference[];
  readonly hasDanglingReference: boolean;
  /** Half a pixel of the coordinates is uncertain. */
  readonly originUnknown: boolean;
}

/** Lines of one number, found in the group as one shape has them. */
export interface AxisShape {
  readonly letter: ShapeLetter;
  lines(number: AxisNumber, group: Group): readonly Line[];
}

export const hasLines = (axis: DrawnAxis | undefined): boolean => axis !== undefined && axis.lines.length > 0;
