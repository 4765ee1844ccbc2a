import { SOP_CLASS, TAG, tag, type DataSet, type Tag } from '../../domain/index.js';
import { readFrames, type ReadFrame } from './read-frames.js';

/** What the pixels of an object are: bits, shares of a maximum, or labels (PS3.3 C.8.20.2.3). */
export type SegmentationForm = 'BINARY' | 'FRACTIONAL' | 'LABELMAP';

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
  const groups = dataSet.items(TAG.PerFrameFunctionalGroupsSequence);
  return {
    dataSet,
    form: formOf(dataSet),
    rows: dataSet.number(TAG.Rows) ?? 0,
    columns: dataSet.number(TAG.Columns) ?? 0,
    numberOfFrames: dataSet.number(TAG.NumberOfFrames),
    segments: dataSet.items(TAG.SegmentSequence),
    shared,
    frames: readFrames(groups, shared),
    pixelData: dataSet.bytes(TAG.PixelData),
    lies: hasPlane(dataSet, shared, groups) ? 'in-a-patient' : 'in-no-patient-geometry',
  };
}

function formOf(dataSet: DataSet): SegmentationForm {
  const said = dataSet.text(TAG.SegmentationType);
  if (said === 'BINARY' || said === 'FRACTIONAL' || said === 'LABELMAP') return said;
  return dataSet.text(TAG.SOPClassUID) === SOP_CLASS.LabelMapSegmentation ? 'LABELMAP' : 'BINARY';
}

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
