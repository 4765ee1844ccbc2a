/** What does one group say? Its numbers with their lines, found by the first shape that fits, and paired within the group. */
import type { Skipped } from '../domain/index.js';
import type { AxisNumber, AxisRole } from './axis-number.js';
import type { Group } from './groups.js';
import type { Graphic, Line } from './graphics.js';
import { MOST_MISS, crossingWithin, lengthOf } from './line-geometry.js';
import { bentRelationships } from './shapes/bent-relationships.js';
import { byReference } from './shapes/by-reference.js';
import { contourOf } from './shapes/contour.js';
import { ellipse } from './shapes/ellipse.js';
import { fourPointPolyline } from './shapes/four-point-polyline.js';
import { linesUnderNumbers } from './shapes/lines-under-numbers.js';
import { countsWithoutDrawing } from './shapes/numbers-only.js';
import type { PairShape } from './shapes/pair-shape.js';
import { patientLines } from './shapes/patient-lines.js';
import { pointsOfBothAxes, pointsPerAxis } from './shapes/points.js';
import { hasLines, type AxisShape, type DrawnAxis, type Reading, type ShapeLetter } from './shapes/reading.js';
import { commonImage } from './shapes/several-images.js';
import { pathOf } from './tree.js';

const AXIS_SHAPES: readonly AxisShape[] = [
  linesUnderNumbers,
  bentRelationships,
  byReference,
  patientLines,
  pointsPerAxis,
];
const PAIR_SHAPES: readonly PairShape[] = [fourPointPolyline, pointsOfBothAxes, ellipse];

export interface GroupReadings {
  readonly readings: readonly Reading[];
  readonly skipped: readonly Skipped[];
}

/** One axis with the letter of the shape that found its lines; no letter where nothing is drawn for it. */
interface Found extends DrawnAxis {
  readonly letters: readonly ShapeLetter[];
}

interface Pair {
  readonly long: Found | undefined;
  readonly short: Found | undefined;
}

export function readGroup(group: Group): GroupReadings {
  const { long, short, single } = byRole(group.numbers.map((number) => findLines(number, group)));
  if (long.length === 0 && short.length === 0) return readSingles(group, single);
  if ([...long, ...short].some(hasLines)) return { readings: pairs(long, short).map(readingOf(group)), skipped: [] };
  const inOne = bothAxesInOneGraphic(group, long[0], short[0]);
  if (inOne) return { readings: [readingOf(group)(inOne)], skipped: [] };
  return readNumbers(group, long, short);
}

function findLines(number: AxisNumber, group: Group): Found {
  for (const shape of AXIS_SHAPES) {
    const lines = shape.lines(number, group);
    if (lines.length > 0) return { number, lines, letters: [shape.letter] };
  }
  return { number, lines: [], letters: [] };
}

interface ByRole {
  readonly long: readonly Found[];
  readonly short: readonly Found[];
  readonly single: readonly Found[];
}

/** Beside a short axis, a diameter (or a length) is the long one; beside a long axis it is another number of the group, like an area. */
function byRole(found: readonly Found[]): ByRole {
  const of = (role: AxisRole): readonly Found[] => found.filter(({ number }) => number?.role === role);
  const [long, short, diameters, lengths] = [of('long-axis'), of('short-axis'), of('diameter'), of('length')];
  if (long.length > 0 || short.length === 0) return { long, short, single: [...diameters, ...lengths] };
  const others = diameters.length > 0 ? diameters : lengths;
  const withLines = others.filter(hasLines);
  return { long: withLines.length > 0 ? withLines : others.slice(0, 1), short, single: [] };
}

/** Real containers hold a handful; the bound keeps a hostile one from costing its square. */
const MOST_CANDIDATES = 32;

/** One of each is a pair. Several of a role in one container pair by image and crossing, each once, in the order of the file. */
function pairs(long: readonly Found[], short: readonly Found[]): readonly Pair[] {
  if (long.length <= 1 && short.length <= 1) return [{ long: long[0], short: short[0] }];
  const left = [...short];
  const withLong = long.map((a) => {
    const at = left.slice(0, MOST_CANDIDATES).findIndex((b) => linesCross(a, b));
    return { long: a, short: at < 0 ? undefined : left.splice(at, 1)[0] };
  });
  return [...withLong, ...left.map((b) => ({ long: undefined, short: b }))];
}

