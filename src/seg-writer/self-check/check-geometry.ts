import { functionalGroup } from '../../dicom/index.js';
import { cross, dot, TAG, type DataSet, type SourceSlice, type Tag, type Vector3 } from '../../domain/index.js';
import { liesOnGrid } from '../layout/stack.js';
import { isMultiFrame } from '../source/multi-frame.js';
import { textFault } from '../source/legal-text.js';
import { positionKey } from './check-frames.js';
import { findSource, type KnownSources } from './known-sources.js';
import { problem, type SegmentationProblem } from './problems.js';
import type { ReadFrame, ReadSegmentation } from './read-segmentation.js';

/** Below this a position is where its image is, though not to the last digit; a viewer that compares positions looks closer. */
const SAME_PLACE_MM = 0.01;
/** What printing a source's over-long decimal with 16 characters may change. */
const REPRINT_MM = 0.0005;
/** Cosines that move the far corner of a slice by less than a hundredth of a millimetre. */
const SAME_COSINE = 1.01e-5;
const SAME_SPACING_MM = 1.01e-6;

/** Where the object says its frames lie, against the images they were drawn on and against each other. */
export function checkGeometry(object: ReadSegmentation, known: KnownSources): readonly SegmentationProblem[] {
  const { dataSet, shared, frames } = object;
  const measures = shared?.items(TAG.PixelMeasuresSequence)[0];
  const orientation = shared?.items(TAG.PlaneOrientationSequence)[0]?.numbers(TAG.ImageOrientationPatient) ?? [];
  const found: SegmentationProblem[] = [];
  const once = new Set<string>();
  const report = (reported: SegmentationProblem): void => {
    if (!once.has(reported.code)) found.push(reported);
    once.add(reported.code);
  };
  for (const frame of frames) {
    const source = frame.sources[0] && findSource(known, frame.sources[0]);
    if (!source) continue;
    if (dataSet.text(TAG.FrameOfReferenceUID) !== source.header.text(TAG.FrameOfReferenceUID))
      report(problem('frame-of-reference-differs'));
    if (dataSet.number(TAG.Rows) !== source.plane.rows || dataSet.number(TAG.Columns) !== source.plane.columns)
      report(problem('size-differs'));
    const theirs = groupOf(source, TAG.PlaneOrientationSequence)?.numbers(TAG.ImageOrientationPatient) ?? [];
    if (orientation.length === 6 && !near(orientation, theirs, SAME_COSINE)) report(problem('orientation-differs'));
    const spacing = groupOf(source, TAG.PixelMeasuresSequence)?.numbers(TAG.PixelSpacing) ?? [];
    if (measures && !near(measures.numbers(TAG.PixelSpacing), spacing, SAME_SPACING_MM))
      report(problem('pixel-spacing-differs'));
    const moved = positionProblem(frame, source);
    if (moved) found.push(moved);
  }
  return [...found, ...(measures ? checkSliceDistance(measures, orientation, frames) : [])];
}

function positionProblem(frame: ReadFrame, source: SourceSlice): SegmentationProblem | undefined {
  if (frame.position.length !== 3) return undefined;
  const texts = groupOf(source, TAG.PlanePositionSequence)?.texts(TAG.ImagePositionPatient) ?? [];
  if (frame.position.every((text, i) => text === texts[i])) return undefined;
  const distance = Math.hypot(...frame.position.map((text, i) => Number(text) - Number(texts[i])));
  if (!(distance <= SAME_PLACE_MM)) return problem('position-differs', { frame: frame.number });
  const reprinted = textFault('DS', texts) !== undefined && distance < REPRINT_MM;
  return reprinted || distance === 0 ? undefined : problem('position-inexact', { frame: frame.number });
}

/** What holds a macro's attributes for a slice: the image, or an item of its functional groups. */
const groupOf = ({ header, reference }: SourceSlice, macro: Tag): DataSet | undefined =>
  isMultiFrame(header) ? functionalGroup(header, reference.frame ?? 1, macro) : header;

/** Slice thickness, and the volume that volume readers make of orientation, positions and the distance of slices. */
function checkSliceDistance(
  measures: DataSet,
  orientation: readonly number[],
  frames: readonly ReadFrame[],
): readonly SegmentationProblem[] {
  const thickness = measures.number(TAG.SliceThickness);
  const found: SegmentationProblem[] = [];
  if (thickness === undefined || thickness <= 0) found.push(problem('slice-thickness'));
  const positions = [
    ...new Map(frames.map((frame) => [positionKey(frame), frame.position.map(Number)])).values(),
  ].filter((position) => position.length === 3);
  if (positions.length < 2 || orientation.length !== 6) return found;
  const spacing = measures.number(TAG.SpacingBetweenSlices);
  if (spacing === undefined) found.push(problem('spacing-between-slices-missing'));
  const [first] = positions;
  const offsets = positions.map((p): Vector3 => [p[0]! - first![0]!, p[1]! - first![1]!, p[2]! - first![2]!]);
  const stepMm = spacing ?? thickness ?? 0;
  const onGrid = stepMm > 0 && liesOnGrid(offsets, unitNormal(orientation), stepMm);
  return onGrid ? found : [...found, problem('no-volume')];
}

const near = (a: readonly number[], b: readonly number[], tolerance: number): boolean =>
  a.length === b.length && a.every((value, i) => Math.abs(value - b[i]!) <= tolerance);

/** Where a position lies along the normal of an orientation: what ranks of positions count. */
export const alongNormal = (orientation: readonly number[], position: readonly number[]): number =>
  dot(unitNormal(orientation), [position[0]!, position[1]!, position[2]!]);

/** Written cosines are rounded: their product is not of length 1. */
function unitNormal(orientation: readonly number[]): Vector3 {
  const [rx, ry, rz, cx, cy, cz] = orientation as [number, number, number, number, number, number];
  const normal = cross([rx, ry, rz], [cx, cy, cz]);
  const length = Math.hypot(...normal);
  return [normal[0] / length, normal[1] / length, normal[2] / length];
}
