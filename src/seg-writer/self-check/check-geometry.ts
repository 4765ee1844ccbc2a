import { cross, dot, TAG, type DataSet, type Vector3 } from '../../domain/index.js';
import { liesOnGrid } from '../layout/stack.js';
import { textFault } from '../source/legal-text.js';
import { findSource, macroOf, positionOf, type KnownSources, type SourceFrame } from './known-sources.js';
import { problem, type SegmentationProblem } from './problems.js';
import type { ReadFrame } from './read-frames.js';
import type { ReadSegmentation } from './read-segmentation.js';

/** Below this a position is where its image is, though not to the last digit; a viewer that compares positions looks closer. */
const SAME_PLACE_MM = 0.01;
/** What printing a source's over-long decimal with 16 characters may change. */
const REPRINT_MM = 0.0005;
/** Cosines that move the far corner of a slice by less than a hundredth of a millimetre. */
const SAME_COSINE = 1.01e-5;
/** Cosines within which a viewer still takes two directions for parallel or perpendicular. */
const VIEWER_COSINE = 1e-3;
const SAME_SPACING_MM = 1.01e-6;
/** A pixel spacing that covers the field of the images with another number of pixels. */
const SAME_FIELD_MM = 1e-3;

/** Where the object says its frames lie: against the images they were drawn on, where those are at hand, and against each other. */
export function checkGeometry(
  object: ReadSegmentation,
  known: KnownSources | undefined,
): readonly SegmentationProblem[] {
  const { frames } = object;
  const found: SegmentationProblem[] = [];
  const once = new Set<string>();
  const report = (reported: SegmentationProblem): void => {
    if (!once.has(reported.code)) found.push(reported);
    once.add(reported.code);
  };
  const [first] = frames;
  if (frames.some(({ orientation }) => !sameOrientation(orientation, first!.orientation)))
    found.push(problem('orientations-several'));
  const compared = new Map<
    DataSet,
    { readonly measures: DataSet | undefined; readonly orientation: readonly number[] }
  >();
  for (const frame of known ? frames : []) {
    const source = sourceOf(frame, known!);
    if (!source) continue;
    const moved = positionProblem(frame, source);
    if (moved) found.push(moved);
    const { like } = source.instance;
    const before = source.instance.multiFrame ? undefined : compared.get(like);
    if (before?.measures === frame.measures && before?.orientation === frame.orientation) continue;
    compared.set(like, frame);
    // frames that are turned against the first are said to be so already
    const turned = frame !== first && !sameOrientation(frame.orientation, first!.orientation);
    for (const each of planeProblems(object, frame, source))
      if (!turned || !ABOUT_ORIENTATION.has(each.code)) report(each);
  }
  return [...found, ...checkSliceDistance(frames)];
}

const ABOUT_ORIENTATION: ReadonlySet<string> = new Set(['orientation-differs', 'orientation-oblique']);

/** The image that a frame names; of several, the one at the frame's position if there is one. */
function sourceOf(frame: ReadFrame, known: KnownSources): SourceFrame | undefined {
  const [only] = frame.sources;
  if (only && frame.sources.length === 1) return findSource(known, only);
  const sources = frame.sources.flatMap((reference) => findSource(known, reference) ?? []);
  if (sources.length < 2) return sources[0];
  return sources.find((source) => positionProblem(frame, source)?.code !== 'position-differs') ?? sources[0];
}

const sameOrientation = (a: readonly number[], b: readonly number[]): boolean => a === b || near(a, b, SAME_COSINE);

/** Grid, frame of reference and directions of a frame against those of its image. */
function planeProblems(
  { dataSet }: ReadSegmentation,
  { measures, orientation }: ReadFrame,
  source: SourceFrame,
): readonly SegmentationProblem[] {
  const { header } = source.instance;
  const found: SegmentationProblem[] = [];
  if (dataSet.text(TAG.FrameOfReferenceUID) !== header.text(TAG.FrameOfReferenceUID))
    found.push(problem('frame-of-reference-differs'));
  const size = [dataSet.number(TAG.Rows) ?? 0, dataSet.number(TAG.Columns) ?? 0] as const;
  const [rows, columns] = [header.number(TAG.Rows), header.number(TAG.Columns)];
  if (size[0] !== rows || size[1] !== columns)
    found.push(problem(size[0] === columns && size[1] === rows ? 'size-exchanged' : 'size-differs'));
  const theirs = macroOf(source, TAG.PlaneOrientationSequence)?.numbers(TAG.ImageOrientationPatient) ?? [];
  if (orientation.length === 6 && theirs.length === 6 && !near(orientation, theirs, SAME_COSINE)) {
    found.push(problem('orientation-differs'));
    if (!standsSquare(orientation, theirs)) found.push(problem('orientation-oblique'));
  }
  const theirSpacing = macroOf(source, TAG.PixelMeasuresSequence)?.numbers(TAG.PixelSpacing) ?? [];
  const spacing = measures?.numbers(TAG.PixelSpacing) ?? [];
  if (spacing.length === 2 && theirSpacing.length === 2 && rows !== undefined && columns !== undefined) {
    // masks of another resolution cover the same field
    const expected = [(theirSpacing[0]! * rows) / size[0], (theirSpacing[1]! * columns) / size[1]];
    const resampled = found.some(({ code }) => code === 'size-differs') && near(spacing, expected, SAME_FIELD_MM);
    if (!resampled && !near(spacing, theirSpacing, SAME_SPACING_MM)) found.push(problem('pixel-spacing-differs'));
  }
  return found;
}

