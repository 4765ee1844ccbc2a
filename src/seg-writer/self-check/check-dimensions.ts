import { TAG, tagText, type DataSet, type Tag } from '../../domain/index.js';
import { positionKey } from './check-frames.js';
import { alongNormal } from './check-geometry.js';
import { problem, type SegmentationProblem } from './problems.js';
import type { ReadSegmentation } from './read-segmentation.js';

/** The two dimensions of our objects and the groups they stand in, in order. */
const DIMENSIONS: readonly (readonly [Tag, Tag])[] = [
  [TAG.ReferencedSegmentNumber, TAG.SegmentIdentificationSequence],
  [TAG.ImagePositionPatient, TAG.PlanePositionSequence],
];

/** One organization, segment and position as its dimensions, and indices that count them. */
export function checkDimensions({ dataSet, shared, frames }: ReadSegmentation): readonly SegmentationProblem[] {
  const organization = dataSet.items(TAG.DimensionOrganizationSequence).map(organizationOf);
  const indices = dataSet.items(TAG.DimensionIndexSequence);
  const organized =
    organization.length === 1 &&
    indices.length === DIMENSIONS.length &&
    indices.every(
      (item, i) =>
        organizationOf(item) === organization[0] &&
        pointsTo(item, TAG.DimensionIndexPointer, DIMENSIONS[i]![0]) &&
        pointsTo(item, TAG.FunctionalGroupPointer, DIMENSIONS[i]![1]),
    );
  if (!organized) return [problem('dimension-organization')];

  const orientation = shared?.items(TAG.PlaneOrientationSequence)[0]?.numbers(TAG.ImageOrientationPatient) ?? [];
  if (orientation.length !== 6) return [];
  const places = new Map<string, number>();
  for (const frame of frames)
    if (frame.position.length === 3)
      places.set(positionKey(frame), alongNormal(orientation, frame.position.map(Number)));
  const ranks = new Map([...places].sort(([, a], [, b]) => a - b).map(([key], index) => [key, index + 1]));
  return frames
    .filter((frame) => {
      const [segment, rank, ...more] = frame.indices;
      return segment !== frame.segmentNumber || rank !== ranks.get(positionKey(frame)) || more.length > 0;
    })
    .map((frame) => problem('dimension-index', { frame: frame.number }));
}

const organizationOf = (item: DataSet): string | undefined => item.text(TAG.DimensionOrganizationUID);

const pointsTo = (item: DataSet, pointer: Tag, target: Tag): boolean =>
  item.text(pointer) === tagText(target).replace(/[(),]/g, '');
