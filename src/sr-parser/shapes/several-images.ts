import type { ImageReference } from '../../domain/index.js';
import type { Line } from '../graphics.js';
import { sameImage } from '../image-references.js';
import type { DrawnAxis } from './reading.js';

/** The lines that were chosen for the two axes, the image both lie on, and how many images the lines name. */
export interface ChosenLines {
  readonly long: Line | undefined;
  readonly short: Line | undefined;
  readonly image: ImageReference | undefined;
  readonly images: number;
}

/**
 * K: a line may be selected from several images or frames, and an axis may have a line on each. The first complete pair on one image is the mark.
 * Lines on different images are no pair: then the long axis (or what there is) stands alone.
 */
export function chooseLines(long: DrawnAxis | undefined, short: DrawnAxis | undefined): ChosenLines {
  const longLines = long?.lines ?? [];
  const shortLines = short?.lines ?? [];
  const images = distinctImages([...longLines, ...shortLines]);
  for (const a of longLines)
    for (const b of shortLines) {
      const common = commonImage(a, b);
      if (common !== 'none') return { long: a, short: b, image: common, images };
    }
  const [first] = longLines.length > 0 ? longLines : shortLines;
  return {
    long: longLines.length > 0 ? first : undefined,
    short: longLines.length > 0 ? undefined : first,
    image: first?.images[0],
    images,
  };
}

/** A line without an image goes along with the other one's: patient coordinates have none, and some writers name the image once. */
export function commonImage(a: Line, b: Line): ImageReference | undefined | 'none' {
  if (a.space !== b.space) return 'none';
  if (a.images.length === 0) return b.images[0];
  if (b.images.length === 0) return a.images[0];
  return a.images.find((image) => b.images.some((other) => sameImage(image, other))) ?? 'none';
}

function distinctImages(lines: readonly Line[]): number {
  const seen: ImageReference[] = [];
  for (const line of lines)
    for (const image of line.images) if (!seen.some((other) => sameImage(image, other))) seen.push(image);
  return seen.length;
}
