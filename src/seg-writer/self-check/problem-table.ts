interface ProblemRow {
  readonly severity: 'error' | 'warning';
  /** In an object that somebody else wrote, where the standard allows what we never write. */
  readonly ofOthers?: 'warning';
  readonly says: string;
  readonly do: string;
}

const WRITE_AGAIN = 'write the object again with that attribute';
const FROM_IMAGES = 'copy it from the images';

/**
 * What can be wrong with a segmentation. An error stops a store; a warning is something a reader may stumble over, or that we do not write.
 */
export const SEGMENTATION_PROBLEMS = {
  // the file
  'file-unreadable': {
    severity: 'error',
    says: 'the bytes are no whole DICOM file',
    do: 'copy or retrieve the file again',
  },
  'file-meta-differs': {
    severity: 'error',
    says: 'file meta information names another object than the data set',
    do: 'write the file meta information again from the data set',
  },
  'transfer-syntax-implicit': {
    severity: 'warning',
    says: 'implicit VR: readers must know every VR by themselves',
    do: 'store it as Explicit VR Little Endian',
  },
  'transfer-syntax': {
    severity: 'error',
    says: 'a transfer syntax that not every reader of segmentations knows',
    do: 'store it as Explicit VR Little Endian',
  },
  'transfer-syntax-deflated': {
    severity: 'warning',
    says: 'deflated: some readers have no inflation',
    do: 'store it as Explicit VR Little Endian',
  },
  'transfer-syntax-big-endian': {
    severity: 'error',
    says: 'big endian: retired, and not read by all',
    do: 'store it as Explicit VR Little Endian',
  },
  'transfer-syntax-compressed-bits': {
    severity: 'error',
    says: 'frames of one bit a pixel are compressed',
    do: 'store it as Explicit VR Little Endian',
  },
  'transfer-syntax-compressed': {
    severity: 'warning',
    says: 'the frames are compressed: few readers of segmentations were seen with such objects',
    do: 'store it as Explicit VR Little Endian if a reader does not open it',
  },
  'transfer-syntax-not-read': {
    severity: 'warning',
    says: 'the frames are compressed in a way that is not read here: nothing is said about pixels',
    do: 'store it as Explicit VR Little Endian and look again',
  },
  'sop-class': {
    severity: 'error',
    says: 'not a Segmentation',
    do: 'give an object of Segmentation Storage or Label Map Segmentation Storage',
  },
  'sop-class-contradicts': {
    severity: 'error',
    says: 'SOP class and SegmentationType contradict each other',
    do: 'LABELMAP goes with Label Map Segmentation Storage, BINARY and FRACTIONAL with Segmentation Storage',
  },
  'no-plane-geometry': {
    severity: 'warning',
    says: 'the frames lie in no patient geometry (projection image or slide): outside what is judged here',
    do: 'nothing; ask a reader of such images',
  },
  'images-not-at-hand': {
    severity: 'warning',
    says: 'none of the images given is of the series that the object was drawn on: nothing was compared',
    do: 'give the folder of its images',
  },
  // values
  'vr-differs': {
    severity: 'error',
    says: 'an element has another VR than the dictionary',
    do: 'write it with the VR of the dictionary',
  },
  'value-too-long': { severity: 'error', says: 'a value is longer than its VR allows', do: 'shorten it' },
  'value-illegal': { severity: 'error', says: 'a value is not legal for its VR', do: 'correct it' },
  'value-not-expected': {
    severity: 'error',
    says: 'a value is not one that this kind of segmentation has',
    do: 'correct it',
  },
  'attribute-missing': {
    severity: 'error',
    says: 'a required attribute is absent, or has no value',
    do: WRITE_AGAIN,
  },
  'attribute-advised': {
    severity: 'warning',
    says: 'an attribute that readers like to see is absent',
    do: WRITE_AGAIN,
  },
  'code-incomplete': {
    severity: 'error',
    says: 'a code lacks its value, scheme or meaning',
    do: 'give value, scheme and meaning, or leave the code out',
  },
  'text-outside-character-set': {
    severity: 'error',
    says: 'text outside ASCII without a declared character set',
    do: 'declare the character set that the text is in; copied text keeps that of its source',
  },
  // segments
  'segment-numbers': {
    severity: 'error',
    says: 'segments are not numbered 1, 2, 3',
    do: 'number them from 1 without gaps, in the frames too',
  },
  'segment-number-zero': { severity: 'error', says: 'a segment has number 0', do: 'number segments from 1' },
  'segment-order': {
    severity: 'error',
    says: 'segments are not described in the order of their numbers',
    do: 'sort SegmentSequence by SegmentNumber',
  },
  'segment-unknown': {
    severity: 'error',
    says: 'a frame belongs to a segment that is not described',
    do: 'describe the segment, or remove the frame',
  },
  'segment-without-frame': {
    severity: 'warning',
    says: 'a segment has no frame',
    do: 'remove the description of what was not segmented',
  },
  'segment-empty': {
    severity: 'error',
    ofOthers: 'warning',
    says: 'no pixel of a segment is set',
    do: 'leave out a segment that has no pixels',
  },
  'object-empty': { severity: 'error', says: 'no pixel of any segment is set', do: 'look at what wrote it' },
  'segments-overlap': {
    severity: 'error',
    says: 'two segments share a pixel of one slice although the object says that none do',
    do: 'put overlapping segments into several objects, each in its own series',
  },
  'segments-overlap-allowed': {
    severity: 'warning',
    says: 'two segments share a pixel of one slice',
    do: 'put overlapping segments into several objects, each in its own series, for readers that show one segment a pixel',
  },
  'tracking-incomplete': {
    severity: 'error',
    says: 'tracking identifier and UID do not stand together',
    do: 'give both or none',
  },
  'label-unknown': {
    severity: 'error',
    says: 'a pixel of the label map has a label that is not described',
    do: 'describe every label; the background is PixelPaddingValue, or 0',
  },
  'label-map': {
    severity: 'warning',
    says: 'a label map: only newer readers know it',
    do: 'give older readers a BINARY segmentation as well',
  },
  // frames and pixels
  'frames-more-than-said': {
    severity: 'error',
    says: 'there are more per-frame items than NumberOfFrames says',
    do: 'correct NumberOfFrames',
  },
  'frames-fewer-than-said': {
    severity: 'error',
    says: 'there are fewer per-frame items than NumberOfFrames says',
    do: 'correct NumberOfFrames, or write the missing items',
  },
  'frame-not-described': {
    severity: 'error',
    says: 'the pixel data holds a frame that no per-frame item describes',
    do: 'write the missing item of PerFrameFunctionalGroupsSequence',
  },
  'pixel-data-missing': { severity: 'error', says: 'there is no pixel data', do: 'retrieve the whole object' },
  'pixel-data-words': {
    severity: 'warning',
    says: 'pixel data is OW where OB is usual',
    do: 'write pixel data of 1 or 8 bits as OB',
  },
  'pixel-data-short': {
    severity: 'error',
    says: 'the pixel data is shorter than frames, rows and columns ask for',
    do: 'retrieve the whole object; else look at what wrote it',
  },
  'pixel-data-long': {
    severity: 'error',
    says: 'the pixel data is longer than frames, rows and columns ask for',
    do: 'cut it at the length that they ask for, padded to an even one',
  },
  'pixel-data-bytes': {
    severity: 'error',
    says: 'the pixel data has a byte a pixel where the header says a bit',
    do: 'pack eight pixels into a byte, the first in the lowest bit',
  },
  'pixel-data-invalid': {
    severity: 'error',
    says: 'a compressed frame cannot be decoded',
    do: 'retrieve the object again; else look at what wrote it',
  },
  'pixel-length-ambiguous': {
    severity: 'error',
    says: 'the length fits frames padded to whole bytes too: one viewer reads it so',
    do: 'add a frame without pixels, or write one segment an object',
  },
  'pixel-pad-byte': {
    severity: 'warning',
    says: 'the pixel data ends with a pad byte',
    do: 'add frames without pixels until rows x columns x frames is a multiple of 16',
  },
  'frames-not-whole-bytes': {
    severity: 'warning',
    says: 'rows x columns is no multiple of 8: frames begin within a byte',
    do: 'nothing; the sizes are those of the images',
  },
  'columns-not-whole-bytes': {
    severity: 'warning',
    says: 'the number of columns is no multiple of 8',
    do: 'nothing; the sizes are those of the images',
  },
  'bits-look-reversed': {
    severity: 'error',
    says: 'the masks are ragged at every byte: bits seem to be packed from the most significant one',
    do: 'pack the first pixel into the least significant bit',
  },
  fractional: {
    severity: 'warning',
    says: 'a FRACTIONAL segmentation: some readers show its values as labels',
    do: 'give them a BINARY segmentation as well',
  },
  'fractional-values': {
    severity: 'warning',
    says: 'values between 0 and the maximum: viewers that know only yes and no refuse the object',
    do: 'give them a BINARY segmentation as well',
  },
  'fractional-above-maximum': {
    severity: 'error',
    says: 'a value is above MaximumFractionalValue',
    do: 'correct MaximumFractionalValue',
  },
  'mask-differs': {
    severity: 'error',
    says: 'the pixels of a segment are not those of its receipt',
    do: 'do not use the segment: it was changed after it was written',
  },
  'frame-empty': {
    severity: 'warning',
    says: 'no pixel of a frame is set, and its size does not ask for that',
    do: 'leave the frame out',
  },
  'frame-twice': {
    severity: 'error',
    says: 'two frames have the same segment and position',
    do: 'join them into one frame',
  },
  'group-missing': {
    severity: 'error',
    says: 'a functional group is absent',
    do: 'write the functional group, shared or per frame',
  },
  'group-per-frame': {
    severity: 'error',
    ofOthers: 'warning',
    says: 'a functional group stands per frame that some readers look for in the shared ones only',
    do: 'write it once, in SharedFunctionalGroupsSequence',
  },
  'group-twice': {
    severity: 'error',
    says: 'a functional group stands both per frame and in the shared ones',
    do: 'write it once, in SharedFunctionalGroupsSequence',
  },
  'orientations-several': {
    severity: 'error',
    says: 'frames have different orientations',
    do: 'write an object for each orientation',
  },
  'dimension-organization': {
    severity: 'error',
    says: 'the dimensions are not organized as they must be: one organization, segment and position first',
    do: 'let every item of DimensionIndexSequence name an organization that is listed',
  },
  'dimension-index-count': {
    severity: 'error',
    says: 'a frame has not one index value for each dimension',
    do: 'write as many DimensionIndexValues as DimensionIndexSequence has items',
  },
  'dimension-index': {
    severity: 'error',
    ofOthers: 'warning',
    says: 'dimension indices do not count segments and positions from 1, or do not tell two frames apart',
    do: 'count the index values of each dimension from 1',
  },
  // references
  'derivation-image-missing': {
    severity: 'error',
    says: 'a frame does not name the image it was drawn on',
    do: 'write DerivationImageSequence with SourceImageSequence for each frame',
  },
  'source-image-not-one': {
    severity: 'error',
    ofOthers: 'warning',
    says: 'a frame names several images',
    do: 'name the one image that the frame lies on',
  },
  'reference-unknown': {
    severity: 'error',
    says: 'a frame names an image that is not at hand',
    do: 'give the images of the series; if they are there, the reference is wrong',
  },
  'reference-class-differs': {
    severity: 'error',
    says: 'a reference names another SOP class than the image has',
    do: FROM_IMAGES,
  },
  'frame-number': {
    severity: 'error',
    says: 'a reference names a frame of a single-frame image, or none of a multi-frame image',
    do: 'write ReferencedFrameNumber for multi-frame images only',
  },
  'spatial-locations': {
    severity: 'error',
    ofOthers: 'warning',
    says: 'a reference does not say that spatial locations are preserved',
    do: 'write SpatialLocationsPreserved YES beside the reference',
  },
  'referenced-series-missing': {
    severity: 'error',
    says: 'ReferencedSeriesSequence is absent',
    do: 'list the series of the images and its instances',
  },
  'referenced-series-order': {
    severity: 'error',
    ofOthers: 'warning',
    says: 'the image series is not the first referenced series',
    do: 'put the series of the images first',
  },
  'referenced-series-differs': {
    severity: 'error',
    says: 'ReferencedSeriesSequence names another series than the images have',
    do: FROM_IMAGES,
  },
  'referenced-instances-differ': {
    severity: 'error',
    ofOthers: 'warning',
    says: 'ReferencedSeriesSequence does not list the instances that the frames name',
    do: 'list every instance that a frame names',
  },
  'referenced-instance-twice': {
    severity: 'error',
    says: 'ReferencedSeriesSequence lists an instance twice',
    do: 'list every instance once, under its series',
  },
  'top-level-source-images': {
    severity: 'warning',
    says: 'a list of source images at the top, which viewers may take for a list by frame',
    do: 'leave SourceImageSequence out; frames name their images themselves',
  },
  'slice-not-found': {
    severity: 'error',
    says: 'a viewer that goes by references finds no image for the frame, and skips it without a word',
    do: 'name the image in the frame, and copy its position and frame of reference',
  },
  'slice-differs': {
    severity: 'error',
    says: 'a viewer that goes by references draws the frame on another image than the one it lies on',
    do: 'name the image in the frame, and copy its position',
  },
  'slice-by-list': {
    severity: 'error',
    says: 'frames name no image: viewers take the n-th of the list at the top for the n-th frame',
    do: 'name the image in each frame, and leave the list out',
  },
  // geometry
  'frame-of-reference-differs': {
    severity: 'error',
    says: 'the frame of reference is not that of the images',
    do: FROM_IMAGES,
  },
  'position-differs': { severity: 'error', says: 'a frame lies elsewhere than its image', do: FROM_IMAGES },
  'position-inexact': {
    severity: 'warning',
    says: "a position is not its image's to the last digit",
    do: 'copy the text of the position instead of computing it',
  },
  'orientation-differs': { severity: 'error', says: 'the orientation is not that of the images', do: FROM_IMAGES },
  'orientation-oblique': {
    severity: 'error',
    says: 'the frames stand askew to the images',
    do: 'draw the masks on the images themselves, or resample the images too',
  },
  'pixel-spacing-differs': { severity: 'error', says: 'the pixel spacing is not that of the images', do: FROM_IMAGES },
  'size-differs': {
    severity: 'error',
    ofOthers: 'warning',
    says: 'rows and columns are not those of the images',
    do: 'give viewers masks on the grid of the images',
  },
  'size-exchanged': {
    severity: 'error',
    says: 'rows and columns of the images are exchanged',
    do: FROM_IMAGES,
  },
  'slice-thickness': { severity: 'error', says: 'the slice thickness is not above zero', do: FROM_IMAGES },
  'slice-distance-missing': {
    severity: 'error',
    says: 'neither thickness nor distance of slices is given',
    do: 'write SliceThickness and SpacingBetweenSlices',
  },
  'spacing-between-slices-missing': {
    severity: 'warning',
    says: 'the distance of slices is only implied by the thickness',
    do: 'write SpacingBetweenSlices',
  },
  'slice-distance-differs': {
    severity: 'error',
    says: 'SpacingBetweenSlices is not the distance of the positions: volume readers misplace frames',
    do: 'write the distance of the positions along the normal',
  },
  'slice-distance-not-thickness': {
    severity: 'error',
    says: 'SpacingBetweenSlices is absent and the thickness is not the distance of slices: volume readers misplace frames',
    do: 'write SpacingBetweenSlices: the distance of the positions along the normal',
  },
  'no-volume': {
    severity: 'error',
    says: 'the positions form no volume (tilted gantry, irregular steps): volume readers misplace frames',
    do: 'write one object for each slice position, each in its own series',
  },
  // result reports and rejection notes
  'document-title': {
    severity: 'error',
    says: 'the title is not that of an imaging measurement report, or of a rejection note',
    do: 'write the concept name of the root as the template asks',
  },
  'image-library-missing': {
    severity: 'error',
    says: 'there is no image library: a viewer that looks for it fails',
    do: 'write the container Image Library with a group that names the images',
  },
  'group-untracked': {
    severity: 'error',
    says: 'a measurement group has no tracking identifier or no tracking UID: a viewer fails on it',
    do: 'give every group both',
  },
  'group-without-coordinates': {
    severity: 'error',
    says: 'no group of a lesion has coordinates: a viewer that draws no segments fails on it',
    do: 'write a second group with the same tracking UID whose measurements have coordinates',
  },
  'measurement-incomplete': {
    severity: 'error',
    says: 'a measurement lacks its value or its unit',
    do: 'give both, or leave the measurement out',
  },
  'reference-over-determined': {
    severity: 'error',
    says: 'a reference names a frame and a segment, which exclude each other',
    do: 'name one of them',
  },
  'evidence-missing': {
    severity: 'error',
    says: 'the evidence does not list an instance that the content names',
    do: 'list every instance that the content names',
  },
  'evidence-unused': {
    severity: 'warning',
    says: 'the evidence lists an instance that nothing names',
    do: 'leave it out, or name it',
  },
  'segment-reference-unknown': {
    severity: 'error',
    says: 'a reference names a segment or a frame that the segmentation does not have, or a segmentation that is not at hand',
    do: 'give the segmentation too; if it is there, the reference is wrong',
  },
  'tracking-differs': {
    severity: 'error',
    says: 'the tracking UID of a group is not that of the segment it names',
    do: 'copy it from the segmentation',
  },
  'rejects-nothing': { severity: 'error', says: 'the note names no instance', do: 'name what is rejected' },
  // identity
  'identity-differs': {
    severity: 'error',
    says: 'an attribute of patient or study is not that of the images',
    do: FROM_IMAGES,
  },
  'study-differs': { severity: 'error', says: 'the study is not that of the images', do: FROM_IMAGES },
  'series-is-a-source': {
    severity: 'error',
    says: 'the object claims the series of the images',
    do: 'give it a series of its own',
  },
} as const satisfies Record<string, ProblemRow>;
