import type { Archive, ArchiveProblem, InstanceReference } from '../dicomweb/index.js';
import { fail, ok, type DataSet, type Result, type SopInstanceUid, type StudyInstanceUid } from '../domain/index.js';
import { reportName, type Outdated } from '../ledger/index.js';
import { rejectedInstances } from '../sr-parser/index.js';
import { fetchInstance } from './fetch.js';
import type { World } from './world.js';

/**
 * Reads the key object documents of studies that sources showed and nobody has read: each is retrieved once, and only where a report with marks
 * is worked on. What they reject is in the ledger afterwards.
 */
export async function readNotes(
  studies: readonly StudyInstanceUid[],
  world: World,
): Promise<Result<void, ArchiveProblem>> {
  for (const place of await world.ledger.unreadKeyObjects(studies)) {
    const archive = world.sources.get(place.source)?.archive;
    if (!archive) continue;
    const read = await readNote(
      archive,
      { study: place.studyInstanceUID, series: place.seriesInstanceUID, instance: place.sopInstanceUID },
      world,
    );
    if (!read.ok) return read;
  }
  return ok(undefined);
}

/** A document that is gone, or cannot be read, rejects nothing; an archive that does not answer is a problem. */
export async function readNote(
  archive: Archive,
  place: InstanceReference,
  world: World,
): Promise<Result<void, ArchiveProblem>> {
  const fetched = await fetchInstance(archive, place);
  if (fetched.ok) await recordNote(archive.name, place.instance, fetched.value.file.dataSet, world);
  else if (fetched.error.code.startsWith('archive-')) return fail(fetched.error);
  return ok(undefined);
}

/** Keeps what a key object document rejects, and ends the reports among it. */
export async function recordNote(archive: string, note: SopInstanceUid, dataSet: DataSet, world: World): Promise<void> {
  const rejects = [...rejectedInstances(dataSet)];
  await world.ledger.recordKeyObject(note, rejects);
  if (rejects.length === 0) return;
  world.log.event('note.read', { archive, rejects: rejects.length });
  await endReports(
    rejects.map((sopInstanceUID) => ({ sopInstanceUID, reason: 'rejected-by-note', by: note })),
    world,
  );
}

export async function endReports(ends: readonly Outdated[], world: World): Promise<void> {
  for (const { report, reason, objectsStored } of await world.ledger.endReports(ends))
    world.log.event('report.outdated', { report: reportName(report), reason, objects: objectsStored });
}
