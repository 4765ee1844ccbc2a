import type { AdmittedLesion } from '../object/planned-object.js';
import { warning } from '../warnings.js';

/**
 * The size rule for BINARY pixel data. 1-bit frames follow each other without padding and only the end is padded to an even length; readers
 * disagree about everything but objects whose pixels fill 16 bits. So frames without pixels are appended until they do, at most 15.
 */
const WHOLE = 16;

/**
 * How many empty frames to append: as many as make the pixel data whole words, if there are so many pairs of segment and position (`free`) that
 * hold no frame yet; none otherwise.
 */
export function fillUp(frames: number, free: number, pixelsPerFrame: number): number {
  for (let more = 0; more < WHOLE && more <= free; more++)
    if (((frames + more) * pixelsPerFrame) % WHOLE === 0) return more;
  return 0;
}

/** Pairs of segment and position that hold no frame. */
export const freePlaces = (lesions: readonly AdmittedLesion[], positions: number): number =>
  lesions.length * positions - framesOf(lesions);

/** One frame for every slice of every segment. */
export const framesOf = (lesions: readonly AdmittedLesion[]): number =>
  lesions.reduce((sum, { slices }) => sum + slices.length, 0);

/**
 * Whether the length of the pixel data is also what frames padded to whole bytes would have: then Cornerstone3D takes them as such, and every
 * frame but the first is some bits off.
 */
export function isAmbiguous(frames: number, pixelsPerFrame: number): boolean {
  const length = Math.ceil((frames * pixelsPerFrame) / 8);
  return (
    frames > 1 && pixelsPerFrame % 8 !== 0 && length % 2 === 0 && length === frames * Math.ceil(pixelsPerFrame / 8)
  );
}

/** Readers that will not show 1-bit frames of this size. */
export function sizeWarnings(frames: number, rows: number, columns: number): readonly string[] {
  const bits = frames * rows * columns;
  return [
    ...((rows * columns) % 8 === 0 ? [] : [warning('reader.itk-frames-not-whole-bytes')]),
    ...(columns % 8 === 0 ? [] : [warning('reader.orthanc-columns-not-whole-bytes')]),
    ...(Math.ceil(bits / 8) % 2 === 0 ? [] : [warning('reader.cornerstone-pad-byte')]),
  ];
}
