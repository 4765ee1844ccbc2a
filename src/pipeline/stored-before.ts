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
import { ownSegmentsIn } from './own-objects.js';
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

interface Found {
  readonly alreadyIn: { readonly seg: SopInstanceUid; readonly segmentNumber: number };
  readonly rejected: boolean;
}

/** Segments by measurement; one that no note rejects comes first. */
async function storedBefore(
  { sopInstanceUID }: ReadReport,
  studies: readonly StudyInstanceUid[],
  world: World,
): Promise<Result<ReadonlyMap<MeasurementKey, Found>, ArchiveProblem>> {
  const found = new Map<MeasurementKey, Found>();
  for (const { archive, confirm } of world.destinations.values())
    for (const study of confirm === 'read-back' ? studies : []) {
      const series = await seriesOfStudy(archive, study);
      if (!series.ok) return series;
      const own = await ownSegmentsIn(archive, series.value);
      if (!own.ok) return own;
      const ofReport = own.value.filter(({ report }) => report === sopInstanceUID);
      if (ofReport.length === 0) continue;
      const notes = await readNotesAt(archive, series.value, world);
      if (!notes.ok) return notes;
      const rejections = await world.ledger.rejections(ofReport.map(({ seg }) => seg));
      for (const { measurementKey, seg, segmentNumber } of ofReport) {
        const rejected = rejections.has(seg);
        const before = found.get(measurementKey);
        if (!before || (before.rejected && !rejected))
          found.set(measurementKey, { alreadyIn: { seg, segmentNumber }, rejected });
      }
    }
  return ok(found);
}
