import type { ReadReport, SopInstanceUid } from '../domain/index.js';
import type { Claim, LedgerDocument, Outdated } from '../ledger/index.js';
import { documentOf, firstReportOf, supersededDocuments, type ReportDocument } from '../sr-parser/index.js';
import { endReports } from './notes.js';
import type { World } from './world.js';

/** Whether a report counts, which report its chain of predecessors began with, and which ones it replaces. */
export type Standing =
  | {
      readonly kind: 'counts';
      readonly firstReport: SopInstanceUid | undefined;
      readonly replaced: readonly ReplacedReport[];
    }
  | ({ readonly kind: 'does-not-count' } & Pick<Outdated, 'reason' | 'by'>);

/** A report that another one replaces; its measurements are found again by tracking UID, or by key and image. */
export interface ReplacedReport {
  readonly sopInstanceUID: SopInstanceUid;
  /** The measurements that stand on the same image under the same key in both. */
  readonly sameKeys: ReadonlySet<string>;
}

/**
 * Judges a report by all that was read so far: notes, predecessors, documents of the same content. Those that it replaces are ended here, wherever
 * they stand.
 */
export async function standingOf(report: ReadReport, claim: Claim, world: World): Promise<Standing> {
  const { ledger } = world;
  const sop = claim.report.sopInstanceUID;
  const rejected = await ledger.rejections([sop]);
  const note = rejected.get(sop);
  if (note) return { kind: 'does-not-count', reason: 'rejected-by-note', by: note };

  const own = { ...documentOf(report), sopInstanceUID: sop };
  const related = await ledger.relatedDocuments(own);
  const self: Known = { ...own, isStored: related.some((d) => d.report === claim.report.number && d.isStored) };
  const all = [self, ...related.filter((d) => d.report !== claim.report.number)];
  const superseded = supersededDocuments<Known>(all);
  await endReports(
    [...superseded].flatMap(([document, { reason, by }]) =>
      document === self ? [] : [{ sopInstanceUID: document.sopInstanceUID, reason, by: by.sopInstanceUID }],
    ),
    world,
  );
  const mine = superseded.get(self);
  if (mine) return { kind: 'does-not-count', reason: mine.reason, by: mine.by.sopInstanceUID };
  await ledger.countAgain(claim.report.number);
  const replaced = [...superseded].filter(([, { by }]) => by === self).map(([document]) => document);
  return { kind: 'counts', firstReport: firstReportOf(self, all), replaced: replacedReports(self, replaced) };
}

/** The newest first; those that are only named, of which nothing is known but the name, among them. */
function replacedReports(self: Known, replaced: readonly Known[]): readonly ReplacedReport[] {
  const known = [...replaced]
    .sort((a, b) => (a.contentDateTime ?? '').localeCompare(b.contentDateTime ?? ''))
    .reverse()
    .map(({ sopInstanceUID, places }) => ({
      sopInstanceUID,
      sameKeys: new Set(Object.keys(self.places).filter((key) => places[key] === self.places[key])),
    }));
  const named = self.predecessors.filter((uid) => !known.some(({ sopInstanceUID }) => sopInstanceUID === uid));
  return [...known, ...named.map((sopInstanceUID) => ({ sopInstanceUID, sameKeys: new Set<string>() }))];
}

type Known = ReportDocument & Pick<LedgerDocument, 'sopInstanceUID' | 'isStored'>;
