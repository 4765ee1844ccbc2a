import { readPart10 } from '../dicom/index.js';
import type { ArchiveProblem } from '../dicomweb/index.js';
import { asReadUid, TAG, type SopInstanceUid } from '../domain/index.js';
import type { Claim, Delivery, DeliveryMove } from '../ledger/index.js';
import { readNotesAt, seriesOfStudy, type StudySeries } from './study-series.js';
import type { Destination, World } from './world.js';

/** Studies that destinations were asked for on this way of a run, so that its objects share an answer. */
export type AskedStudies = Map<string, StudySeries>;

/** Before a store the study is asked whether it is there and for its notes, which are in the ledger afterwards: one request for both. */
export async function askStudy(
  destination: Destination,
  delivery: Delivery,
  world: World,
  studies: AskedStudies,
): Promise<{ kind: 'there' } | { kind: 'absent' } | { kind: 'problem'; problem: ArchiveProblem }> {
  // an archive that cannot be read is asked for nothing that is not required
  if (destination.confirm === 'answer' && !destination.requireStudy) return { kind: 'there' };
  const key = `${destination.name} ${delivery.studyInstanceUID}`;
  let study = studies.get(key);
  if (!study) {
    const answer = await seriesOfStudy(destination.archive, delivery.studyInstanceUID);
    if (!answer.ok) return { kind: 'problem', problem: answer.error };
    const notes = await readNotesAt(destination.archive, answer.value, world);
    if (!notes.ok) return { kind: 'problem', problem: notes.error };
    study = answer.value;
    // a study that is not there yet is asked for again
    if (study.series.length > 0) studies.set(key, study);
  }
  return { kind: study.series.length === 0 && destination.requireStudy ? 'absent' : 'there' };
}

/**
 * What is known against storing an object: its report no longer counts, or a note rejects it. Where a note rejects an image of it, a person looks
 * again, since other lesions of the object may stand.
 */
export async function speaksAgainst(claim: Claim, delivery: Delivery, world: World): Promise<DeliveryMove | undefined> {
  const { ledger } = world;
  const reason = await ledger.outdated(claim.report.number);
  if (reason) return { to: 'refused', reason };
  const bytes = await ledger.objectBytes(delivery.object);
  const images = bytes ? referencedInstances(bytes) : [];
  const own = [delivery.sopInstanceUID, claim.report.sopInstanceUID];
  const rejected = await ledger.rejections([...own, ...images]);
  if (own.some((uid) => rejected.has(uid))) return { to: 'refused', reason: 'rejected-by-note' };
  return rejected.size > 0 ? { to: 'held', reason: 'rejected-by-note' } : undefined;
}

/** Instances of the study that an object refers to (Common Instance Reference, PS3.3 C.12.2). */
function referencedInstances(bytes: Uint8Array): readonly SopInstanceUid[] {
  const file = readPart10(bytes);
  if (!file.ok) return [];
  return file.value.dataSet
    .items(TAG.ReferencedSeriesSequence)
    .flatMap((series) => series.items(TAG.ReferencedInstanceSequence))
    .flatMap((instance) => instance.text(TAG.ReferencedSOPInstanceUID) ?? [])
    .map((uid) => asReadUid<SopInstanceUid>(uid));
}
