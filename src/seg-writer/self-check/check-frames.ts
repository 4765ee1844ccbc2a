import { TAG, type DataSet, type Tag } from '../../domain/index.js';
import { backgroundOf } from './check-attributes.js';
import { holdsFrames } from './pixel-length.js';
import { problem, type SegmentationProblem } from './problems.js';
import type { ReadFrame } from './read-frames.js';
import type { ReadSegmentation } from './read-segmentation.js';

/** Groups that some readers look for among the shared ones only. */
const SHARED_ONLY: readonly Tag[] = [TAG.PixelMeasuresSequence, TAG.PlaneOrientationSequence];

/** Segments and frames against each other: numbering, functional groups, frames told twice. */
export function checkFrames(object: ReadSegmentation): readonly SegmentationProblem[] {
  const { frames, numberOfFrames } = object;
  const found: SegmentationProblem[] = [...checkNumbers(object)];
  if (numberOfFrames !== undefined && numberOfFrames > frames.length)
    found.push(problem(holdsFrames(object, numberOfFrames) ? 'frame-not-described' : 'frames-fewer-than-said'));
  if (numberOfFrames !== undefined && numberOfFrames < frames.length) found.push(problem('frames-more-than-said'));
  found.push(...checkGroups(object));

  // a label map has one frame a position, and segments are in its pixels
  if (object.form === 'LABELMAP') return found;
  const numbers = new Set(object.segments.map((segment) => segment.number(TAG.SegmentNumber)));
  const seen = new Set<string>();
  for (const frame of frames) {
    if (frame.segmentNumber === undefined) continue;
    if (numbers.size > 0 && !numbers.has(frame.segmentNumber))
      found.push(problem('segment-unknown', { frame: frame.number }));
    if (object.lies === 'in-no-patient-geometry') continue;
    const place = `${frame.segmentNumber} ${frame.positionKey}`;
    if (seen.has(place)) found.push(problem('frame-twice', { frame: frame.number, segment: frame.segmentNumber }));
    seen.add(place);
  }
  const framed = new Set(frames.map(({ segmentNumber }) => segmentNumber));
  for (const number of numbers)
    if (number !== undefined && !framed.has(number)) found.push(problem('segment-without-frame', { segment: number }));
  return found;
}

/** Numbers from 1 without gaps, in their order; those of a label map may be any but each its own (C.8.20.2.4). */
function checkNumbers(object: ReadSegmentation): readonly SegmentationProblem[] {
  const numbers = object.segments.map((segment) => segment.number(TAG.SegmentNumber));
  if (object.form === 'LABELMAP')
    return numbers.flatMap((number, index) =>
      numbers.indexOf(number) === index ? [] : [problem('segment-numbers', { segment: index + 1 })],
    );
  const found = numbers.flatMap((number, index) =>
    number === 0 ? [problem('segment-number-zero', { segment: index + 1 })] : [],
  );
  const sorted = [...numbers].sort((a, b) => (a ?? 0) - (b ?? 0));
  const wrong = sorted.findIndex((number, index) => number !== index + 1);
  if (wrong >= 0) return [...found, problem('segment-numbers', { segment: wrong + 1 })];
  const misplaced = numbers.findIndex((number, index) => number !== index + 1);
  return misplaced < 0 ? found : [...found, problem('segment-order', { segment: misplaced + 1 })];
}

function checkGroups({ shared, frames, form, lies }: ReadSegmentation): readonly SegmentationProblem[] {
  const found: SegmentationProblem[] = [];
  const geometry = lies === 'in-a-patient';
  for (const tag of geometry ? SHARED_ONLY : []) {
    const own = frames.filter(byShape((shape) => shape.has(tag)));
    if (hasItem(shared, tag)) found.push(...own.map(({ number }) => problem('group-twice', { tag, frame: number })));
    else if (own.length === 0) found.push(problem('group-missing', { tag }));
    else {
      found.push(...own.map(({ number }) => problem('group-per-frame', { tag, frame: number })));
      found.push(...lacking(frames, tag));
    }
  }
  const perFrame = [
    TAG.FrameContentSequence,
    ...(geometry ? [TAG.PlanePositionSequence] : []),
    ...(form === 'LABELMAP' ? [] : [TAG.SegmentIdentificationSequence]),
  ];
  for (const tag of perFrame) {
    if (hasItem(shared, tag)) continue;
    found.push(...lacking(frames, tag));
  }
  return found;
}

const lacking = (frames: readonly ReadFrame[], tag: Tag): readonly SegmentationProblem[] =>
  frames
    .filter(byShape((shape) => !hasItem(shape, tag)))
    .map(({ number }) => problem('group-missing', { tag, frame: number }));

/** What holds for a frame by the elements it has: asked once where frames follow each other that have the same. */
function byShape(holds: (shape: DataSet) => boolean): (frame: ReadFrame) => boolean {
  let before: DataSet | undefined;
  let answer = false;
  return ({ shape }) => {
    if (shape !== before) answer = holds(shape);
    before = shape;
    return answer;
  };
}

const hasItem = (group: DataSet | undefined, tag: Tag): boolean => (group?.items(tag).length ?? 0) > 0;

/** Numbers of the segments that readers show: a label map may describe its background. */
export function shownSegments(object: ReadSegmentation): readonly number[] {
  const background = backgroundOf(object);
  return object.segments.flatMap((segment) => {
    const number = segment.number(TAG.SegmentNumber);
    return number === undefined || number === background ? [] : [number];
  });
}
