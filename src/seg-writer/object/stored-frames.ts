import { TAG, type DataSet } from '../../domain/index.js';
import { BitFrames } from './bit-frames.js';
import { packedMasks, withoutZeros, type PackedPixels } from './packed-pixels.js';
import { PIXEL_FORMATS, segmentationTypeOf } from './pixel-format.js';
import { setPixelsOf } from './set-pixels.js';

/** A frame as it is asked for: what it gives is a view that the next frame may be written into. */
export interface FramePixels {
  /** One byte a pixel: 0 and 1, or stored probabilities. */
  readonly values: () => Uint8Array;
  /** Pixels of one bit packed eight a byte; stored probabilities as they are. */
  readonly packed: () => PackedPixels;
}

export interface StoredFrame extends FramePixels {
  /** Counted from 1. */
  readonly number: number;
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
  const bits = new BitFrames(stored, pixels);
  return function* (segmentNumber) {
    for (const [index, segment] of segments.entries()) {
      const number = index + 1;
      const frame = (): Uint8Array => stored.subarray(index * pixels, number * pixels);
      if (type === 'labelmap') {
        const labelled = bitsOf(frame(), segmentNumber);
        if (labelled) yield { number, ...labelled };
      } else if (segment !== segmentNumber) continue;
      else if (type === 'fractional') yield { number, values: frame, packed: () => withoutZeros(frame()) };
      else {
        bits.load(index);
        yield { number, values: () => bits.unpacked(), packed: () => bits.packed() };
      }
    }
  };
}

/** Where a label stands; undefined where it stands nowhere. */
export function bitsOf(labels: Iterable<number>, label: number): FramePixels | undefined {
  const values = Uint8Array.from(labels, (each) => (each === label ? 1 : 0));
  const set = setPixelsOf(values);
  return set && { values: () => values, packed: () => packedMasks([{ values, set }])[0]! };
}
