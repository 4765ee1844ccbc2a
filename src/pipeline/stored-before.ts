import type { ArchiveProblem } from '../dicomweb/index.js';
import {
  ok,
  type MeasurementKey,
  type ReadReport,
  type Result,
  type SopInstanceUid,
  type StudyInstanceUid,
} from '../domain/index.js';
import type { Claim, MeasurementRecord, Outdating } from '../ledger/index.js';
import { endReports } from './notes.js';
import { ownSegmentsIn, type OwnSegment } from './own-objects.js';
import { readNotesAt, seriesOfStudy } from './study-series.js';
import type { World } from './world.js';

/** How a measurement ends whose report does not count, and where its contour is. */
type Ending = Required<Pick<MeasurementRecord, 'outcome' | 'alreadyIn'>>;

/**
 * Of a report that does not count (any more): the measurements that have a segment of ours at a destination, of which a ledger that was lost knows
 * nothing. The ledger then knows that the report left something behind.
 */
export async function endingsWhereStored(
  report: ReadReport,
  studies: readonly StudyInstanceUid[],
  { reason, by }: Outdating,
  claim: Claim,
  world: World,
): Promise<Result<ReadonlyMap<MeasurementKey, Ending>, ArchiveProblem>> {
  const found = await storedBefore(report, studies, world);
  if (!found.ok) return found;
  if (found.value.size > 0) await endReports([{ sopInstanceUID: claim.report.sopInstanceUID, reason, by }], world);
  const outcome = { kind: 'skipped', reason } as const;
  return ok(new Map([...found.value].map(([key, { alreadyIn }]) => [key, { outcome, alreadyIn }])));
}

/** The reports that have a contour of ours in these studies, at any destination that can be read, which no note rejects. */
export async function reportsWithContours(
  studies: readonly StudyInstanceUid[],
  world: World,
): Promise<Result<ReadonlySet<string>, ArchiveProblem>> {
  const reports = new Set<string>();
  const found = await ownSegmentsOf(studies, world);
  if (!found.ok) return found;
  const rejections = await world.ledger.rejections(found.value.map(({ seg }) => seg));
  for (const { seg, report } of found.value) if (!rejections.has(seg)) reports.add(report);
  return ok(reports);
}

interface Found {
  readonly alreadyIn: { readonly seg: SopInstanceUid; readonly segmentNumber: number };
  readonly rejected: boolean;
}

/** Segments of a report by measurement; one that no note rejects comes first. */
async function storedBefore(
  { sopInstanceUID }: ReadReport,
  studies: readonly StudyInstanceUid[],
  world: World,
): Promise<Result<ReadonlyMap<MeasurementKey, Found>, ArchiveProblem>> {
  const found = new Map<MeasurementKey, Found>();
  const own = await ownSegmentsOf(studies, world, ({ report }) => report === sopInstanceUID);
  if (!own.ok) return own;
  const rejections = await world.ledger.rejections(own.value.map(({ seg }) => seg));
  for (const { measurementKey, seg, segmentNumber } of own.value) {
    const rejected = rejections.has(seg);
    const before = found.get(measurementKey);
    if (!before || (before.rejected && !rejected))
      found.set(measurementKey, { alreadyIn: { seg, segmentNumber }, rejected });
  }
  return ok(found);
}

/** Segments of ours in these studies at every destination that can be read; the notes of a study are read where it has some. */
async function ownSegmentsOf(
  studies: readonly StudyInstanceUid[],
  world: World,
  wanted: (segment: OwnSegment) => boolean = () => true,
): Promise<Result<readonly OwnSegment[], ArchiveProblem>> {
  const found: OwnSegment[] = [];
  for (const { archive, confirm } of world.destinations.values())
    for (const study of confirm === 'read-back' ? studies : []) {
      const series = await seriesOfStudy(archive, study);
      if (!series.ok) return series;
      const own = await ownSegmentsIn(archive, series.value);
      if (!own.ok) return own;
      const here = own.value.filter(wanted);
      if (here.length === 0) continue;
      const notes = await readNotesAt(archive, series.value, world);
      if (!notes.ok) return notes;
      found.push(...here);
    }
  return ok(found);
}