/** Whether rows and columns run along or across those of the image: what viewers can turn. */
function standsSquare(a: readonly number[], b: readonly number[]): boolean {
  return [0, 3].every((at) => {
    const cosine = Math.abs(a[at]! * b[at]! + a[at + 1]! * b[at + 1]! + a[at + 2]! * b[at + 2]!);
    return cosine < VIEWER_COSINE || Math.abs(cosine - 1) < VIEWER_COSINE;
  });
}

function positionProblem(frame: ReadFrame, source: SourceFrame): SegmentationProblem | undefined {
  if (frame.position.length !== 3) return undefined;
  const texts = positionOf(source);
  if (frame.position.every((text, i) => text === texts[i])) return undefined;
  const distance = Math.hypot(...frame.position.map((text, i) => Number(text) - Number(texts[i])));
  if (!(distance <= SAME_PLACE_MM)) return problem('position-differs', { frame: frame.number });
  const reprinted = textFault('DS', texts) !== undefined && distance < REPRINT_MM;
  return reprinted || distance === 0 ? undefined : problem('position-inexact', { frame: frame.number });
}

/** Slice thickness, and the volume that volume readers make of orientation, positions and the distance of slices. */
function checkSliceDistance(frames: readonly ReadFrame[]): readonly SegmentationProblem[] {
  const measures = frames.find((frame) => frame.measures)?.measures;
  if (!measures) return [];
  const thickness = measures.number(TAG.SliceThickness);
  const spacing = measures.number(TAG.SpacingBetweenSlices);
  const found: SegmentationProblem[] = [];
  if (thickness === undefined || thickness <= 0) found.push(problem('slice-thickness'));
  if (thickness === undefined && spacing === undefined) found.push(problem('slice-distance-missing'));

  const byPosition = new Map(frames.map((frame) => [frame.positionKey, frame]));
  const positions = [...byPosition.values()].filter(({ place }) => place.length === 3).map(({ place }) => place);
  const orientation = frames[0]!.orientation;
  if (positions.length < 2 || orientation.length !== 6) return found;
  if (spacing === undefined) found.push(problem('spacing-between-slices-missing'));

  const [first] = positions;
  const normal = unitNormal(orientation);
  const offsets = positions.map((p): Vector3 => [p[0]! - first![0]!, p[1]! - first![1]!, p[2]! - first![2]!]);
  const stepMm = spacing ?? thickness ?? 0;
  if (stepMm > 0 && isVolume(offsets, normal, stepMm)) return found;
  if (!formsSomeVolume(offsets, normal)) return [...found, problem('no-volume')];
  return [...found, problem(spacing === undefined ? 'slice-distance-not-thickness' : 'slice-distance-differs')];
}

/** Every position on a place of its own, a whole number of steps from the first. */
function isVolume(offsets: readonly Vector3[], normal: Vector3, stepMm: number): boolean {
  const places = new Set(offsets.map((offset) => Math.round(dot(offset, normal) / stepMm)));
  return places.size === offsets.length && liesOnGrid(offsets, normal, stepMm);
}

/** Finer steps than any scanner reconstructs are no step. */
const FINEST_STEP_MM = 0.5;

/** Whether there is a distance of slices with which the positions form a volume: the smallest one found, or a part of it where slices are missing. */
function formsSomeVolume(offsets: readonly Vector3[], normal: Vector3): boolean {
  const heights = offsets.map((offset) => dot(offset, normal)).sort((a, b) => a - b);
  const smallest = Math.min(...heights.slice(1).map((height, i) => height - heights[i]!));
  const whole = heights.at(-1)! - heights[0]!;
  for (let parts = 1; smallest / parts >= FINEST_STEP_MM; parts++)
    if (isVolume(offsets, normal, whole / Math.round((whole * parts) / smallest))) return true;
  return false;
}

const near = (a: readonly number[], b: readonly number[], tolerance: number): boolean =>
  a.length === b.length && a.every((value, i) => Math.abs(value - b[i]!) <= tolerance);

/** Where a position lies along the normal of an orientation: what ranks of positions count. */
export function heightAlong(orientation: readonly number[]): (position: readonly number[]) => number {
  const normal = unitNormal(orientation);
  return (position) => dot(normal, [position[0]!, position[1]!, position[2]!]);
}

/** Written cosines are rounded: their product is not of length 1. */
function unitNormal(orientation: readonly number[]): Vector3 {
  const [rx, ry, rz, cx, cy, cz] = orientation as [number, number, number, number, number, number];
  const normal = cross([rx, ry, rz], [cx, cy, cz]);
  const length = Math.hypot(...normal);
  return [normal[0] / length, normal[1] / length, normal[2] / length];
}