const linesCross = (first: DrawnAxis, second: DrawnAxis): boolean =>
  first.lines.some((a) =>
    second.lines.some((b) => commonImage(a, b) !== 'none' && crossingWithin(a, b, MOST_MISS) !== undefined),
  );

/** Every graphic of the group is asked: on several images each has one of its own. */
function bothAxesInOneGraphic(group: Group, long: Found | undefined, short: Found | undefined): Pair | undefined {
  const graphics = graphicsOf(group);
  for (const shape of PAIR_SHAPES) {
    const axes = graphics
      .flatMap((graphic) => shape.axes(graphic) ?? [])
      .filter((pair) => fitsNumbers(pair, long, short));
    if (axes.length === 0) continue;
    return {
      long: { number: long?.number, lines: axes.map((pair) => pair.long), letters: [shape.letter] },
      short: { number: short?.number, lines: axes.map((pair) => pair.short), letters: [shape.letter] },
    };
  }
  return undefined;
}

/** Pixel spacing is not known here and may differ along rows and columns, so proportions are compared generously. */
const MOST_PROPORTION_OFF = Math.log(1.6);

function fitsNumbers(
  drawn: { readonly long: Line; readonly short: Line },
  long: Found | undefined,
  short: Found | undefined,
): boolean {
  const [a, b] = [long?.number?.value, short?.number?.value];
  if (a === undefined || b === undefined) return true;
  const off = Math.abs(Math.log(a / b)) - Math.abs(Math.log(lengthOf(drawn.long) / lengthOf(drawn.short)));
  return Math.abs(off) <= MOST_PROPORTION_OFF;
}

/** Graphics of the group, each once: numbers often share one. */
function graphicsOf(group: Group): readonly Graphic[] {
  const all = [...group.numbers.flatMap((number) => number.graphics.map(({ graphic }) => graphic)), ...group.regions];
  return [...new Map(all.map((graphic) => [graphic.item, graphic])).values()];
}

function readNumbers(group: Group, long: readonly Found[], short: readonly Found[]): GroupReadings {
  const contour = contourOf(group);
  const counts = ({ number }: Found): boolean =>
    contour !== undefined || (number !== undefined && countsWithoutDrawing(number));
  const kept = { long: long.find(counts), short: short.find(counts) };
  if (!kept.long && !kept.short) return noMarks(group);
  return { readings: [withContour(readingOf(group)(kept), contour)], skipped: [] };
}

function readSingles(group: Group, singles: readonly Found[]): GroupReadings {
  const lines = singles.filter(hasLines);
  const contour = group.hasIdentity ? contourOf(group) : undefined;
  if (lines.length === 0 && !contour) return noMarks(group);
  const kept = lines.length > 0 ? lines : singles.slice(0, 1);
  return {
    readings: kept.map((single) => ({
      ...withContour(readingOf(group)({ long: undefined, short: undefined }), hasLines(single) ? undefined : contour),
      letters: hasLines(single) ? lettersOf(group, single.letters) : ['C'],
      single,
    })),
    skipped: [],
  };
}

const noMarks = (group: Group): GroupReadings => ({
  readings: [],
  skipped: [{ reason: 'no-marks', where: pathOf(group.item) }],
});

function withContour(reading: Reading, contour: ReturnType<typeof contourOf>): Reading {
  if (!contour) return reading;
  return { ...reading, letters: contour.letters, images: [...contour.images, ...reading.images] };
}

const readingOf =
  (group: Group) =>
  ({ long, short }: Pair): Reading => ({
    where: pathOf(group.item),
    run: group.run,
    trackingUID: group.trackingUID,
    trackingIdentifier: group.trackingIdentifier,
    finding: group.finding,
    findingSite: group.findingSite,
    laterality: group.laterality,
    lesionRole: group.lesionRole,
    timePoint: group.timePoint,
    letters: lettersOf(group, [...(long?.letters ?? []), ...(short?.letters ?? [])]),
    long,
    short,
    single: undefined,
    images: group.images,
    hasDanglingReference: group.hasDanglingReference,
    originUnknown: false,
  });

function lettersOf(group: Group, drawn: readonly ShapeLetter[]): readonly ShapeLetter[] {
  const letters: ShapeLetter[] = drawn.length > 0 ? [...drawn] : ['J'];
  if (group.isSplit) letters.push('H');
  if (group.template === 'other') letters.push('L');
  return letters;
}
