import {
  TAG,
  asReadUid,
  type DataSet,
  type ImageReference,
  type SopClassUid,
  type SopInstanceUid,
  type Tag,
} from '../domain/index.js';

/** A line lies on one frame; some writers name a few. A list of thousands is no place for a mark. */
const MOST_FRAMES = 32;

/** The instances that an IMAGE item names, one reference a frame (PS3.3 C.17.3, 10.3). */
export const imageReferences = (item: DataSet): readonly ImageReference[] =>
  imagesNamed(item, TAG.ReferencedSOPSequence);

/** The same of any sequence of SOP instance references. */
export function imagesNamed(item: DataSet, sequence: Tag): readonly ImageReference[] {
  const references = item.items(sequence);
  return references.length === 1 ? framesOf(references[0]!) : references.slice(0, MOST_FRAMES).flatMap(framesOf);
}

function framesOf(reference: DataSet): readonly ImageReference[] {
  const sopInstanceUID = reference.text(TAG.ReferencedSOPInstanceUID);
  if (sopInstanceUID === undefined) return [];
  const sopClass = reference.text(TAG.ReferencedSOPClassUID);
  const image = {
    sopClassUID: sopClass === undefined ? undefined : asReadUid<SopClassUid>(sopClass),
    sopInstanceUID: asReadUid<SopInstanceUid>(sopInstanceUID),
  };
  // NCI AIM writes frame 0 for "not a multi-frame image"; frames count from 1.
  const frames = reference
    .numbers(TAG.ReferencedFrameNumber)
    .slice(0, MOST_FRAMES)
    .filter((frame) => Number.isInteger(frame) && frame > 0);
  return frames.length === 0 ? [{ ...image, frame: undefined }] : frames.map((frame) => ({ ...image, frame }));
}

export const sameImage = (a: ImageReference, b: ImageReference): boolean =>
  a.sopInstanceUID === b.sopInstanceUID && a.frame === b.frame;
