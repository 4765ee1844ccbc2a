import { SOP_CLASS, TAG, tag, type DataSet, type Tag } from '../../domain/index.js';

/** What the pixels of an object are: bits, shares of a maximum, or labels (PS3.3 C.8.20.2.3). */
export type SegmentationForm = 'BINARY' | 'FRACTIONAL' | 'LABELMAP';

/** One frame as its functional groups describe it; what is absent is undefined or empty. */
export interface ReadFrame {
  /** Counted from 1. */
  readonly number: number;
  readonly segmentNumber: number | undefined;
  readonly position: readonly string[];
  /** The position as numbers, so that two ways of writing one place are one. */
  readonly positionKey: string;
  readonly orientation: readonly number[];
  readonly measures: DataSet | undefined;
  readonly indices: readonly number[];
  /** Items of DerivationImageSequence and of their SourceImageSequence. */
  readonly derivations: readonly DataSet[];
  readonly sources: readonly ReadSourceReference[];
  readonly group: DataSet;
}

export interface ReadSourceReference {
  readonly sopClassUID: string | undefined;
  readonly sopInstanceUID: string | undefined;
  readonly frame: number | undefined;
  readonly item: DataSet;
}

/** A segmentation as far as it can be read, each part looked up once. */
export interface ReadSegmentation {
  readonly dataSet: DataSet;
  readonly form: SegmentationForm;
  readonly rows: number;
  readonly columns: number;
  readonly numberOfFrames: number | undefined;
  readonly segments: readonly DataSet[];
  readonly shared: DataSet | undefined;
  readonly frames: readonly ReadFrame[];
  /** Undefined where there is none or it is compressed. */
  readonly pixelData: Uint8Array | undefined;
  /** Whether frames lie in a patient at all: projection images and slides give their segmentations no plane. */
  readonly lies: 'in-a-patient' | 'in-no-patient-geometry';
}

const PLANE_POSITION_SLIDE = tag(0x0048021a);

export function readSegmentation(dataSet: DataSet): ReadSegmentation {
  const shared = dataSet.items(TAG.SharedFunctionalGroupsSequence)[0];
  const ofAll = new Map<Tag, readonly DataSet[]>(
    [...IN_SHARED].map((macro) => [macro, shared?.items(macro) ?? []] as const),
  );
  const sharedOrientation = ofAll.get(TAG.PlaneOrientationSequence)![0]?.numbers(TAG.ImageOrientationPatient) ?? [];
  const groups = dataSet.items(TAG.PerFrameFunctionalGroupsSequence);
  return {
    dataSet,
    form: formOf(dataSet),
    rows: dataSet.number(TAG.Rows) ?? 0,
    columns: dataSet.number(TAG.Columns) ?? 0,
    numberOfFrames: dataSet.number(TAG.NumberOfFrames),
    segments: dataSet.items(TAG.SegmentSequence),
    shared,
    frames: groups.map((group, index) => readFrame(group, index + 1, ofAll, sharedOrientation)),
    pixelData: dataSet.bytes(TAG.PixelData),
    lies: hasPlane(dataSet, shared, groups) ? 'in-a-patient' : 'in-no-patient-geometry',
  };
}

function formOf(dataSet: DataSet): SegmentationForm {
  const said = dataSet.text(TAG.SegmentationType);
  if (said === 'BINARY' || said === 'FRACTIONAL' || said === 'LABELMAP') return said;
  return dataSet.text(TAG.SOPClassUID) === SOP_CLASS.LabelMapSegmentation ? 'LABELMAP' : 'BINARY';
}

/** Groups that a frame may share with all others. */
const IN_SHARED: ReadonlySet<Tag> = new Set([
  TAG.DerivationImageSequence,
  TAG.SegmentIdentificationSequence,
  TAG.PlanePositionSequence,
  TAG.PlaneOrientationSequence,
  TAG.PixelMeasuresSequence,
]);

function readFrame(
  group: DataSet,
  number: number,
  ofAll: ReadonlyMap<Tag, readonly DataSet[]>,
  sharedOrientation: readonly number[],
): ReadFrame {
  const itemsOf = (macro: Tag): readonly DataSet[] => (group.has(macro) ? group.items(macro) : ofAll.get(macro)!);
  const derivations = itemsOf(TAG.DerivationImageSequence);
  const position = itemsOf(TAG.PlanePositionSequence)[0]?.texts(TAG.ImagePositionPatient) ?? [];
  return {
    number,
    segmentNumber: itemsOf(TAG.SegmentIdentificationSequence)[0]?.number(TAG.ReferencedSegmentNumber),
    position,
    positionKey: position.map(Number).join('\\'),
    orientation: group.has(TAG.PlaneOrientationSequence)
      ? (group.items(TAG.PlaneOrientationSequence)[0]?.numbers(TAG.ImageOrientationPatient) ?? [])
      : sharedOrientation,
    measures: itemsOf(TAG.PixelMeasuresSequence)[0],
    indices: group.items(TAG.FrameContentSequence)[0]?.numbers(TAG.DimensionIndexValues) ?? [],
    derivations,
    sources: derivations.flatMap((derivation) => derivation.items(TAG.SourceImageSequence).map(readReference)),
    group,
  };
}

const readReference = (item: DataSet): ReadSourceReference => ({
  sopClassUID: item.text(TAG.ReferencedSOPClassUID),
  sopInstanceUID: item.text(TAG.ReferencedSOPInstanceUID),
  frame: item.number(TAG.ReferencedFrameNumber),
  item,
});

/** A slide has positions of its own kind; a projection image has nothing of a plane, not even a frame of reference. */
function hasPlane(dataSet: DataSet, shared: DataSet | undefined, groups: readonly DataSet[]): boolean {
  const inSome = (macro: Tag): boolean => shared?.has(macro) === true || groups.some((group) => group.has(macro));
  if (inSome(PLANE_POSITION_SLIDE)) return false;
  return (
    dataSet.has(TAG.FrameOfReferenceUID) ||
    inSome(TAG.PlanePositionSequence) ||
    inSome(TAG.PlaneOrientationSequence) ||
    inSome(TAG.PixelMeasuresSequence)
  );
}
