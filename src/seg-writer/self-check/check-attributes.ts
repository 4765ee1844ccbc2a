import { TAG, type DataSet, type Tag } from '../../domain/index.js';
import { problem, type Place, type SegmentationProblem } from './problems.js';
import type { ReadSegmentation } from './read-segmentation.js';

/** Attributes of type 1 at the top, and those of 1C whose condition always holds for a segmentation of images (PS3.3 A.51). */
const REQUIRED: readonly Tag[] = [
  TAG.SOPClassUID,
  TAG.SOPInstanceUID,
  TAG.StudyInstanceUID,
  TAG.SeriesInstanceUID,
  TAG.SeriesNumber,
  TAG.FrameOfReferenceUID,
  TAG.Manufacturer,
  TAG.ManufacturerModelName,
  TAG.DeviceSerialNumber,
  TAG.SoftwareVersions,
  TAG.ContentDate,
  TAG.ContentTime,
  TAG.ContentLabel,
  TAG.NumberOfFrames,
  TAG.Rows,
  TAG.Columns,
  TAG.LossyImageCompression,
  TAG.SegmentSequence,
  TAG.SharedFunctionalGroupsSequence,
  TAG.PerFrameFunctionalGroupsSequence,
  TAG.DimensionOrganizationSequence,
  TAG.DimensionIndexSequence,
];

/** Attributes of type 2 at the top: present, with or without a value. */
const PRESENT: readonly Tag[] = [
  TAG.PatientName,
  TAG.PatientID,
  TAG.PatientBirthDate,
  TAG.PatientSex,
  TAG.StudyDate,
  TAG.StudyTime,
  TAG.AccessionNumber,
  TAG.ReferringPhysicianName,
  TAG.StudyID,
  TAG.PositionReferenceIndicator,
  TAG.ContentDescription,
];

/** Values that a BINARY segmentation has and no other. */
const FIXED: readonly (readonly [Tag, readonly string[]])[] = [
  [TAG.Modality, ['SEG']],
  [TAG.ImageType, ['DERIVED', 'PRIMARY']],
  [TAG.InstanceNumber, ['1']],
  [TAG.SamplesPerPixel, ['1']],
  [TAG.PhotometricInterpretation, ['MONOCHROME2']],
  [TAG.BitsAllocated, ['1']],
  [TAG.BitsStored, ['1']],
  [TAG.HighBit, ['0']],
  [TAG.PixelRepresentation, ['0']],
  [TAG.SegmentationType, ['BINARY']],
];

/** Attributes of type 1 in an item of SegmentSequence. */
const REQUIRED_OF_SEGMENTS: readonly Tag[] = [
  TAG.SegmentNumber,
  TAG.SegmentLabel,
  TAG.SegmentedPropertyCategoryCodeSequence,
  TAG.SegmentedPropertyTypeCodeSequence,
  TAG.SegmentAlgorithmType,
  TAG.SegmentAlgorithmName,
];

const ALGORITHM_TYPES: ReadonlySet<string> = new Set(['AUTOMATIC', 'SEMIAUTOMATIC', 'MANUAL']);

/** Whether everything required is there and every fixed value is as it must be. */
export function checkAttributes({ dataSet, segments }: ReadSegmentation): readonly SegmentationProblem[] {
  return [
    ...missing(dataSet, REQUIRED, {}),
    ...PRESENT.filter((tag) => !dataSet.has(tag)).map((tag) => problem('attribute-missing', { tag })),
    ...FIXED.filter(([tag, values]) => !sameTexts(dataSet.texts(tag), values)).map(([tag]) =>
      problem(hasValue(dataSet, tag) ? 'value-not-expected' : 'attribute-missing', { tag }),
    ),
    ...(dataSet.text(TAG.SegmentsOverlap) === undefined
      ? [problem('attribute-advised', { tag: TAG.SegmentsOverlap })]
      : []),
    ...segments.flatMap((segment, index) => checkSegment(segment, { segment: index + 1 })),
  ];
}

function checkSegment(segment: DataSet, place: Place): readonly SegmentationProblem[] {
  const found = [...missing(segment, REQUIRED_OF_SEGMENTS, place)];
  const type = segment.text(TAG.SegmentAlgorithmType);
  if (type !== undefined && !ALGORITHM_TYPES.has(type))
    found.push(problem('value-not-expected', { ...place, tag: TAG.SegmentAlgorithmType }));
  if (hasValue(segment, TAG.TrackingID) !== hasValue(segment, TAG.TrackingUID))
    found.push(problem('tracking-incomplete', place));
  if (!segment.has(TAG.RecommendedDisplayCIELabValue))
    found.push(problem('attribute-advised', { ...place, tag: TAG.RecommendedDisplayCIELabValue }));
  return found;
}

const missing = (dataSet: DataSet, tags: readonly Tag[], place: Place): readonly SegmentationProblem[] =>
  tags.filter((tag) => !hasValue(dataSet, tag)).map((tag) => problem('attribute-missing', { ...place, tag }));

const hasValue = (dataSet: DataSet, tag: Tag): boolean =>
  dataSet.vr(tag) === 'SQ' ? dataSet.items(tag).length > 0 : dataSet.text(tag) !== undefined;

const sameTexts = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((text, i) => text === b[i]);
