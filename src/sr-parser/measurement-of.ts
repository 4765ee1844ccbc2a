/** From a reading to a measurement: which line on which image, what the numbers say in millimetres, and what deviated. */
import { asReadUid, finding, type Axis, type Finding, type Measurement, type MeasurementKey } from '../domain/index.js';
import { markPoints, type Line } from './graphics.js';
import type { DrawnAxis, Reading, ShapeLetter } from './shapes/reading.js';
import { chooseLines } from './shapes/several-images.js';
import { inMillimetres } from './units.js';

/** The measurements of a report in the order of the file, each with a key of its own. */
export function measurementsOf(readings: readonly Reading[]): readonly Measurement[] {
  const places = readings.map((reading) => ({ path: reading.where, run: reading.run }));
  const total = new Map<string, number>();
  for (const { path } of places) total.set(path, (total.get(path) ?? 0) + 1);
  const given = new Map<string, number>();
  return readings.map((reading, i) => {
    const { path, run } = places[i]!;
    const nth = (given.get(path) ?? 0) + 1;
    given.set(path, nth);
    const isOneOfSeveral = run !== undefined || (total.get(path) ?? 0) > 1;
    return measurementOf(reading, (isOneOfSeveral ? `${path}#${nth}` : path) as MeasurementKey);
  });
}

function measurementOf(reading: Reading, key: MeasurementKey): Measurement {
  const long = reading.long;
  const chosen = chooseLines(long, reading.short);
  const letters: readonly ShapeLetter[] =
    chosen.images > 1 || chosen.image?.frame !== undefined ? [...reading.letters, 'K'] : reading.letters;
  return {
    key,
    trackingUID: reading.trackingUID === undefined ? undefined : asReadUid(reading.trackingUID),
    trackingIdentifier: reading.trackingIdentifier,
    longAxis: long && axisOf(long, chosen.long),
    shortAxis: reading.short && axisOf(reading.short, chosen.short),
    image: chosen.image ?? onlyImage(reading),
    finding: reading.finding,
    findingSite: reading.findingSite,
    laterality: reading.laterality,
    lesionRole: reading.lesionRole,
    timePoint: reading.timePoint,
    shape: [...new Set(letters)].sort().join(','),
    findings: findingsOf(reading, chosen),
  };
}

/** Where no line names an image, the group's, unless there is a choice of several and coordinates would land on a wrong one. */
function onlyImage({ images, long, short }: Reading): Measurement['image'] {
  const [first] = images;
  const isDrawn = [long, short].some((axis) => axis?.lines.some((line) => line.space === 'image-point'));
  const several = images.some((image) => image.sopInstanceUID !== first?.sopInstanceUID || image.frame !== first.frame);
  return isDrawn && several ? undefined : first;
}

function axisOf({ number }: DrawnAxis, line: Line | undefined): Axis {
  return {
    points: line && markPoints(line),
    reportedMm: number?.value === undefined ? undefined : inMillimetres(number.value, number.lengthUnit),
    reportedValue: number?.value,
    unit: number?.unit,
    code: number?.concept,
    match: number?.match ?? 'position',
  };
}

function findingsOf(reading: Reading, chosen: ReturnType<typeof chooseLines>): readonly Finding[] {
  const findings: Finding[] = [];
  const numbers = [reading.long?.number, reading.short?.number];
  if (numbers.some((number) => number?.value !== undefined && number.lengthUnit.kind === 'unknown'))
    findings.push(finding('unit.unknown'));
  if ((chosen.long === undefined) !== (chosen.short === undefined)) findings.push(finding('axes.single'));
  if (chosen.images > 1) findings.push(finding('image.several', chosen.images));
  if (reading.originUnknown) findings.push(finding('points.origin-unknown'));
  if (reading.hasDanglingReference) findings.push(finding('reference.dangling'));
  return findings;
}
