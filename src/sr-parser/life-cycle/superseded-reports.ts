/**
 * Which of a set of reports count? A report replaces those it names as its predecessors (PS3.3 C.17.2), and the newest of such a chain counts. The
 * same report under other identifiers counts once. Two readers of one lesion are two observations and both count.
 */
import type { Measurement, ReadReport, SopInstanceUid } from '../../domain/index.js';

export interface Superseded {
  readonly reason: 'superseded' | 'duplicate-report';
  /** The report that counts instead. */
  readonly by: ReadReport;
}

/**
 * Chains may fork, join, point to reports that are not in the set, or into themselves: all reports that hang together by predecessors are one
 * chain. Of its ends (which no other names as predecessor) the one with the latest content date and time counts.
 *
 * @returns the reports that do not count, each with the one that does
 */
export function supersededReports(reports: readonly ReadReport[]): ReadonlyMap<ReadReport, Superseded> {
  const superseded = new Map<ReadReport, Superseded>();
  const documents = sameDocuments(reports);
  for (const document of documents) {
    const [kept, ...others] = document;
    for (const other of others) superseded.set(other, { reason: 'duplicate-report', by: kept! });
  }
  for (const chain of chains(documents)) {
    const named = new Set(chain.flatMap((document) => document.flatMap(({ predecessors }) => predecessors)));
    const ends = chain.filter((document) => !document.some(({ sopInstanceUID: uid }) => uid && named.has(uid)));
    // Reports that name each other have no end: then time alone decides.
    const newest = [...(ends.length > 0 ? ends : chain)]
      .map(([first]) => first!)
      .sort(byAge)
      .at(-1)!;
    for (const document of chain) {
      if (document[0] === newest) continue;
      for (const report of document) superseded.set(report, { reason: 'superseded', by: newest });
    }
    for (const report of chain.find(([first]) => first === newest)!.slice(1))
      superseded.set(report, { reason: 'duplicate-report', by: newest });
  }
  return superseded;
}

type Documents = readonly ReadReport[];

/** Oldest first; without a date before all others; the identifier decides between equals, so that the order of the set never does. */
const byAge = (a: ReadReport, b: ReadReport): number =>
  compare(a.contentDateTime ?? '', b.contentDateTime ?? '') || compare(a.sopInstanceUID ?? '', b.sopInstanceUID ?? '');

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Of equal content a finished report counts rather than a preliminary or partial one. */
const bestFirst = (a: ReadReport, b: ReadReport): number => unfinished(a) - unfinished(b) || byAge(a, b);

const unfinished = ({ findings }: ReadReport): number =>
  findings.some(({ code }) => code === 'report.preliminary')
    ? 2
    : findings.some(({ code }) => code === 'report.partial')
      ? 1
      : 0;

/** One document: the same instance seen twice, identical documents, equal content by the same observer. The one that counts comes first: a
 * finished one, of those the oldest. */
function sameDocuments(reports: readonly ReadReport[]): readonly Documents[] {
  const sets = new Sets(reports);
  const first = new Map<string, ReadReport>();
  for (const report of reports)
    for (const key of [report.sopInstanceUID && `uid ${report.sopInstanceUID}`, contentKey(report)]) {
      if (key === undefined) continue;
      const other = first.get(key);
      if (other) sets.join(report, other);
      else first.set(key, report);
    }
  for (const report of reports)
    for (const identical of report.identicalDocuments) {
      const other = first.get(`uid ${identical}`);
      if (other) sets.join(report, other);
    }
  return sets.all().map((set) => [...set].sort(bestFirst));
}

/** What was measured, by whom, on whom; undefined where nothing was. */
function contentKey({ measurements, observer, patientID }: ReadReport): string | undefined {
  if (measurements.length === 0) return undefined;
  const content = ({
    trackingUID,
    trackingIdentifier,
    longAxis,
    shortAxis,
    image,
    finding,
    findingSite,
    timePoint,
  }: Measurement) =>
    [trackingUID, trackingIdentifier, longAxis, shortAxis, image, finding, findingSite, timePoint] as const;
  return `content ${JSON.stringify([patientID, observer, measurements.map(content)])}`;
}

/** Documents that hang together by predecessors, directly or through reports that are not here. */
function chains(documents: readonly Documents[]): readonly (readonly Documents[])[] {
  const sets = new Sets(documents);
  const firstNaming = new Map<SopInstanceUid, Documents>();
  for (const document of documents)
    for (const { sopInstanceUID, predecessors } of document)
      for (const uid of [sopInstanceUID, ...predecessors]) {
        if (uid === undefined) continue;
        const other = firstNaming.get(uid);
        if (other) sets.join(document, other);
        else firstNaming.set(uid, document);
      }
  return sets.all().filter((chain) => chain.length > 1);
}

/** Disjoint sets, in the order of their first members. */
class Sets<T> {
  readonly #setOf: Map<T, T[]>;

  constructor(members: readonly T[]) {
    this.#setOf = new Map(members.map((member) => [member, [member]]));
  }

  join(a: T, b: T): void {
    const [into, from] = [this.#setOf.get(b)!, this.#setOf.get(a)!];
    if (into === from) return;
    const [large, small] = into.length >= from.length ? [into, from] : [from, into];
    for (const member of small) {
      large.push(member);
      this.#setOf.set(member, large);
    }
  }

  all(): readonly (readonly T[])[] {
    return [...new Set(this.#setOf.values())];
  }
}
