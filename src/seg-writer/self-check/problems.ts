import { keywordOf } from '../../dicom/index.js';
import { tagText, type Tag } from '../../domain/index.js';

/** What can be wrong with a segmentation. An error stops the store; a warning is something a reader may stumble over, or that we do not write. */
export const SEGMENTATION_PROBLEMS = {
  // the file
  'file-unreadable': { severity: 'error', says: 'the bytes are no whole DICOM file' },
  'file-meta-differs': { severity: 'error', says: 'file meta information names another object than the data set' },
  'transfer-syntax-implicit': { severity: 'warning', says: 'implicit VR: readers must know every VR by themselves' },
  'transfer-syntax': { severity: 'error', says: 'a transfer syntax that not every reader of segmentations knows' },
  'sop-class': { severity: 'error', says: 'not a Segmentation' },
  // values
  'vr-differs': { severity: 'error', says: 'an element has another VR than the dictionary' },
  'value-too-long': { severity: 'error', says: 'a value is longer than its VR allows' },
  'value-illegal': { severity: 'error', says: 'a value is not legal for its VR' },
  'value-not-expected': { severity: 'error', says: 'a value is not the one that a BINARY segmentation has' },
  'attribute-missing': { severity: 'error', says: 'a required attribute is absent, or has no value' },
  'attribute-advised': { severity: 'warning', says: 'an attribute that readers like to see is absent' },
  'code-incomplete': { severity: 'error', says: 'a code lacks its value, scheme or meaning' },
  'text-outside-character-set': { severity: 'error', says: 'text outside ASCII without a declared character set' },
  // segments
  'segment-numbers': { severity: 'error', says: 'segments are not numbered 1, 2, 3 in their order' },
  'segment-unknown': { severity: 'error', says: 'a frame belongs to a segment that is not described' },
  'segment-without-frame': { severity: 'warning', says: 'a segment has no frame' },
  'segment-empty': { severity: 'error', says: 'no pixel of a segment is set' },
  'segments-overlap': { severity: 'error', says: 'two segments share a pixel of one slice' },
  'tracking-incomplete': { severity: 'error', says: 'tracking identifier and UID do not stand together' },
  // frames and pixels
  'number-of-frames-differs': { severity: 'error', says: 'NumberOfFrames is not the number of per-frame items' },
  'pixel-data-missing': { severity: 'error', says: 'there is no pixel data' },
  'pixel-data-words': { severity: 'warning', says: 'pixel data is OW where OB is usual' },
  'pixel-length': {
    severity: 'error',
    says: 'the pixel data has another length than frames, rows and columns ask for',
  },
  'pixel-length-ambiguous': {
    severity: 'error',
    says: 'the length fits frames padded to whole bytes too: one viewer reads it so',
  },
  'mask-differs': { severity: 'error', says: 'the pixels of a segment are not those of its receipt' },
  'frame-empty': { severity: 'warning', says: 'no pixel of a frame is set, and its size does not ask for that' },
  'frame-twice': { severity: 'error', says: 'two frames have the same segment and position' },
  'group-missing': { severity: 'error', says: 'a functional group is absent' },
  'group-per-frame': {
    severity: 'error',
    says: 'a functional group stands per frame that some readers look for in the shared ones only',
  },
  'dimension-organization': {
    severity: 'error',
    says: 'the dimensions are not segment and position under one organization',
  },
  'dimension-index': { severity: 'error', says: 'dimension indices are not segment and rank of the position' },
  // references
  'derivation-image-missing': { severity: 'error', says: 'a frame does not name the image it was drawn on' },
  'source-image-not-one': { severity: 'error', says: 'a frame names several images' },
  'reference-unknown': { severity: 'error', says: 'a frame names an image that is not at hand' },
  'reference-class-differs': { severity: 'error', says: 'a reference names another SOP class than the image has' },
  'frame-number': {
    severity: 'error',
    says: 'a reference names a frame of a single-frame image, or none of a multi-frame image',
  },
  'spatial-locations': { severity: 'error', says: 'a reference does not say that spatial locations are preserved' },
  'referenced-series-missing': { severity: 'error', says: 'ReferencedSeriesSequence is absent' },
  'referenced-series-order': { severity: 'error', says: 'the image series is not the first referenced series' },
  'referenced-series-differs': {
    severity: 'error',
    says: 'ReferencedSeriesSequence names another series than the images have',
  },
  'referenced-instances-differ': {
    severity: 'error',
    says: 'ReferencedSeriesSequence lists other instances than the frames name',
  },
  'top-level-source-images': {
    severity: 'warning',
    says: 'a list of source images at the top, which viewers may take for a list by frame',
  },
  // geometry
  'frame-of-reference-differs': { severity: 'error', says: 'the frame of reference is not that of the images' },
  'position-differs': { severity: 'error', says: 'a frame lies elsewhere than its image' },
  'position-inexact': { severity: 'warning', says: "a position is not its image's to the last digit" },
  'orientation-differs': { severity: 'error', says: 'the orientation is not that of the images' },
  'pixel-spacing-differs': { severity: 'error', says: 'the pixel spacing is not that of the images' },
  'size-differs': { severity: 'error', says: 'rows and columns are not those of the images' },
  'slice-thickness': { severity: 'error', says: 'the slice thickness is not above zero' },
  'spacing-between-slices-missing': {
    severity: 'warning',
    says: 'the distance of slices is only implied by the thickness',
  },
  'no-volume': {
    severity: 'error',
    says: 'the positions are not where orientation and distance of slices put them: volume readers misplace frames',
  },
  // identity
  'identity-differs': { severity: 'error', says: 'an attribute of patient or study is not that of the images' },
  'study-differs': { severity: 'error', says: 'the study is not that of the images' },
  'series-is-a-source': { severity: 'error', says: 'the object claims the series of the images' },
} as const satisfies Record<string, { readonly severity: 'error' | 'warning'; readonly says: string }>;

export type SegmentationProblemCode = keyof typeof SEGMENTATION_PROBLEMS;

/** One thing that is wrong, and where. Frames and segments count from 1; never a value of the object. */
export interface SegmentationProblem {
  readonly code: SegmentationProblemCode;
  readonly severity: 'error' | 'warning';
  readonly says: string;
  readonly attribute?: string;
  readonly frame?: number;
  readonly segment?: number;
}

export interface Place {
  readonly tag?: Tag;
  readonly frame?: number;
  readonly segment?: number;
}

export function problem(code: SegmentationProblemCode, { tag, frame, segment }: Place = {}): SegmentationProblem {
  return {
    code,
    ...SEGMENTATION_PROBLEMS[code],
    ...(tag === undefined ? {} : { attribute: keywordOf(tag) ?? tagText(tag) }),
    ...(frame === undefined ? {} : { frame }),
    ...(segment === undefined ? {} : { segment }),
  };
}
