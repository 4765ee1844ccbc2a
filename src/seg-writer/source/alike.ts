import { holdSameBytes } from '../../dicom/index.js';
import { TAG, type DataSet, type Tag } from '../../domain/index.js';
import { IDENTITY } from './identity.js';

/** What the images of one series say alike, as a rule: all that is copied from them, compared with them or asked of them, but which slice they are. */
const ALIKE: readonly Tag[] = [
  TAG.SpecificCharacterSet,
  TAG.SOPClassUID,
  ...IDENTITY,
  TAG.StudyInstanceUID,
  TAG.SeriesInstanceUID,
  TAG.FrameOfReferenceUID,
  TAG.Rows,
  TAG.Columns,
  TAG.ImageOrientationPatient,
  TAG.PixelSpacing,
  TAG.SliceThickness,
];

/**
 * Finds images that say the same, byte for byte, so that what holds for one of a thousand slices need not be read from each. Images are asked for in
 * the order of their series.
 */
export class AlikeImages {
  #first: DataSet | undefined;

  /** The first image that says what this one does; itself where that is not known. */
  firstLike(header: DataSet): DataSet {
    if (header === this.#first) return header;
    // without bytes (DICOM JSON) or with frames of their own nothing is known by a look
    if (header.bytes(TAG.SOPInstanceUID) === undefined || header.has(TAG.PerFrameFunctionalGroupsSequence))
      return header;
    const first = this.#first;
    if (first && ALIKE.every((tag) => holdSameBytes(header, first, tag))) return first;
    return (this.#first = header);
  }
}
