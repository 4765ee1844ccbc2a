import { TAG, type DataSet, type Tag } from '../../domain/index.js';

/** One frame as its functional groups describe it; what is absent is undefined or empty. */
export interface ReadFrame {
  /** Counted from 1. */
  readonly number: number;
  readonly segmentNumber: number | undefined;
  readonly position: readonly string[];
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
  readonly rows: number;
  readonly columns: number;
  readonly numberOfFrames: number | undefined;
  readonly segments: readonly DataSet[];
  readonly shared: DataSet | undefined;
  readonly frames: readonly ReadFrame[];
  readonly pixelData: Uint8Array | undefined;
}

export function readSegmentation(dataSet: DataSet): ReadSegmentation {
  const shared = dataSet.items(TAG.SharedFunctionalGroupsSequence)[0];
  return {
    dataSet,
    rows: dataSet.number(TAG.Rows) ?? 0,
    columns: dataSet.number(TAG.Columns) ?? 0,
    numberOfFrames: dataSet.number(TAG.NumberOfFrames),
    segments: dataSet.items(TAG.SegmentSequence),
    shared,
    frames: dataSet
      .items(TAG.PerFrameFunctionalGroupsSequence)
      .map((group, index) => readFrame(group, index + 1, shared)),
    pixelData: dataSet.bytes(TAG.PixelData),
  };
}

/** Groups of a frame, or the shared ones where they hold for it. */
function readFrame(group: DataSet, number: number, shared: DataSet | undefined): ReadFrame {
  const itemsOf = (macro: Tag): readonly DataSet[] =>
    group.has(macro) ? group.items(macro) : (shared?.items(macro) ?? []);
  const derivations = itemsOf(TAG.DerivationImageSequence);
  return {
    number,
    segmentNumber: itemsOf(TAG.SegmentIdentificationSequence)[0]?.number(TAG.ReferencedSegmentNumber),
    position: itemsOf(TAG.PlanePositionSequence)[0]?.texts(TAG.ImagePositionPatient) ?? [],
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
