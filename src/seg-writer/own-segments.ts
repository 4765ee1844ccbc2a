import { EQUIPMENT, receiptOf, TAG, uidOf, type DataSet, type Mask, type Receipt, type Uid } from '../domain/index.js';
import { hasPixel, maskDigest, unpackFrame } from './object/pack-bits.js';

/** A segment that we wrote: its number, the lesion's UID, and the receipt that says which work it was. */
export interface OwnSegment {
  readonly segmentNumber: number;
  readonly trackingUID: Uid;
  readonly receipt: Receipt;
  /** Whether the pixels of the segment are those of its receipt. */
  readonly maskMatches: boolean;
}

/**
 * The segments of an object of ours; empty for anybody else's. Ours is known by its equipment and our receipt in a segment, never by the prefix of
 * its UIDs (everybody's) or its contributing equipment, which corrections by others may copy.
 */
export function ownSegments(dataSet: DataSet): readonly OwnSegment[] {
  if (dataSet.text(TAG.Manufacturer) !== EQUIPMENT.manufacturer) return [];
  if (dataSet.text(TAG.ManufacturerModelName) !== EQUIPMENT.modelName) return [];
  return dataSet.items(TAG.SegmentSequence).flatMap((segment): OwnSegment[] => {
    const segmentNumber = segment.number(TAG.SegmentNumber);
    const trackingUID = uidOf<Uid>(segment.text(TAG.TrackingUID));
    const receipt = receiptOfSegment(segment);
    if (segmentNumber === undefined || !trackingUID.ok || !receipt) return [];
    const maskMatches = maskDigest(framesOf(dataSet, segmentNumber)) === receipt.maskSha256;
    return [{ segmentNumber, trackingUID: trackingUID.value, receipt, maskMatches }];
  });
}

/** The receipt in the algorithm parameters of one item of SegmentSequence. */
export const receiptOfSegment = (segment: DataSet): Receipt | undefined =>
  receiptOf(segment.items(TAG.SegmentationAlgorithmIdentificationSequence)[0]?.text(TAG.AlgorithmParameters));

/** The pixels of a segment of a BINARY object on its one slice; undefined where it has none. */
export function segmentMask(dataSet: DataSet, segmentNumber: number): Mask | undefined {
  for (const bits of framesOf(dataSet, segmentNumber))
    if (hasPixel(bits)) return { rows: dataSet.number(TAG.Rows) ?? 0, columns: dataSet.number(TAG.Columns) ?? 0, bits };
  return undefined;
}

/** Frames of a segment in their order, one byte a pixel; none where the pixel data does not hold them. */
function* framesOf(dataSet: DataSet, segmentNumber: number): Generator<Uint8Array> {
  const pixels = (dataSet.number(TAG.Rows) ?? 0) * (dataSet.number(TAG.Columns) ?? 0);
  const packed = dataSet.bytes(TAG.PixelData) ?? new Uint8Array(0);
  for (const [index, frame] of dataSet.items(TAG.PerFrameFunctionalGroupsSequence).entries()) {
    const number = frame.items(TAG.SegmentIdentificationSequence)[0]?.number(TAG.ReferencedSegmentNumber);
    if (number !== segmentNumber || pixels === 0 || packed.length * 8 < (index + 1) * pixels) continue;
    const bits = new Uint8Array(pixels);
    unpackFrame(packed, index, bits);
    yield bits;
  }
}
