/**
 * Which of a set of reports count? A report replaces those it names as its predecessors (PS3.3 C.17.2), and the newest of such a chain counts. The
 * same report under other identifiers counts once. Two readers of one lesion are two observations and both count.
 */
import type { ReadReport, SopInstanceUid } from '../../domain/index.js';
import { DisjointSets } from './disjoint-sets.js';
import { documentOf, type ReportDocument } from './report-document.js';

export interface Superseded<D = ReadReport> {
  readonly reason: 'superseded' | 'duplicate-report';
  /** The report that counts instead. */
  readonly by: D;
}

/** A document of a set, and what became of it so far. */
export interface KnownDocument extends ReportDocument {
  /** Whether its contours are stored: of equal documents it then counts, so that a lesion is not stored twice. */
  readonly isStored?: boolean;
}

/** @returns the reports that do not count, each with the one that does */
export function supersededReports(reports: readonly ReadReport[]): ReadonlyMap<ReadReport, Superseded> {
  const documents = reports.map((report) => ({ ...documentOf(report), report }));
  return new Map(
    [...supersededDocuments(documents)].map(([{ report }, { reason, by }]) => [report, { reason, by: by.report }]),
  );
}

/**
 * Chains may fork, join, point to reports that are not in the set, or into themselves: all documents that hang together by predecessors are one
 * chain. Of its ends (which no other names as predecessor) the one with the latest content date and time counts.
 *
 * @returns the documents that do not count, each with the one that does
 */
export function supersededDocuments<D extends KnownDocument>(all: readonly D[]): ReadonlyMap<D, Superseded<D>> {
  const superseded = new Map<D, Superseded<D>>();
  const documents = sameDocuments(all);
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
      for (const one of document) superseded.set(one, { reason: 'superseded', by: newest });
    }
    for (const one of chain.find(([first]) => first === newest)!.slice(1))
      superseded.set(one, { reason: 'duplicate-report', by: newest });
  }
  return superseded;
}

/** Oldest first; without a date before all others; the identifier decides between equals, so that the order of the set never does. */
export const byAge = (a: ReportDocument, b: ReportDocument): number =>
  compare(a.contentDateTime ?? '', b.contentDateTime ?? '') || compare(a.sopInstanceUID ?? '', b.sopInstanceUID ?? '');

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Of equal content a stored report counts rather than one that is not, then a finished one rather than a preliminary or partial one. */
const bestFirst = (a: KnownDocument, b: KnownDocument): number =>
  Number(b.isStored ?? false) - Number(a.isStored ?? false) || unfinished(a) - unfinished(b) || byAge(a, b);

const unfinished = ({ completeness }: ReportDocument): number =>
  completeness === 'preliminary' ? 2 : completeness === 'partial' ? 1 : 0;

/**
 * One document: the same instance seen twice, identical documents, equal content by the same observer. The one that counts comes first. Within a
 * chain equal content is no sign: an amendment may take the one before it back.
 */
function sameDocuments<D extends KnownDocument>(all: readonly D[]): readonly (readonly D[])[] {
  const sets = new DisjointSets(all);
  const byUid = new Map<SopInstanceUid, D>();
  for (const document of all) {
    const uid = document.sopInstanceUID;
    const other = uid && byUid.get(uid);
    if (other) sets.join(document, other);
    else if (uid) byUid.set(uid, document);
  }
  for (const document of all)
    for (const identical of document.identicalDocuments) {
      const other = byUid.get(identical);
      if (other) sets.join(document, other);
    }
  const linked = new DisjointSets(all);
  joinByPredecessors(linked, all, (document) => [document]);
  const byContent = new Map<string, D>();
  for (const document of all) {
    const { content } = document;
    const other = content === undefined ? undefined : byContent.get(content);
    if (other === undefined) {
      if (content !== undefined) byContent.set(content, document);
    } else if (!linked.areJoined(document, other)) sets.join(document, other);
  }
  return sets.all().map((set) => [...set].sort(bestFirst));
}

/** Documents that hang together by predecessors, directly or through reports that are not here. */
function chains<D extends KnownDocument>(documents: readonly (readonly D[])[]): readonly (readonly (readonly D[])[])[] {
  const sets = new DisjointSets(documents);
  joinByPredecessors(sets, documents, (document) => document);
  return sets.all().filter((chain) => chain.length > 1);
}

function joinByPredecessors<T>(
  sets: DisjointSets<T>,
  members: readonly T[],
  documentsOf: (member: T) => readonly KnownDocument[],
): void {
  const firstNaming = new Map<SopInstanceUid, T>();
  for (const member of members)
    for (const { sopInstanceUID, predecessors } of documentsOf(member))
      for (const uid of [sopInstanceUID, ...predecessors]) {
        if (uid === undefined) continue;
        const other = firstNaming.get(uid);
        if (other !== undefined) sets.join(member, other);
        else firstNaming.set(uid, member);
      }
}
