import {
  asReadUid,
  TAG,
  type DataSet,
  type FoundReport,
  type Result,
  type SopClassUid,
  type SopInstanceUid,
} from '../domain/index.js';
import type { SeriesReference } from './archive.js';
import { isNotInThisWay, type ArchiveProblem } from './archive-problem.js';

const MADE_AT = [
  ['ContentDate', TAG.ContentDate],
  ['ContentTime', TAG.ContentTime],
  ['InstanceCreationDate', TAG.InstanceCreationDate],
  ['InstanceCreationTime', TAG.InstanceCreationTime],
] as const;

const BY_CLASS = ['SOPClassUID'];
const EVERYTHING_TOLD = [...BY_CLASS, ...MADE_AT.map(([keyword]) => keyword), 'InstanceAvailability'];

/**
 * Searches for reports with all that a row can tell of them before they are retrieved; an archive that refuses to answer so much is asked for their
 * class alone.
 */
export async function askingForLess<T>(
  ask: (include: readonly string[]) => Promise<Result<T, ArchiveProblem>>,
): Promise<Result<T, ArchiveProblem>> {
  const answer = await ask(EVERYTHING_TOLD);
  return answer.ok || !isNotInThisWay(answer.error) ? answer : ask(BY_CLASS);
}

/** What a row of instances says of a report. */
export function foundReport(source: string, { study, series }: SeriesReference, row: DataSet): FoundReport {
  const sopClass = row.text(TAG.SOPClassUID);
  const availability = row.text(TAG.InstanceAvailability);
  return {
    source,
    studyInstanceUID: study,
    seriesInstanceUID: series,
    sopInstanceUID: asReadUid<SopInstanceUid>(row.text(TAG.SOPInstanceUID) ?? ''),
    sopClassUID: sopClass === undefined ? undefined : asReadUid<SopClassUid>(sopClass),
    madeAt: Object.fromEntries(
      MADE_AT.flatMap(([keyword, tag]) => {
        const text = row.text(tag);
        return text === undefined ? [] : [[keyword, text]];
      }),
    ),
    ...(availability === undefined ? {} : { availability }),
  };
}
