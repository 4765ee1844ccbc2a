/**
 * Grayscale softcopy presentation states (PS3.3 C.10.5): what a workstation drew on an image. A drawing has no number and no name, so only what
 * can hardly be anything else is taken for the axes of a lesion, and a source is asked whether its drawings are measurements at all.
 */
import {
  TAG,
  asReadUid,
  type DataSet,
  type ImageReference,
  type ReadReport,
  type ReferencedInstance,
  type SeriesInstanceUid,
  type Skipped,
  type StudyInstanceUid,
} from '../../domain/index.js';
import type { Line, Point } from '../graphics.js';
import { headerOf } from '../header.js';
import { imagesNamed } from '../image-references.js';
import { measurementsOf } from '../measurement-of.js';
import type { Reading } from '../shapes/reading.js';
import { pairSingleLengths } from '../shapes/single-lengths.js';
import { pairsByDrawingOrder, withoutOrnaments, type DrawnLine, type SortedLines } from './drawn-lines.js';

/** More than anybody draws on one image; beyond it nothing is a measurement. */
const MOST_LINES = 200;
const NOTHING_SORTED: SortedLines = { candidates: [], ornaments: [] };

export function readPresentationState(dataSet: DataSet): ReadReport {
  const { lines, corners } = linesOf(dataSet);
  const unpaired: Skipped[] = [];
  const ornaments: Skipped[] = [];
  const readings: Reading[] = [];
  for (const onImage of byImage(lines)) {
    const sorted = onImage.length > MOST_LINES ? NOTHING_SORTED : withoutOrnaments(onImage, corners);
    const { candidates } = sorted;
    const found = pairsByDrawingOrder(candidates).flatMap((lines) => pairSingleLengths(lines.map(readingOf)));
    for (const reading of found)
      if (candidates.length === 1 || (reading.long && reading.short)) readings.push(reading);
      else unpaired.push({ reason: 'lines-unpaired', where: reading.where });
    ornaments.push(...sorted.ornaments.map(({ where }): Skipped => ({ reason: 'drawing-ornament', where })));
  }
  for (const { where } of lines.filter(({ line }) => line.images.length !== 1))
    unpaired.push({ reason: 'no-image-reference', where });
  for (const where of new Set(corners.map((corner) => corner.where)))
    ornaments.push({ reason: 'drawing-ornament', where });
  const nothing: Skipped = { reason: lines.length > 0 ? 'lines-unpaired' : 'no-measurements', where: '1' };
  const reasons = readings.length === 0 && unpaired.length === 0 ? [nothing] : unpaired;
  return {
    ...headerOf(dataSet, undefined),
    kind: 'gsps',
    measurements: measurementsOf(readings),
    // why there is no measurement comes first, then what was passed over
    skipped: [...reasons, ...ornaments.slice(0, MOST_LINES)],
    findings: [],
    evidence: evidenceOf(dataSet),
  };
}

interface Drawing {
  readonly lines: readonly DrawnLine[];
  /** Vertices of polylines of three points: an arrow's head drawn in one stroke, or an angle. */
  readonly corners: readonly Corner[];
}

interface Corner {
  readonly point: Point;
  readonly images: readonly ImageReference[];
  readonly where: string;
}

/** Straight lines in image pixels (0\0 is the corner of the corner pixel, as in SCOORD); DISPLAY and MATRIX units are no image coordinates. */
function linesOf(dataSet: DataSet): Drawing {
  const lines: DrawnLine[] = [];
  const corners: Corner[] = [];
  const all = imagesOfState(dataSet);
  for (const [i, annotation] of dataSet.items(TAG.GraphicAnnotationSequence).entries()) {
    const named = imagesNamed(annotation, TAG.ReferencedImageSequence);
    const images = named.length > 0 ? named : all;
    for (const [j, object] of annotation.items(TAG.GraphicObjectSequence).entries()) {
      const points = pointsOf(object);
      const [a, b, c] = points;
      const where = `1.${i + 1}.${j + 1}`;
      if (points.length === 2 && a && b)
        lines.push({
          where,
          line: { ends: [a, b], space: 'image-point', images, frameOfReferenceUID: undefined },
        });
      else if (points.length === 3 && a && b && c)
        corners.push(...[a, b, c].map((point) => ({ point, images, where })));
    }
  }
  return { lines, corners };
}

function pointsOf(object: DataSet): readonly Point[] {
  const type = object.text(TAG.GraphicType)?.toUpperCase();
  const isPixels = object.text(TAG.GraphicAnnotationUnits)?.toUpperCase() === 'PIXEL';
  if (!isPixels || (type !== 'POLYLINE' && type !== 'INTERPOLATED')) return [];
  const numbers = object.numbers(TAG.GraphicData);
  if (numbers.length % 2 !== 0 || numbers.length > 6 || !numbers.every(Number.isFinite)) return [];
  return Array.from({ length: numbers.length / 2 }, (_, i) => [numbers[2 * i]!, numbers[2 * i + 1]!, 0] as const);
}

/** A line that may lie on any of several images is nobody's mark. */
function byImage(lines: readonly DrawnLine[]): Iterable<readonly DrawnLine[]> {
  const groups = new Map<string, DrawnLine[]>();
  for (const drawn of lines) {
    const [image] = drawn.line.images;
    if (!image || drawn.line.images.length > 1) continue;
    const key = `${image.sopInstanceUID} ${image.frame ?? ''}`;
    const others = groups.get(key);
    if (others) others.push(drawn);
    else groups.set(key, [drawn]);
  }
  return groups.values();
}

const readingOf = ({ line, where }: DrawnLine): Reading => ({
  where,
  run: undefined,
  trackingUID: undefined,
  trackingIdentifier: undefined,
  finding: undefined,
  findingSite: undefined,
  laterality: undefined,
  lesionRole: undefined,
  timePoint: undefined,
  letters: [],
  long: undefined,
  short: undefined,
  single: { number: undefined, lines: [line satisfies Line] },
  images: [],
  hasDanglingReference: false,
  originUnknown: false,
});

/** Presentation State Relationship (PS3.3 C.11.11): every image that the state is for. */
const imagesOfState = (dataSet: DataSet): readonly ImageReference[] =>
  dataSet
    .items(TAG.ReferencedSeriesSequence)
    .slice(0, MOST_LINES)
    .flatMap((series) => imagesNamed(series, TAG.ReferencedImageSequence));

function evidenceOf(dataSet: DataSet): readonly ReferencedInstance[] {
  const study = dataSet.text(TAG.StudyInstanceUID);
  return dataSet.items(TAG.ReferencedSeriesSequence).flatMap((item) => {
    const series = item.text(TAG.SeriesInstanceUID);
    return imagesNamed(item, TAG.ReferencedImageSequence).map(({ sopClassUID, sopInstanceUID }) => ({
      sopClassUID,
      sopInstanceUID,
      seriesInstanceUID: series === undefined ? undefined : asReadUid<SeriesInstanceUid>(series),
      studyInstanceUID: study === undefined ? undefined : asReadUid<StudyInstanceUid>(study),
    }));
  });
}
