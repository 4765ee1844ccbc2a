import type { LesionRow } from './lesion-row.js';
import type { LesionSet } from './lesion-set.js';

/** What became of the rows and patients of a set in its next version. */
export interface SetDifference {
  readonly came: readonly string[];
  readonly went: readonly string[];
  /** Rows that are in both and not the same: columns, or `image`, `seed` and `mask` where the pictures' bytes differ. */
  readonly changed: readonly { readonly id: string; readonly what: readonly string[] }[];
  readonly patientsCame: readonly string[];
  readonly patientsWent: readonly string[];
  /** Patients that turned out to be one: rows of `was` are now of `is`. */
  readonly merged: readonly { readonly was: string; readonly is: string }[];
  /** Patients of both sets whose split is another one; a harvest never does that. */
  readonly splitChanged: readonly { readonly patient: string; readonly was: string; readonly is: string }[];
}

export interface ComparedSet {
  readonly set: LesionSet;
  /** SHA-256 by path, as SHA256SUMS has them. */
  readonly digests: ReadonlyMap<string, string>;
}

/** Compares by row ids, which are pseudonyms that last. */
export function differenceOf(before: ComparedSet, after: ComparedSet): SetDifference {
  const old = byId(before.set);
  const now = byId(after.set);
  const changed: { id: string; what: string[] }[] = [];
  const merged = new Map<string, string>();
  for (const [id, row] of now) {
    const was = old.get(id);
    if (!was) continue;
    const what = [...row.record].flatMap(([column, value]) => (was.record.get(column) === value ? [] : [column]));
    for (const [name, path] of [
      ['image', row.imagePath],
      ['seed', `seeds/${id}.png`],
      ['mask', `masks/${id}.png`],
    ] as const)
      if (before.digests.get(name === 'image' ? was.imagePath : path) !== after.digests.get(path)) what.push(name);
    if (what.length > 0) changed.push({ id, what });
    if (was.patient !== row.patient) merged.set(was.patient, row.patient);
  }
  const splitsBefore = splitsOf(before.set);
  const splitsNow = splitsOf(after.set);
  const only = (a: Iterable<string>, b: { has(key: string): boolean }): string[] =>
    [...a].filter((k) => !b.has(k)).sort();
  return {
    came: only(now.keys(), old),
    went: only(old.keys(), now),
    changed: changed.sort((a, b) => (a.id < b.id ? -1 : 1)),
    patientsCame: only(splitsNow.keys(), splitsBefore),
    patientsWent: only(splitsBefore.keys(), splitsNow).filter((patient) => !merged.has(patient)),
    merged: [...merged].map(([was, is]) => ({ was, is })).sort((a, b) => (a.was < b.was ? -1 : 1)),
    splitChanged: [...splitsNow]
      .flatMap(([patient, is]) => {
        const was = splitsBefore.get(patient);
        return was === undefined || was === is ? [] : [{ patient, was, is }];
      })
      .sort((a, b) => (a.patient < b.patient ? -1 : 1)),
  };
}

const byId = (set: LesionSet): ReadonlyMap<string, LesionRow> => new Map(set.rows.map((row) => [row.id, row]));
const splitsOf = (set: LesionSet): ReadonlyMap<string, string> =>
  new Map(set.rows.map((row) => [row.patient, row.split]));

/** SHA256SUMS: a digest, two spaces, a path below the set. Lines of another form are none. */
export const digestsOf = (text: string): ReadonlyMap<string, string> =>
  new Map(
    text.split('\n').flatMap((line) => {
      const found = /^([0-9a-f]{64}) [ *](.+)$/.exec(line);
      return found ? [[found[2]!, found[1]!] as const] : [];
    }),
  );
