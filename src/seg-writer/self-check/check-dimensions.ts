import { TAG, tagText, type DataSet, type Tag } from '../../domain/index.js';
import { heightAlong } from './check-geometry.js';
import { problem, type SegmentationProblem, type Writer } from './problems.js';
import type { ReadFrame } from './read-frames.js';
import type { ReadSegmentation } from './read-segmentation.js';

type Dimension = readonly [Tag, Tag];

/** The dimensions of our objects and the groups they stand in, in order. */
const SEGMENT: Dimension = [TAG.ReferencedSegmentNumber, TAG.SegmentIdentificationSequence];
const POSITION: Dimension = [TAG.ImagePositionPatient, TAG.PlanePositionSequence];

/** Of ours: one organization, segment and position as its dimensions, and indices that count them. Of others: that indices count at all. */
export function checkDimensions(object: ReadSegmentation, writer: Writer): readonly SegmentationProblem[] {
  const organizations = object.dataSet.items(TAG.DimensionOrganizationSequence).map(organizationOf);
  const indices = object.dataSet.items(TAG.DimensionIndexSequence);
  const found = checkCounts(object, indices.length);
  const named = indices.length > 0 && indices.every((item) => organizations.includes(organizationOf(item)));
  if (writer === 'another')
    return [...found, ...(named ? checkIndicesCount(object) : [problem('dimension-organization')])];

  const dimensions = object.form === 'LABELMAP' ? [POSITION] : [SEGMENT, POSITION];
  const organized =
    named &&
    organizations.length === 1 &&
    indices.length === dimensions.length &&
    indices.every(
      (item, i) =>
        pointsTo(item, TAG.DimensionIndexPointer, dimensions[i]![0]) &&
        pointsTo(item, TAG.FunctionalGroupPointer, dimensions[i]![1]),
    );
  return [...found, ...(organized ? checkRanks(object) : [problem('dimension-organization')])];
}

/** As many index values a frame as there are dimensions. */
const checkCounts = ({ frames }: ReadSegmentation, dimensions: number): readonly SegmentationProblem[] =>
  dimensions === 0
    ? []
    : frames
        .filter(({ indices }) => indices.length !== dimensions && indices.length > 0)
        .map((frame) => problem('dimension-index-count', { frame: frame.number }));

/** The segment's number and the rank of the position along the normal. */
function checkRanks({ form, frames }: ReadSegmentation): readonly SegmentationProblem[] {
  const orientation = frames[0]?.orientation ?? [];
  if (orientation.length !== 6) return [];
  const places = new Map<string, number>();
  const alongNormal = heightAlong(orientation);
  for (const { place, positionKey } of frames)
    if (place.length === 3 && !places.has(positionKey)) places.set(positionKey, alongNormal(place));
  const ranks = new Map([...places].sort(([, a], [, b]) => a - b).map(([key], index) => [key, index + 1]));
  const isExpected = ({ segmentNumber, positionKey, indices }: ReadFrame): boolean => {
    const rank = ranks.get(positionKey);
    return form === 'LABELMAP'
      ? indices.length === 1 && indices[0] === rank
      : indices.length === 2 && indices[0] === segmentNumber && indices[1] === rank;
  };
  return frames
    .filter((frame) => !isExpected(frame))
    .map((frame) => problem('dimension-index', { frame: frame.number }));
}

/** Every dimension counts from 1 and no two frames have the same place. */
function checkIndicesCount({ frames }: ReadSegmentation): readonly SegmentationProblem[] {
  const found: SegmentationProblem[] = [];
  const seen = new Set<string>();
  for (const { indices, number } of frames) {
    const place = indices.join(' ');
    if (indices.length > 0 && seen.has(place)) found.push(problem('dimension-index', { frame: number }));
    seen.add(place);
  }
  const dimensions = Math.max(0, ...frames.map(({ indices }) => indices.length));
  for (let i = 0; i < dimensions; i++) {
    const lowest = frames.reduce((least, { indices }) => Math.min(least, indices[i] ?? Infinity), Infinity);
    if (lowest !== 1) found.push(problem('dimension-index'));
  }
  return found;
}

const organizationOf = (item: DataSet): string | undefined => item.text(TAG.DimensionOrganizationUID);

const pointsTo = (item: DataSet, pointer: Tag, target: Tag): boolean =>
  item.text(pointer) === tagText(target).replace(/[(),]/g, '');
