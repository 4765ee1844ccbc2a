import { TAG, type CodedConcept, type DataSet, type Tag } from '../../domain/index.js';
import { instanceOf, required, type LocatedInstance } from '../content-tree/evidence.js';
import { storedFramesOf } from '../object/stored-frames.js';

/** A slice that a frame of a segment lies on, and which frame of the segmentation that is. */
export interface SegmentFrame {
  /** Number of the frame in the segmentation, from 1. */
  readonly number: number;
  readonly image: LocatedInstance & { readonly frame: number | undefined };
  /** How many pixels it has. */
  readonly pixels: number;
}

/** A segment as its object says it is: the report repeats the object, and never says anything else. */
export interface WrittenSegment {
  readonly object: LocatedInstance;
  readonly number: number;
  readonly trackingIdentifier: string;
  readonly trackingUID: string;
  readonly type: CodedConcept;
  readonly region: CodedConcept | undefined;
  readonly laterality: CodedConcept | undefined;
  readonly algorithm: { readonly name: string; readonly version: string; readonly parameters: string };
  /** Frames that hold a pixel, at least one. */
  readonly frames: readonly SegmentFrame[];
  /** Of one pixel of one slice; undefined where the object does not tell the distance of slices. */
  readonly voxelMm3: number | undefined;
}

/** Segments of a segmentation of ours, by number. Throws where it lacks what we always write. */
export function writtenSegments(dataSet: DataSet): ReadonlyMap<number, WrittenSegment> {
  const object = instanceOf(dataSet);
  const images = imagesOf(dataSet, object.studyInstanceUID);
  const framesOf = storedFramesOf(dataSet);
  const measures = first(first(dataSet, TAG.SharedFunctionalGroupsSequence), TAG.PixelMeasuresSequence);
  return new Map(
    dataSet.items(TAG.SegmentSequence).map((segment): [number, WrittenSegment] => {
      const number = segment.number(TAG.SegmentNumber)!;
      const region = segment.items(TAG.AnatomicRegionSequence)[0];
      const type = first(segment, TAG.SegmentedPropertyTypeCodeSequence);
      const side =
        region?.items(TAG.AnatomicRegionModifierSequence)[0] ??
        type.items(TAG.SegmentedPropertyTypeModifierCodeSequence)[0];
      const algorithm = first(segment, TAG.SegmentationAlgorithmIdentificationSequence);
      return [
        number,
        {
          object,
          number,
          trackingIdentifier: required(segment, TAG.TrackingID),
          trackingUID: required(segment, TAG.TrackingUID),
          type: conceptOf(type),
          region: region && conceptOf(region),
          laterality: side && conceptOf(side),
          algorithm: {
            name: required(algorithm, TAG.AlgorithmName),
            version: required(algorithm, TAG.AlgorithmVersion),
            parameters: required(algorithm, TAG.AlgorithmParameters),
          },
          frames: [...framesOf(number)]
            .map((frame) => ({
              number: frame.number,
              image: images[frame.number - 1]!,
              pixels: countOf(frame.values()),
            }))
            .filter(({ pixels }) => pixels > 0),
          voxelMm3: voxelOf(measures),
        },
      ];
    }),
  );
}

/** The image of every frame. */
function imagesOf(dataSet: DataSet, studyInstanceUID: string): readonly SegmentFrame['image'][] {
  const seriesInstanceUID = required(first(dataSet, TAG.ReferencedSeriesSequence), TAG.SeriesInstanceUID);
  return dataSet.items(TAG.PerFrameFunctionalGroupsSequence).map((group) => {
    const source = first(first(group, TAG.DerivationImageSequence), TAG.SourceImageSequence);
    return {
      sopClassUID: required(source, TAG.ReferencedSOPClassUID),
      sopInstanceUID: required(source, TAG.ReferencedSOPInstanceUID),
      seriesInstanceUID,
      studyInstanceUID,
      frame: source.number(TAG.ReferencedFrameNumber),
    };
  });
}

function countOf(values: Uint8Array): number {
  let count = 0;
  for (const value of values) if (value > 0) count++;
  return count;
}

function voxelOf(measures: DataSet): number | undefined {
  const [betweenRows, betweenColumns] = measures.numbers(TAG.PixelSpacing);
  const step = measures.number(TAG.SpacingBetweenSlices);
  return step === undefined ? undefined : step * betweenRows! * betweenColumns!;
}

function conceptOf(item: DataSet): CodedConcept {
  return {
    value: item.text(TAG.CodeValue) ?? required(item, TAG.LongCodeValue),
    scheme: required(item, TAG.CodingSchemeDesignator),
    meaning: required(item, TAG.CodeMeaning),
  };
}

function first(dataSet: DataSet, tag: Tag): DataSet {
  const [item] = dataSet.items(tag);
  if (!item) throw new Error('an object of ours without a sequence that we write');
  return item;
}
