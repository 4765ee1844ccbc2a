import { TAG, type DataSet, type Tag } from '../../domain/index.js';
import { problem, type SegmentationProblem } from './problems.js';
import type { ReadFrame, ReadSegmentation } from './read-segmentation.js';

/** Groups that some readers look for among the shared ones only. */
const SHARED_ONLY: readonly Tag[] = [TAG.PixelMeasuresSequence, TAG.PlaneOrientationSequence];

/** Groups that every frame has, for itself or shared with all. */
const PER_FRAME: readonly Tag[] = [
  TAG.FrameContentSequence,
  TAG.PlanePositionSequence,
  TAG.SegmentIdentificationSequence,
];

/** Segments and frames against each other: numbering, functional groups, frames told twice. */
export function checkFrames(object: ReadSegmentation): readonly SegmentationProblem[] {
  const { segments, shared, frames, numberOfFrames } = object;
  const found: SegmentationProblem[] = [];
  segments.forEach((segment, index) => {
    if (segment.number(TAG.SegmentNumber) !== index + 1) found.push(problem('segment-numbers', { segment: index + 1 }));
  });
  if (numberOfFrames !== undefined && numberOfFrames !== frames.length) found.push(problem('number-of-frames-differs'));
  for (const tag of SHARED_ONLY) if (!hasItem(shared, tag)) found.push(problem('group-missing', { tag }));

  const numbers = new Set(segments.map((segment) => segment.number(TAG.SegmentNumber)));
  const seen = new Set<string>();
  for (const frame of frames) {
    for (const tag of PER_FRAME)
      if (!hasItem(frame.group, tag) && !hasItem(shared, tag))
        found.push(problem('group-missing', { tag, frame: frame.number }));
    for (const tag of SHARED_ONLY)
      if (frame.group.has(tag)) found.push(problem('group-per-frame', { tag, frame: frame.number }));
    if (frame.segmentNumber === undefined) continue;
    if (!numbers.has(frame.segmentNumber)) found.push(problem('segment-unknown', { frame: frame.number }));
    const place = `${frame.segmentNumber} ${positionKey(frame)}`;
    if (seen.has(place)) found.push(problem('frame-twice', { frame: frame.number, segment: frame.segmentNumber }));
    seen.add(place);
  }
  const framed = new Set(frames.map(({ segmentNumber }) => segmentNumber));
  for (const number of numbers)
    if (number !== undefined && !framed.has(number)) found.push(problem('segment-without-frame', { segment: number }));
  return found;
}

/** The position as numbers, so that two ways of writing one place are one. */
export const positionKey = ({ position }: ReadFrame): string => position.map(Number).join('\\');

const hasItem = (group: DataSet | undefined, tag: Tag): boolean => (group?.items(tag).length ?? 0) > 0;
