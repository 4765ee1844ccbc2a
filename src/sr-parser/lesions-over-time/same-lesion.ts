/** Which observations are of one lesion? By name only: positions are not compared, that would take registration. */
import { lesionNameOf, lesionUidOf, observerOf, patientOf, timeKeyOf, type Observation } from './observation.js';

/** One lesion of one patient, whoever saw it. */
export interface Lesion {
  /** What made its observations one; `alone`: nothing did. */
  readonly rule: 'tracking-uid' | 'identifier' | 'alone';
  readonly observations: readonly Observation[];
}

/**
 * The tracking UID first, where it is not a new one at every save; then the tracking or lesion identifier within patient, finding site and side.
 * An identifier that one reader gave to two lesions at one time point identifies neither.
 */
export function sameLesions(observations: readonly Observation[]): readonly Lesion[] {
  const byUid = grouped(observations, (o) => keyWithin(o, lesionUidOf(o.measurement)));
  const lesions: Lesion[] = [];
  const named = grouped(byUid, ([first]) => keyWithin(first!, lesionNameOf(first!.measurement)));
  for (const parts of named) {
    const together = parts.flat();
    if (parts.length > 1 && isAmbiguous(parts)) lesions.push(...parts.map(lesionOf));
    else if (parts.length > 1) lesions.push({ rule: 'identifier', observations: together });
    else lesions.push(lesionOf(together));
  }
  return lesions;
}

const lesionOf = (observations: readonly Observation[]): Lesion => ({
  rule: observations.length > 1 ? 'tracking-uid' : 'alone',
  observations,
});

const keyWithin = (observation: Observation, name: string | undefined): string | undefined => {
  const patient = patientOf(observation);
  return patient === undefined || name === undefined ? undefined : JSON.stringify([patient, name]);
};

/** Whether one reader saw two of the parts at one time point. */
function isAmbiguous(parts: readonly (readonly Observation[])[]): boolean {
  const seen = new Set<string>();
  return parts.some((part) => {
    const moments = new Set(part.map((o) => JSON.stringify([observerOf(o), timeKeyOf(o) ?? ''])));
    const isSeen = [...moments].some((moment) => seen.has(moment));
    for (const moment of moments) seen.add(moment);
    return isSeen;
  });
}

/** Items of one key together, each without a key by itself; in the order of their first. */
function grouped<T>(items: readonly T[], keyOf: (item: T) => string | undefined): readonly T[][] {
  const groups: T[][] = [];
  const byKey = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const known = key === undefined ? undefined : byKey.get(key);
    if (known) {
      known.push(item);
      continue;
    }
    const group = [item];
    groups.push(group);
    if (key !== undefined) byKey.set(key, group);
  }
  return groups;
}
