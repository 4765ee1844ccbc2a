import { TAG, type DataSet } from '../../domain/index.js';
import { findSource, positionOf, type KnownSources, type SourceFrame } from './known-sources.js';
import { problem, type SegmentationProblem } from './problems.js';
import type { ReadFrame, ReadSourceReference } from './read-frames.js';
import type { ReadSegmentation } from './read-segmentation.js';

/** Viewers that look for the image of a frame by its reference first, and by its place only after that. */
export type ReferenceViewer = 'cornerstone3d' | 'dcmjs';

/** How a viewer's search differs from the other's. */
const SEARCHES: Readonly<
  Record<ReferenceViewer, { readonly frameNumber: 'counts' | 'ignored'; readonly tolerance: 'mm' | 'relative' }>
> = {
  cornerstone3d: { frameNumber: 'counts', tolerance: 'mm' },
  dcmjs: { frameNumber: 'ignored', tolerance: 'relative' },
};
const TOLERANCE = 1e-3;
/** A frame that is drawn within this distance of its place is at its place. */
const SAME_PLACE_MM = 0.01;

/** SOP classes whose instances have one frame. */
const SINGLE_FRAME_CLASSES: ReadonlySet<string> = new Set(
  ['1', '1.1', '2', '4', '20', '128', '481.1'].map((suffix) => `1.2.840.10008.5.1.4.1.1.${suffix}`),
);

/**
 * Which frames a viewer would skip or draw on another image, following its source: the frame's first source image; only where the frame has no
 * DerivationImageSequence, the item of the top-level SourceImageSequence with the frame's number; else, in the first referenced series and the
 * object's frame of reference, the image at the frame's position.
 */
export function checkForViewer(
  object: ReadSegmentation,
  known: KnownSources | undefined,
  viewer: ReferenceViewer,
): readonly SegmentationProblem[] {
  const list = object.dataSet.items(TAG.SourceImageSequence);
  const found: SegmentationProblem[] = [];
  for (const frame of object.frames) {
    const place = { frame: frame.number };
    const byList = !frame.group.has(TAG.DerivationImageSequence) && frame.derivations.length === 0;
    const reference = frame.sources[0] ?? (byList ? referenceOf(list[frame.number - 1]) : undefined);
    if (!known) {
      const code = withoutImages(object, frame, byList && list.length > 0 ? 'by-list' : reference, viewer);
      if (code) found.push(problem(code, place));
      continue;
    }
    const image = imageOf(object, frame, reference, known, viewer);
    if (image === 'not-found') found.push(problem('slice-not-found', place));
    else if (byList && frame.position.length !== 3) found.push(problem('slice-by-list', place));
    else if (!liesAt(frame, image)) found.push(problem('slice-differs', place));
  }
  return found;
}

/** What can be said of a frame while its images are not at hand: references are believed. */
function withoutImages(
  { dataSet }: ReadSegmentation,
  frame: ReadFrame,
  reference: ReadSourceReference | 'by-list' | undefined,
  viewer: ReferenceViewer,
): 'slice-by-list' | 'slice-not-found' | undefined {
  if (reference === 'by-list') return 'slice-by-list';
  if (reference) {
    const single = SINGLE_FRAME_CLASSES.has(reference.sopClassUID ?? '');
    const lost = single && (reference.frame ?? 1) !== 1 && SEARCHES[viewer].frameNumber === 'counts';
    return lost ? 'slice-not-found' : undefined;
  }
  const placed =
    dataSet.text(TAG.FrameOfReferenceUID) !== undefined &&
    dataSet.items(TAG.ReferencedSeriesSequence).length > 0 &&
    frame.position.length === 3;
  return placed ? undefined : 'slice-not-found';
}

function imageOf(
  object: ReadSegmentation,
  frame: ReadFrame,
  reference: ReadSourceReference | undefined,
  known: KnownSources,
  viewer: ReferenceViewer,
): SourceFrame | 'not-found' {
  const instance = reference && known.get(reference.sopInstanceUID ?? '');
  if (reference && instance) {
    if (instance.multiFrame) return findSource(known, reference) ?? 'not-found';
    // a frame number beyond a single-frame image ends the search
    if (SEARCHES[viewer].frameNumber === 'counts' && (reference.frame ?? 1) !== 1) return 'not-found';
    return { instance, frame: 1 };
  }
  const series = object.dataSet.items(TAG.ReferencedSeriesSequence)[0]?.text(TAG.SeriesInstanceUID);
  const frameOfReference = object.dataSet.text(TAG.FrameOfReferenceUID);
  if (series === undefined || frame.position.length !== 3) return 'not-found';
  for (const candidate of known.values()) {
    if (candidate.seriesInstanceUID !== series) continue;
    if (candidate.header.text(TAG.FrameOfReferenceUID) !== frameOfReference) continue;
    for (const number of candidate.frames) {
      const image = { instance: candidate, frame: number };
      if (samePlace(frame.position, positionOf(image), viewer)) return image;
    }
  }
  return 'not-found';
}

function samePlace(ours: readonly string[], theirs: readonly string[], viewer: ReferenceViewer): boolean {
  return (
    theirs.length === 3 &&
    ours.every((text, i) => {
      const [a, b] = [Number(text), Number(theirs[i])];
      const allowed =
        SEARCHES[viewer].tolerance === 'mm' ? TOLERANCE : TOLERANCE * Math.max(1, Math.abs(a), Math.abs(b));
      return Math.abs(a - b) <= allowed;
    })
  );
}

function liesAt({ position }: ReadFrame, image: SourceFrame): boolean {
  const theirs = positionOf(image);
  if (position.length !== 3 || theirs.length !== 3) return true;
  return Math.hypot(...position.map((text, i) => Number(text) - Number(theirs[i]))) <= SAME_PLACE_MM;
}

const referenceOf = (item: DataSet | undefined): ReadSourceReference | undefined =>
  item && {
    sopClassUID: item.text(TAG.ReferencedSOPClassUID),
    sopInstanceUID: item.text(TAG.ReferencedSOPInstanceUID),
    frame: item.number(TAG.ReferencedFrameNumber),
    item,
  };
