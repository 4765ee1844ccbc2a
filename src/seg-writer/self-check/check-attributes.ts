import { TAG, type DataSet, type Tag } from '../../domain/index.js';
import { problem, type Place, type SegmentationProblem } from './problems.js';
import type { ReadSegmentation, SegmentationForm } from './read-segmentation.js';
import { PATIENT_AND_STUDY_PRESENT } from './patient-and-study.js';

/** Attributes of type 1 at the top, and those of 1C whose condition always holds for a segmentation of images (PS3.3 A.51). */
const REQUIRED: readonly Tag[] = [
  TAG.SOPClassUID,
  TAG.SOPInstanceUID,
  TAG.StudyInstanceUID,
  TAG.SeriesInstanceUID,
  TAG.SeriesNumber,
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
const PRESENT: readonly Tag[] = [...PATIENT_AND_STUDY_PRESENT, TAG.ContentDescription];

/** What a segmentation on slices of a patient has besides (Frame of Reference, C.7.4.1). */
const REQUIRED_IN_A_PATIENT: readonly Tag[] = [TAG.FrameOfReferenceUID];
const PRESENT_IN_A_PATIENT: readonly Tag[] = [TAG.PositionReferenceIndicator];

type Allowed = readonly (readonly string[])[];

/** Values that every segmentation has, and what may stand where the form decides: any one of the lists of values. */
const FIXED: readonly (readonly [Tag, Allowed])[] = [
  [TAG.Modality, [['SEG']]],
  [TAG.ImageType, [['DERIVED', 'PRIMARY']]],
  [TAG.SamplesPerPixel, [['1']]],
  [TAG.PhotometricInterpretation, [['MONOCHROME2']]],
  [TAG.PixelRepresentation, [['0']]],
];
const FIXED_BY_FORM: Readonly<Record<SegmentationForm, readonly (readonly [Tag, Allowed])[]>> = {
  BINARY: [
    [TAG.BitsAllocated, [['1']]],
    [TAG.BitsStored, [['1']]],
    [TAG.HighBit, [['0']]],
    [TAG.SegmentationType, [['BINARY']]],
  ],
  FRACTIONAL: [
    [TAG.BitsAllocated, [['8']]],
    [TAG.BitsStored, [['8']]],
    [TAG.HighBit, [['7']]],
    [TAG.SegmentationType, [['FRACTIONAL']]],
    [TAG.SegmentationFractionalType, [['PROBABILITY'], ['OCCUPANCY']]],
  ],
  LABELMAP: [
    [TAG.BitsAllocated, [['8'], ['16']]],
    [TAG.BitsStored, [['8'], ['16']]],
    [TAG.HighBit, [['7'], ['15']]],
    [TAG.SegmentationType, [['LABELMAP']]],
  ],
};

/** Attributes of type 1 in an item of SegmentSequence. */
const REQUIRED_OF_SEGMENTS: readonly Tag[] = [
  TAG.SegmentNumber,
  TAG.SegmentLabel,
  TAG.SegmentedPropertyCategoryCodeSequence,
  TAG.SegmentedPropertyTypeCodeSequence,
  TAG.SegmentAlgorithmType,
];

const ALGORITHM_TYPES: ReadonlySet<string> = new Set(['AUTOMATIC', 'SEMIAUTOMATIC', 'MANUAL']);

/** Whether everything required is there and every fixed value is as it must be. */
export function checkAttributes(object: ReadSegmentation): readonly SegmentationProblem[] {
  const { dataSet, segments, form, lies } = object;
  const required = lies === 'in-a-patient' ? [...REQUIRED, ...REQUIRED_IN_A_PATIENT] : REQUIRED;
  const present = lies === 'in-a-patient' ? [...PRESENT, ...PRESENT_IN_A_PATIENT] : PRESENT;
  return [
    ...missing(dataSet, form === 'FRACTIONAL' ? [...required, TAG.MaximumFractionalValue] : required, {}),
    ...present.filter((tag) => !dataSet.has(tag)).map((tag) => problem('attribute-missing', { tag })),
    ...[...FIXED, ...FIXED_BY_FORM[form]]
      .filter(([tag, allowed]) => !allowed.some((values) => sameTexts(dataSet.texts(tag), values)))
      .map(([tag]) => problem(hasValue(dataSet, tag) ? 'value-not-expected' : 'attribute-missing', { tag })),
    ...(hasValue(dataSet, TAG.InstanceNumber) ? [] : [problem('attribute-missing', { tag: TAG.InstanceNumber })]),
    ...(dataSet.text(TAG.SegmentsOverlap) === undefined && form !== 'LABELMAP'
      ? [problem('attribute-advised', { tag: TAG.SegmentsOverlap })]
      : []),
    ...segments.flatMap((segment, index) => checkSegment(segment, { segment: index + 1 }, backgroundOf(object))),
  ];
}

/** The label of a label map that is no segment; undefined in the other forms, where no segment has such a number. */
export const backgroundOf = ({ dataSet, form }: ReadSegmentation): number | undefined =>
  form === 'LABELMAP' ? (dataSet.number(TAG.PixelPaddingValue) ?? 0) : undefined;

function checkSegment(segment: DataSet, place: Place, background: number | undefined): readonly SegmentationProblem[] {
  const found = [...missing(segment, REQUIRED_OF_SEGMENTS, place)];
  const type = segment.text(TAG.SegmentAlgorithmType);
  if (type !== undefined && !ALGORITHM_TYPES.has(type))
    found.push(problem('value-not-expected', { ...place, tag: TAG.SegmentAlgorithmType }));
  if (type !== 'MANUAL') found.push(...missing(segment, [TAG.SegmentAlgorithmName], place));
  if (hasValue(segment, TAG.TrackingID) !== hasValue(segment, TAG.TrackingUID))
    found.push(problem('tracking-incomplete', place));
  const isBackground = background !== undefined && segment.number(TAG.SegmentNumber) === background;
  if (!segment.has(TAG.RecommendedDisplayCIELabValue) && !isBackground)
    found.push(problem('attribute-advised', { ...place, tag: TAG.RecommendedDisplayCIELabValue }));
  return found;
}

const missing = (dataSet: DataSet, tags: readonly Tag[], place: Place): readonly SegmentationProblem[] =>
  tags.filter((tag) => !hasValue(dataSet, tag)).map((tag) => problem('attribute-missing', { ...place, tag }));

const hasValue = (dataSet: DataSet, tag: Tag): boolean =>
  dataSet.vr(tag) === 'SQ' ? dataSet.items(tag).length > 0 : dataSet.text(tag) !== undefined;

const sameTexts = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((text, i) => text === b[i]);
