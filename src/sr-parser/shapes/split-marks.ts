import { MOST_MISS, crossingWithin } from '../line-geometry.js';
import { hasLines, type DrawnAxis, type Reading } from './reading.js';
import { commonImage } from './several-images.js';

/** Of one identity there are as many as time points; the bound keeps a hostile report from costing its square. */
const MOST_CANDIDATES = 32;

/**
 * H: long and short axis in two groups of the same tracking UID; or, where neither has one, of the same identifier with lines that cross on the
 * same image.
 */
export function joinSplitMarks(readings: readonly Reading[]): readonly Reading[] {
  const partnerOf = new Map<Reading, Reading>();
  const longs = readings.filter((reading) => reading.long && !reading.short);
  const shorts = new Map<string, Reading[]>();
  for (const reading of readings) {
    const key = reading.short && !reading.long ? identityKey(reading) : undefined;
    if (key === undefined) continue;
    const same = shorts.get(key);
    if (same) same.push(reading);
    else shorts.set(key, [reading]);
  }
  for (const long of longs) {
    const candidates = shorts.get(identityKey(long) ?? '') ?? [];
    const at = candidates.slice(0, MOST_CANDIDATES).findIndex((short) => belongTogether(long, short));
    const [short] = at < 0 ? [] : candidates.splice(at, 1);
    if (short) partnerOf.set(long, short).set(short, long);
  }
  const joined = new Set<Reading>();
  return readings.flatMap((reading) => {
    const partner = partnerOf.get(reading);
    if (!partner) return [reading];
    if (joined.has(partner)) return [];
    joined.add(reading);
    return [reading.long ? join(reading, partner) : join(partner, reading)];
  });
}

const identityKey = ({ trackingUID, trackingIdentifier }: Reading): string | undefined =>
  trackingUID !== undefined
    ? `uid ${trackingUID}`
    : trackingIdentifier !== undefined
      ? `identifier ${trackingIdentifier}`
      : undefined;

function belongTogether(long: Reading, short: Reading): boolean {
  if (long.trackingUID !== undefined && !(hasLines(long.long) && hasLines(short.short))) return true;
  return linesMeet(long.long, short.short, long.trackingUID === undefined);
}

function linesMeet(long: DrawnAxis | undefined, short: DrawnAxis | undefined, mustCross: boolean): boolean {
  return (long?.lines ?? []).some((a) =>
    (short?.lines ?? []).some(
      (b) => commonImage(a, b) !== 'none' && (!mustCross || crossingWithin(a, b, MOST_MISS) !== undefined),
    ),
  );
}

function join(long: Reading, short: Reading): Reading {
  return {
    ...long,
    letters: [...long.letters, ...short.letters, 'H'],
    short: short.short,
    finding: long.finding ?? short.finding,
    findingSite: long.findingSite ?? short.findingSite,
    laterality: long.laterality ?? short.laterality,
    lesionRole: long.lesionRole ?? short.lesionRole,
    timePoint: long.timePoint ?? short.timePoint,
    trackingIdentifier: long.trackingIdentifier ?? short.trackingIdentifier,
    images: [...long.images, ...short.images],
    hasDanglingReference: long.hasDanglingReference || short.hasDanglingReference,
  };
}
