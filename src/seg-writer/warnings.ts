import { keywordOf } from '../dicom/index.js';
import { tagText, type Tag } from '../domain/index.js';

/** What an outcome says beside "stored": repairs of the source's header, things left out, and readers that will not show the object. */
export const WARNINGS = {
  'header.cut': 'a value of the image is longer than its VR allows and was cut',
  'header.reprinted': 'a decimal of the image has more than 16 characters and was printed with fewer digits',
  'header.upper-cased': 'a code string of the image is not in upper case',
  'header.controls-dropped': 'control characters in a text of the image were dropped',
  'header.dropped': 'a value of the image is not legal and was left out',
  'header.character-set-undeclared': 'the image has text outside the character set it declares; it was copied as it is',
  'header.character-sets-converted': 'texts of the image are in several character sets; they were written in UTF-8',
  'header.character-sets-unreadable':
    'texts of the image are in several character sets and cannot all be decoded; their bytes were copied as they are',
  'header.lossy-ratio-missing': 'the image is lossy but does not say how much',
  'geometry.thickness-from-step': 'the image has no slice thickness; the distance of slices was written',
  'geometry.thickness-unknown':
    'the image has no slice thickness and the distance of slices is not known; 1 mm was written',
  'geometry.one-object-a-slice': 'the slices form no regular volume: one object a slice',
  'meaning.finding-not-coded': 'the finding is not a code that is known here: the segment is called a lesion',
  'meaning.site-dropped': 'the finding site has no usable code and was left out',
  'meaning.laterality-dropped': 'the laterality has no usable code and was left out',
  'meaning.identifier-replaced': 'the tracking identifier cannot stand in a segment and was replaced by a number',
  'report.not-referenced': 'the report cannot be referred to: its identifiers are missing or malformed',
  'policy.name-too-long': 'the name of the rule is too long to stand in the object',
  'report.equipment-not-ascii': 'the equipment of the report is not written in ASCII and was left out',
  'reader.itk-frames-not-whole-bytes': 'frames are not whole bytes: itk-wasm misreads them',
  'reader.orthanc-columns-not-whole-bytes': 'columns are not whole bytes: Orthanc 1.10 gives no single frames',
  'reader.cornerstone-pad-byte': 'the pixel data ends with a pad byte: Cornerstone3D refuses the object',
  'reader.cornerstone-character-sets':
    'texts are in several character sets, as in the image: Cornerstone3D, hence OHIF, refuses the object',
} as const;

export type WarningCode = keyof typeof WARNINGS;

/** `code`, or `code:Keyword` where it concerns one attribute. */
export const warning = (code: WarningCode, tag?: Tag): string =>
  tag === undefined ? code : `${code}:${keywordOf(tag) ?? tagText(tag)}`;
