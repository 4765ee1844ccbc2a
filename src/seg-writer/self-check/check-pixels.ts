import { TAG } from '../../domain/index.js';
import { isAmbiguous } from '../layout/frame-padding.js';
import { hasPixel, pixelsOf, unpackFrame } from '../object/pack-bits.js';
import { receiptOfSegment } from '../own-segments.js';
import { positionKey } from './check-frames.js';
import { problem, type SegmentationProblem } from './problems.js';
import type { ReadFrame, ReadSegmentation } from './read-segmentation.js';

/** The digest that a receipt should have for a segment whose frames hold these pixels, one byte each. */
export type DigestOf = (segmentNumber: number, frames: Iterable<Uint8Array>) => string;

/** Length of the pixel data, pixels of every frame, and each segment's mask against its receipt. */
export function checkPixels(object: ReadSegmentation, digestOf: DigestOf): readonly SegmentationProblem[] {
  const { rows, columns, numberOfFrames, pixelData } = object;
  if (!pixelData) return [problem('pixel-data-missing')];
  const pixels = rows * columns;
  const count = numberOfFrames ?? object.frames.length;
  const bytes = Math.ceil((count * pixels) / 8);
  if (pixelData.length !== bytes + (bytes % 2) || pixels === 0) return [problem('pixel-length')];
  return [
    ...(isAmbiguous(count, pixels) ? [problem('pixel-length-ambiguous')] : []),
    ...checkMasks(object, pixelData, digestOf),
  ];
}

function checkMasks(
  object: ReadSegmentation,
  pixelData: Uint8Array,
  digestOf: DigestOf,
): readonly SegmentationProblem[] {
  const { rows, columns, segments, numberOfFrames } = object;
  const frames = object.frames.slice(0, numberOfFrames);
  const ofSegment = grouped(frames, (frame) => frame.segmentNumber);
  const bits = new Uint8Array(rows * columns);
  const found: SegmentationProblem[] = [];
  for (const [index, segment] of segments.entries()) {
    const number = segment.number(TAG.SegmentNumber) ?? index + 1;
    const own = ofSegment.get(number);
    if (!own) continue;
    const empty: ReadFrame[] = [];
    const digest = digestOf(number, unpacked(own, pixelData, bits, empty));
    const receipt = receiptOfSegment(segment);
    if (receipt && receipt.maskSha256 !== digest) found.push(problem('mask-differs', { segment: number }));
    if (empty.length === own.length) found.push(problem('segment-empty', { segment: number }));
    else if ((rows * columns) % 16 === 0)
      found.push(...empty.map((frame) => problem('frame-empty', { segment: number, frame: frame.number })));
  }
  return [...found, ...checkOverlaps(object, frames, pixelData)];
}

/** The pixels of frames one after the other, in one buffer; frames without any are noted. */
function* unpacked(
  frames: readonly ReadFrame[],
  pixelData: Uint8Array,
  bits: Uint8Array,
  empty: ReadFrame[],
): Generator<Uint8Array> {
  for (const frame of frames) {
    unpackFrame(pixelData, frame.number - 1, bits);
    if (!hasPixel(bits)) empty.push(frame);
    yield bits;
  }
}

/** Frames of several segments at one position must not share a pixel unless the object says so. */
function checkOverlaps(
  { dataSet, rows, columns }: ReadSegmentation,
  frames: readonly ReadFrame[],
  pixelData: Uint8Array,
): readonly SegmentationProblem[] {
  if (dataSet.text(TAG.SegmentsOverlap) === 'YES') return [];
  const found: SegmentationProblem[] = [];
  for (const together of grouped(frames, positionKey).values()) {
    if (together.length < 2) continue;
    const taken = new Uint8Array(rows * columns);
    const bits = new Uint8Array(rows * columns);
    for (const frame of together) {
      unpackFrame(pixelData, frame.number - 1, bits);
      let shares = false;
      for (const at of pixelsOf(bits)) {
        shares ||= taken[at] === 1;
        taken[at] = 1;
      }
      if (shares) found.push(problem('segments-overlap', { frame: frame.number }));
    }
  }
  return found;
}

function grouped<K>(
  frames: readonly ReadFrame[],
  keyOf: (frame: ReadFrame) => K,
): ReadonlyMap<K, readonly ReadFrame[]> {
  const groups = new Map<K, ReadFrame[]>();
  for (const frame of frames) {
    const key = keyOf(frame);
    const already = groups.get(key);
    if (already) already.push(frame);
    else groups.set(key, [frame]);
  }
  return groups;
}
