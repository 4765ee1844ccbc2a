import { TAG } from '../../domain/index.js';
import { isAmbiguous } from '../layout/frame-padding.js';
import { problem, type SegmentationProblem } from './problems.js';
import type { ReadSegmentation } from './read-segmentation.js';

/** Length of so many frames without compression, before it is padded to an even one. */
function lengthOf({ dataSet, rows, columns }: ReadSegmentation, frames: number): number {
  return Math.ceil((frames * rows * columns * (dataSet.number(TAG.BitsAllocated) ?? 1)) / 8);
}

/** Whether the pixel data is as long as so many frames are. */
export function holdsFrames(object: ReadSegmentation, frames: number): boolean {
  const length = lengthOf(object, frames);
  const held = object.pixelData?.length;
  return held === length || held === length + (length % 2);
}

/** Pixel data without compression: whether its length is what the header asks for, and what readers make of the sizes. */
export function checkPixelLength(object: ReadSegmentation, pixelData: Uint8Array): readonly SegmentationProblem[] {
  const { rows, columns, dataSet, form } = object;
  const pixels = rows * columns;
  const said = object.numberOfFrames ?? object.frames.length;
  if (pixels === 0) return [problem('pixel-data-long')];
  if (!holdsFrames(object, said)) {
    // where the pixels fit the items, it is the number that is wrong
    if (holdsFrames(object, object.frames.length)) return [];
    const bytes = said * pixels;
    if (
      dataSet.number(TAG.BitsAllocated) === 1 &&
      (pixelData.length === bytes || pixelData.length === bytes + (bytes % 2))
    )
      return [problem('pixel-data-bytes')];
    return [problem(pixelData.length < lengthOf(object, said) ? 'pixel-data-short' : 'pixel-data-long')];
  }
  if (form !== 'BINARY' || dataSet.number(TAG.BitsAllocated) !== 1) return [];
  return [
    ...(isAmbiguous(said, pixels) ? [problem('pixel-length-ambiguous')] : []),
    ...(pixels % 8 === 0 || said < 2 ? [] : [problem('frames-not-whole-bytes')]),
    ...(columns % 8 === 0 ? [] : [problem('columns-not-whole-bytes')]),
    ...(lengthOf(object, said) % 2 === 0 ? [] : [problem('pixel-pad-byte')]),
  ];
}
