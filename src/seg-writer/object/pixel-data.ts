import { never } from '../../domain/index.js';
import type { Element } from '../../dicom/index.js';
import type { SegmentationType } from '../request.js';
import { packFrame } from './pack-bits.js';
import { asBuffer, pixelsOf } from './set-pixels.js';
import { BACKGROUND, PIXEL_FORMATS } from './pixel-format.js';
import type { FramePart, PlannedFrame } from './planned-object.js';

/** Bytes of pixel data, without the byte that makes the length even: 1-bit frames follow each other without padding. */
const lengthOfPixels = (bits: number, frames: number, pixelsPerFrame: number): number =>
  Math.ceil((frames * pixelsPerFrame * bits) / 8);

/** PixelData of an object (PS3.5 8.1.1), written into the file: one zero byte at the end where the length would be odd. */
export function pixelDataOf(
  type: SegmentationType,
  frames: readonly PlannedFrame[],
  { rows, columns }: { readonly rows: number; readonly columns: number },
): Element {
  const pixelsPerFrame = rows * columns;
  const length = lengthOfPixels(PIXEL_FORMATS[type].bits, frames.length, pixelsPerFrame);
  const fill = (into: Uint8Array): void => {
    frames.forEach(({ parts }, index) => {
      for (const part of parts) store(type, into, index * pixelsPerFrame, part);
    });
  };
  return { vr: 'OB', length: length + (length % 2), fill };
}

function store(
  type: SegmentationType,
  bytes: Uint8Array,
  start: number,
  { segmentNumber, values, set, packed }: FramePart,
): void {
  switch (type) {
    case 'binary':
      if (start % 8 === 0) return bytes.set(packed.bytes, start / 8 + packed.first);
      return packFrame(values, set, bytes, start);
    case 'fractional':
      return bytes.set(values, start);
    case 'labelmap':
      for (const at of pixelsOf(values)) bytes[start + at] = segmentNumber;
      return;
    default:
      never(type);
  }
}

/** Whether stored pixel data of one byte a pixel holds these frames and nothing else. */
export function holdsFrames(
  type: Exclude<SegmentationType, 'binary'>,
  stored: Uint8Array,
  frames: readonly PlannedFrame[],
  pixelsPerFrame: number,
): boolean {
  if (stored.length < frames.length * pixelsPerFrame) return false;
  const bytes = asBuffer(stored);
  return frames.every(({ parts }, index) => {
    const start = index * pixelsPerFrame;
    if (type === 'labelmap') return holdsLabels(bytes, start, parts, pixelsPerFrame);
    const probabilities = parts[0]!.values;
    return bytes.compare(probabilities, 0, pixelsPerFrame, start, start + pixelsPerFrame) === 0;
  });
}

function holdsLabels(bytes: Buffer, start: number, parts: PlannedFrame['parts'], pixels: number): boolean {
  let expected = 0;
  for (const { segmentNumber, values } of parts)
    for (const at of pixelsOf(values)) {
      if (bytes[start + at] !== segmentNumber) return false;
      expected++;
    }
  let labelled = 0;
  for (let at = start; at < start + pixels; at++) if (bytes[at] !== BACKGROUND) labelled++;
  return labelled === expected;
}
