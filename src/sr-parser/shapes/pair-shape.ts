import type { Graphic, Line } from '../graphics.js';
import type { ShapeLetter } from './reading.js';

/** Both axes in one graphic. */
export interface PairShape {
  readonly letter: ShapeLetter;
  axes(graphic: Graphic): { readonly long: Line; readonly short: Line } | undefined;
}
