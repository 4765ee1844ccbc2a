import type { ReadReport, ReasonCode, SopInstanceUid } from '../domain/index.js';
import type { Claim, LedgerDocument } from '../ledger/index.js';
import { documentOf, firstReportOf, supersededDocuments, type ReportDocument } from '../sr-parser/index.js';
import { endReports } from './notes.js';
import type { World } from './world.js';

/** Whether a report counts, and which report its chain of predecessors began with. */
export type Standing =
  | { readonly kind: 'counts'; readonly firstReport: SopInstanceUid | undefined }
  | { readonly kind: 'does-not-count'; readonly reason: ReasonCode };

/**
 * Judges a report by all that was read so far: notes, predecessors, documents of the same content. Those that it replaces are ended here, wherever
 * they stand.
 */
export async function standingOf(report: ReadReport, claim: Claim, world: World): Promise<Standing> {
  const { ledger } = world;
  const sop = claim.report.sopInstanceUID;
  const rejected = await ledger.rejections([sop]);
  if (rejected.has(sop)) return { kind: 'does-not-count', reason: 'rejected-by-note' };

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
  if (mine) return { kind: 'does-not-count', reason: mine.reason };
  await ledger.countAgain(claim.report.number);
  return { kind: 'counts', firstReport: firstReportOf(self, all) };
}

type Known = ReportDocument & Pick<LedgerDocument, 'sopInstanceUID' | 'isStored'>;
