import {
  EQUIPMENT,
  receiptOf,
  TAG,
  uidOf,
  type DataSet,
  type ImageReference,
  type Mask,
  type Receipt,
  type Uid,
} from '../domain/index.js';
import { isOfReceipt } from './object/mask-digest.js';
import { hasPixel } from './object/set-pixels.js';
import { CERTAIN, PIXEL_FORMATS } from './object/pixel-format.js';
import { storedFramesOf } from './object/stored-frames.js';

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
  const framesOf = storedFramesOf(dataSet);
  return dataSet.items(TAG.SegmentSequence).flatMap((segment): OwnSegment[] => {
    const segmentNumber = segment.number(TAG.SegmentNumber);
    const trackingUID = uidOf<Uid>(segment.text(TAG.TrackingUID));
    const receipt = receiptOfSegment(segment);
    if (segmentNumber === undefined || !trackingUID.ok || !receipt) return [];
    const maskMatches = isOfReceipt(receipt, framesOf(segmentNumber));
    return [{ segmentNumber, trackingUID: trackingUID.value, receipt, maskMatches }];
  });
}

/** The receipt in the algorithm parameters of one item of SegmentSequence. */
export const receiptOfSegment = (segment: DataSet): Receipt | undefined =>
  receiptOf(segment.items(TAG.SegmentationAlgorithmIdentificationSequence)[0]?.text(TAG.AlgorithmParameters));

/** Of a FRACTIONAL segment, what is more likely than not. */
const LIKELY = CERTAIN / 2;

/**
 * The pixels of a segment on `image`, or on its first slice where none is asked for, in whatever form they are stored; undefined where it has none
 * there.
 */
export function segmentMask(dataSet: DataSet, segmentNumber: number, image?: ImageReference): Mask | undefined {
  const fractional = dataSet.text(TAG.SegmentationType) === PIXEL_FORMATS.fractional.term;
  const groups = image && dataSet.items(TAG.PerFrameFunctionalGroupsSequence);
  for (const { number, values: valuesOf } of storedFramesOf(dataSet)(segmentNumber)) {
    if (groups && !isDrawnOn(groups[number - 1], image)) continue;
    const values = valuesOf();
    const bits = fractional ? values.map((value) => (value > LIKELY ? 1 : 0)) : values.slice();
    if (hasPixel(bits)) return { rows: dataSet.number(TAG.Rows) ?? 0, columns: dataSet.number(TAG.Columns) ?? 0, bits };
  }
  return undefined;
}

/** Whether the frame with these functional groups names the image as what it was drawn on. */
function isDrawnOn(groups: DataSet | undefined, { sopInstanceUID, frame }: ImageReference): boolean {
  const source = groups?.items(TAG.DerivationImageSequence)[0]?.items(TAG.SourceImageSequence)[0];
  return (
    source?.text(TAG.ReferencedSOPInstanceUID) === sopInstanceUID && source.number(TAG.ReferencedFrameNumber) === frame
  );
}
