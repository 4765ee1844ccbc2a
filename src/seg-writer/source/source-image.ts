import {
  fail,
  ok,
  TAG,
  uidOf,
  type DataSet,
  type FrameOfReferenceUid,
  type Result,
  type SeriesInstanceUid,
  type SopClassUid,
  type SopInstanceUid,
  type SliceWithoutPixels,
  type StudyInstanceUid,
  type Tag,
  type Uid,
} from '../../domain/index.js';
import { keywordOf, type Element, functionalGroup } from '../../dicom/index.js';
import type { Refusal } from '../request.js';
import { AlikeImages } from './alike.js';
import { copyAttribute } from './copy-attribute.js';
import { isMultiFrame } from './multi-frame.js';

/** A slice that segments may stand on: everything that must be named or copied exactly is there and legal. */
export interface SourceImage {
  readonly slice: SliceWithoutPixels;
  readonly sopClassUID: SopClassUid;
  readonly sopInstanceUID: SopInstanceUid;
  readonly seriesInstanceUID: SeriesInstanceUid;
  readonly studyInstanceUID: StudyInstanceUid;
  readonly frameOfReferenceUID: FrameOfReferenceUid;
  /** Frame number, counted from 1; undefined for a single-frame image, whose references name none. */
  readonly frame: number | undefined;
  /** Two slices are the same if they are the same frame of the same instance. */
  readonly identity: string;
  /** Header of the first image that says the same of patient, study, series and grid. */
  readonly like: DataSet;
  readonly position: Element;
  readonly orientation: Element;
  readonly pixelSpacing: Element;
  /** Undefined where the image gives none above zero. */
  readonly sliceThickness: Element | undefined;
  readonly warnings: readonly string[];
}

/** Slices as they are asked for, each looked at once; of images that are alike only the first is read as a whole. */
export class SourceImages {
  readonly #alike = new AlikeImages();
  readonly #admitted = new Map<SliceWithoutPixels, Result<SourceImage, Refusal>>();
  readonly #firsts = new Map<DataSet, SourceImage>();

  admit(slice: SliceWithoutPixels): Result<SourceImage, Refusal> {
    const known = this.#admitted.get(slice);
    if (known) return known;
    const like = this.#alike.firstLike(slice.header);
    const first = like === slice.header ? undefined : this.#firsts.get(like);
    const admitted = first ? admitLike(slice, first) : admitSource(slice);
    if (admitted.ok && like === slice.header) this.#firsts.set(like, admitted.value);
    this.#admitted.set(slice, admitted);
    return admitted;
  }
}

/** A slice whose image says what the first one does, of another place. */
function admitLike(slice: SliceWithoutPixels, first: SourceImage): Result<SourceImage, Refusal> {
  const sopInstanceUID = requiredUid<SopInstanceUid>(slice.header, TAG.SOPInstanceUID);
  if (!sopInstanceUID.ok) return sopInstanceUID;
  const position = copyAttribute(slice.header, TAG.ImagePositionPatient);
  if (position.kind !== 'copied') return headerInvalid(TAG.ImagePositionPatient);
  const warnings = position.warnings.length > 0 ? [...first.warnings, ...position.warnings] : first.warnings;
  return ok({
    ...first,
    slice,
    sopInstanceUID: sopInstanceUID.value,
    identity: identityOf(sopInstanceUID.value, first.frame),
    position: position.element,
    warnings,
  });
}

const identityOf = (sopInstanceUID: SopInstanceUid, frame: number | undefined): string =>
  `${sopInstanceUID} ${frame ?? ''}`;

function admitSource(slice: SliceWithoutPixels): Result<SourceImage, Refusal> {
  const { header } = slice;
  const sopClassUID = requiredUid<SopClassUid>(header, TAG.SOPClassUID);
  if (!sopClassUID.ok) return sopClassUID;
  const sopInstanceUID = requiredUid<SopInstanceUid>(header, TAG.SOPInstanceUID);
  if (!sopInstanceUID.ok) return sopInstanceUID;
  const seriesInstanceUID = requiredUid<SeriesInstanceUid>(header, TAG.SeriesInstanceUID);
  if (!seriesInstanceUID.ok) return seriesInstanceUID;
  const studyInstanceUID = requiredUid<StudyInstanceUid>(header, TAG.StudyInstanceUID);
  if (!studyInstanceUID.ok) return studyInstanceUID;
  if (header.text(TAG.FrameOfReferenceUID) === undefined) return fail({ reason: 'no-frame-of-reference' });
  const frameOfReferenceUID = requiredUid<FrameOfReferenceUid>(header, TAG.FrameOfReferenceUID);
  if (!frameOfReferenceUID.ok) return frameOfReferenceUID;

  const frame = isMultiFrame(header) ? (slice.reference.frame ?? 1) : undefined;
  const warnings: string[] = [];
  const place = (group: Tag, tag: Tag): Result<Element, Refusal> => {
    const holder = frame === undefined ? header : functionalGroup(header, frame, group);
    const result = holder === undefined ? undefined : copyAttribute(holder, tag, header);
    if (result?.kind !== 'copied') return headerInvalid(tag);
    warnings.push(...result.warnings);
    return ok(result.element);
  };
  const position = place(TAG.PlanePositionSequence, TAG.ImagePositionPatient);
  if (!position.ok) return position;
  const orientation = place(TAG.PlaneOrientationSequence, TAG.ImageOrientationPatient);
  if (!orientation.ok) return orientation;
  const pixelSpacing = place(TAG.PixelMeasuresSequence, TAG.PixelSpacing);
  if (!pixelSpacing.ok) return pixelSpacing;
  const measures = frame === undefined ? header : functionalGroup(header, frame, TAG.PixelMeasuresSequence);
  const thick = (measures?.number(TAG.SliceThickness) ?? 0) > 0;
  const sliceThickness = thick ? place(TAG.PixelMeasuresSequence, TAG.SliceThickness) : undefined;

  return ok({
    slice,
    sopClassUID: sopClassUID.value,
    sopInstanceUID: sopInstanceUID.value,
    seriesInstanceUID: seriesInstanceUID.value,
    studyInstanceUID: studyInstanceUID.value,
    frameOfReferenceUID: frameOfReferenceUID.value,
    frame,
    identity: identityOf(sopInstanceUID.value, frame),
    like: header,
    position: position.value,
    orientation: orientation.value,
    pixelSpacing: pixelSpacing.value,
    sliceThickness: sliceThickness?.ok ? sliceThickness.value : undefined,
    warnings,
  });
}

/** A UID that is malformed can be looked up in an archive, but not referred to by a conformant object. */
function requiredUid<T extends Uid>(header: DataSet, tag: Tag): Result<T, Refusal> {
  const uid = uidOf<T>(header.text(tag));
  return uid.ok ? uid : headerInvalid(tag);
}

export const headerInvalid = (tag: Tag): { readonly ok: false; readonly error: Refusal } => {
  const detail = keywordOf(tag);
  return fail(detail === undefined ? { reason: 'source-header-invalid' } : { reason: 'source-header-invalid', detail });
};
