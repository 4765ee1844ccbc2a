import type { ArchiveProblem } from '../dicomweb/index.js';
import { ok, type ReadReport, type Result, type SopInstanceUid, type StudyInstanceUid } from '../domain/index.js';
import type { Claim, LedgerDocument, Outdated } from '../ledger/index.js';
import { documentOf, firstReportOf, supersededDocuments, type ReportDocument } from '../sr-parser/index.js';
import { endReports } from './notes.js';
import { reportsWithContours } from './stored-before.js';
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
export async function standingOf(
  report: ReadReport,
  claim: Claim,
  studies: readonly StudyInstanceUid[],
  world: World,
): Promise<Result<Standing, ArchiveProblem>> {
  const { ledger } = world;
  const sop = claim.report.sopInstanceUID;
  const rejected = await ledger.rejections([sop]);
  const note = rejected.get(sop);
  if (note) return ok({ kind: 'does-not-count', reason: 'rejected-by-note', by: note });

  const own = { ...documentOf(report), sopInstanceUID: sop };
  const related = await ledger.relatedDocuments(own);
  const known: readonly Known[] = [
    { ...own, isStored: related.some((d) => d.report === claim.report.number && d.isStored) },
    ...related.filter((d) => d.report !== claim.report.number),
  ];
  const found = await withContoursOfEquals(known, studies, world);
  if (!found.ok) return found;
  const [self, all] = [found.value[0]!, found.value];
  const superseded = supersededDocuments<Known>(all);
  await endReports(
    [...superseded].flatMap(([document, { reason, by }]) =>
      document === self ? [] : [{ sopInstanceUID: document.sopInstanceUID, reason, by: by.sopInstanceUID }],
    ),
    world,
  );
  const mine = superseded.get(self);
  if (mine) return ok({ kind: 'does-not-count', reason: mine.reason, by: mine.by.sopInstanceUID });
  await ledger.countAgain(claim.report.number);
  const replaced = [...superseded].filter(([, { by }]) => by === self).map(([document]) => document);
  return ok({ kind: 'counts', firstReport: firstReportOf(self, all), replaced: replacedReports(self, replaced) });
}

/**
 * Of equal documents the one counts whose contours are stored. A ledger that was lost does not know which that is: where there are equal ones and none is
 * known to be stored, the archives are asked.
 */
async function withContoursOfEquals(
  documents: readonly Known[],
  studies: readonly StudyInstanceUid[],
  world: World,
): Promise<Result<readonly Known[], ArchiveProblem>> {
  const equal = [...supersededDocuments<Known>(documents)].filter(
    ([document, { reason, by }]) => reason === 'duplicate-report' && !document.isStored && !by.isStored,
  );
  if (equal.length === 0) return ok(documents);
  const stored = await reportsWithContours(studies, world);
  if (!stored.ok) return stored;
  return ok(documents.map((each) => (stored.value.has(each.sopInstanceUID) ? { ...each, isStored: true } : each)));
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
