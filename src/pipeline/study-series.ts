import type { Archive, ArchiveProblem } from '../dicomweb/index.js';
import {
  asReadUid,
  ok,
  TAG,
  type Result,
  type SeriesInstanceUid,
  type SopInstanceUid,
  type StudyInstanceUid,
} from '../domain/index.js';
import { readNote, readNotes } from './notes.js';
import type { World } from './world.js';

/** What an archive has of a study: none where it does not have it. */
export interface StudySeries {
  readonly study: StudyInstanceUid;
  readonly series: readonly SeriesRow[];
}

interface SeriesRow {
  readonly series: SeriesInstanceUid;
  readonly modality: string | undefined;
  readonly manufacturer: string | undefined;
  readonly instances: number | undefined;
}

/** One request, which tells whether the study is there, what of ours may be in it, and whether it has key objects. */
export async function seriesOfStudy(
  archive: Archive,
  study: StudyInstanceUid,
): Promise<Result<StudySeries, ArchiveProblem>> {
  const rows = await archive.search(
    'series',
    { StudyInstanceUID: study },
    { include: ['Modality', 'Manufacturer', 'NumberOfSeriesRelatedInstances'] },
  );
  if (!rows.ok) return rows;
  return ok({
    study,
    series: rows.value.map((row) => ({
      series: asReadUid<SeriesInstanceUid>(row.text(TAG.SeriesInstanceUID) ?? ''),
      modality: row.text(TAG.Modality),
      manufacturer: row.text(TAG.Manufacturer),
      instances: row.number(TAG.NumberOfSeriesRelatedInstances),
    })),
  });
}

/**
 * Reads the notes of a study at a destination that are not known. A series that a sweep of the same archive has listed whole costs nothing, any
 * other a search, and a document that was never read a retrieve.
 */
export async function readNotesAt(
  archive: Archive,
  { study, series }: StudySeries,
  world: World,
): Promise<Result<void, ArchiveProblem>> {
  const { ledger } = world;
  const shown = await readNotes([study], world);
  if (!shown.ok) return shown;
  const keyObjects = series.filter(({ modality }) => modality === 'KO');
  if (keyObjects.length === 0) return ok(undefined);
  const listed = world.sources.has(archive.name)
    ? await ledger.seriesCounts(
        archive.name,
        keyObjects.map((row) => row.series),
      )
    : new Map<SeriesInstanceUid, number>();
  for (const { series: uid, instances } of keyObjects) {
    if (instances !== undefined && listed.get(uid) === instances) continue;
    const rows = await archive.search('instances', { StudyInstanceUID: study, SeriesInstanceUID: uid });
    if (!rows.ok) return rows;
    const found = rows.value.map((row) => asReadUid<SopInstanceUid>(row.text(TAG.SOPInstanceUID) ?? ''));
    const known = await ledger.readKeyObjects(found);
    for (const instance of found) {
      if (known.has(instance)) continue;
      const read = await readNote(archive, { study, series: uid, instance }, world);
      if (!read.ok) return read;
    }
  }
  return ok(undefined);
}
