import { TAG, type DataSet } from '../../domain/index.js';
import { hasPixel, unpackFrame } from './pack-bits.js';
import { PIXEL_FORMATS, segmentationTypeOf, type PixelFormat } from './pixel-format.js';

export interface StoredFrame {
  /** Counted from 1. */
  readonly number: number;
  /** One byte a pixel: 0 and 1, or stored probabilities. */
  readonly values: Uint8Array;
}

/**
 * The frames of each segment in their order, as far as the pixel data holds them. Of a label map, those in which the segment's label stands. Frames
 * are unpacked one by one as they are asked for.
 */
export function storedFramesOf(dataSet: DataSet): (segmentNumber: number) => Iterable<StoredFrame> {
  const type = segmentationTypeOf(dataSet.text(TAG.SegmentationType));
  const pixels = (dataSet.number(TAG.Rows) ?? 0) * (dataSet.number(TAG.Columns) ?? 0);
  const stored = dataSet.bytes(TAG.PixelData);
  const format = type && PIXEL_FORMATS[type];
  if (!stored || !format || pixels === 0 || dataSet.number(TAG.BitsAllocated) !== format.bits) return () => [];
  const segments = dataSet
    .items(TAG.PerFrameFunctionalGroupsSequence)
    .slice(0, Math.floor((stored.length * 8) / (pixels * format.bits)))
    .map((group) => group.items(TAG.SegmentIdentificationSequence)[0]?.number(TAG.ReferencedSegmentNumber));
  return function* (segmentNumber) {
    for (const [index, segment] of segments.entries()) {
      if (type !== 'labelmap') {
        if (segment === segmentNumber) yield { number: index + 1, values: frameOf(stored, index, pixels, format) };
        continue;
      }
      const bits = frameOf(stored, index, pixels, format).map((label) => (label === segmentNumber ? 1 : 0));
      if (hasPixel(bits)) yield { number: index + 1, values: bits };
    }
  };
}

function frameOf(stored: Uint8Array, index: number, pixels: number, { bits }: PixelFormat): Uint8Array {
  if (bits === 8) return stored.subarray(index * pixels, (index + 1) * pixels);
  const unpacked = new Uint8Array(pixels);
  unpackFrame(stored, index, unpacked);
  return unpacked;
}
