import { isLymphNode } from '../codes.js';
import { couldBeAxes, lengthOf } from '../line-geometry.js';
import type { Line } from '../graphics.js';
import { inMillimetres } from '../units.js';
import type { DrawnAxis, Reading } from './reading.js';

/**
 * M: single lengths. Two are the axes of one lesion if they lie on the same image, cross inside both near a right angle, and neither has another
 * such partner; the longer is the long axis. Never by nearness alone. A length that stays alone is the long axis, but of a lymph node the short
 * one, which is what RECIST 1.1 measures there.
 */
export function pairSingleLengths(readings: readonly Reading[]): readonly Reading[] {
  const partnerOf = partners(readings.filter((reading) => reading.single));
  const paired = new Set<Reading>();
  return readings.flatMap((reading) => {
    if (!reading.single) return [reading];
    const partner = partnerOf.get(reading);
    if (!partner) return [alone(reading)];
    if (paired.has(partner)) return [];
    paired.add(reading);
    return [isLonger(reading, partner) ? pair(reading, partner) : pair(partner, reading)];
  });
}

/** Partners of one identity first: what else crosses them does not matter then. */
function partners(singles: readonly Reading[]): ReadonlyMap<Reading, Reading> {
  const partnerOf = new Map<Reading, Reading>();
  const byIdentity = new Map<string, Reading[]>();
  for (const single of singles) {
    if (single.trackingUID === undefined) continue;
    const same = byIdentity.get(single.trackingUID);
    if (same) same.push(single);
    else byIdentity.set(single.trackingUID, [single]);
  }
  for (const same of byIdentity.values()) unambiguous(same, partnerOf);
  unambiguous(
    singles.filter((single) => !partnerOf.has(single)),
    partnerOf,
  );
  return partnerOf;
}

function unambiguous(singles: readonly Reading[], partnerOf: Map<Reading, Reading>): void {
  const candidates = new Map<Reading, Set<Reading>>();
  for (const [a, b] of crossingPairs(singles)) {
    candidates.set(a, (candidates.get(a) ?? new Set()).add(b));
    candidates.set(b, (candidates.get(b) ?? new Set()).add(a));
  }
  for (const [reading, others] of candidates) {
    const [other] = others;
    if (other && others.size === 1 && candidates.get(other)?.size === 1) partnerOf.set(reading, other);
  }
}

/** Nobody draws more on one image; beyond it nothing is paired there, so that a hostile report does not cost its square. */
const MOST_ON_ONE_IMAGE = 500;

function* crossingPairs(singles: readonly Reading[]): Generator<readonly [Reading, Reading]> {
  for (const drawn of byImage(singles).values()) {
    if (drawn.length > MOST_ON_ONE_IMAGE) continue;
    for (const [i, a] of drawn.entries())
      for (const b of drawn.slice(i + 1))
        if (a.reading !== b.reading && couldBeAxes(a.line, b.line)) yield [a.reading, b.reading];
  }
}

interface DrawnSingle {
  readonly reading: Reading;
  readonly line: Line;
}

/** Lines by the image and frame they lie on; those in patient coordinates by their frame of reference. */
function byImage(singles: readonly Reading[]): ReadonlyMap<string, readonly DrawnSingle[]> {
  const drawn = new Map<string, DrawnSingle[]>();
  for (const reading of singles)
    for (const line of reading.single?.lines ?? [])
      for (const place of placesOf(line)) {
        const others = drawn.get(place);
        if (others) others.push({ reading, line });
        else drawn.set(place, [{ reading, line }]);
      }
  return drawn;
}

const placesOf = (line: Line): readonly string[] =>
  line.space === 'patient'
    ? [line.frameOfReferenceUID ?? '']
    : line.images.map(({ sopInstanceUID, frame }) => `${sopInstanceUID} ${frame ?? ''}`);

function alone(reading: Reading): Reading {
  const isNode = isLymphNode(reading.findingSite) || isLymphNode(reading.finding);
  return {
    ...reading,
    letters: [...reading.letters, 'M'],
    long: isNode ? undefined : reading.single,
    short: isNode ? reading.single : undefined,
    single: undefined,
  };
}

/** Two groups with a UID each are one lesion of neither UID; the identifier is the long axis's. */
function pair(long: Reading, short: Reading): Reading {
  return {
    ...long,
    letters: [...long.letters, ...short.letters, 'M'],
    long: long.single,
    short: short.single,
    single: undefined,
    trackingUID: long.trackingUID === short.trackingUID ? long.trackingUID : undefined,
    finding: long.finding ?? short.finding,
    findingSite: long.findingSite ?? short.findingSite,
    laterality: long.laterality ?? short.laterality,
    lesionRole: long.lesionRole ?? short.lesionRole,
    timePoint: long.timePoint ?? short.timePoint,
    images: [...long.images, ...short.images],
    hasDanglingReference: long.hasDanglingReference || short.hasDanglingReference,
    originUnknown: long.originUnknown || short.originUnknown,
  };
}

/** By the numbers, which know the pixel spacing; by the drawing where one is missing. */
function isLonger(a: Reading, b: Reading): boolean {
  const [x, y] = [reported(a.single), reported(b.single)];
  return x !== undefined && y !== undefined ? x >= y : drawn(a.single) >= drawn(b.single);
}

const reported = (axis: DrawnAxis | undefined): number | undefined =>
  axis?.number?.value === undefined ? undefined : inMillimetres(axis.number.value, axis.number.lengthUnit);

const drawn = (axis: DrawnAxis | undefined): number => Math.max(0, ...(axis?.lines ?? []).map(lengthOf));
