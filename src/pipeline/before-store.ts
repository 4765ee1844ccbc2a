import type { ArchiveProblem } from '../dicomweb/index.js';
import { SOP_CLASS, type SopClassUid, type SopInstanceUid } from '../domain/index.js';
import type { Claim, Delivery, DeliveryMove } from '../ledger/index.js';
import { referencedInstances } from './referenced-instances.js';
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
 * What is known against storing an object: its report no longer counts, or a note rejects it or a segmentation that it tells of. Where a note rejects an
 * image of it, a person looks again, since other lesions of the object may stand. Against a note speaks only that there is one already.
 */
export async function speaksAgainst(claim: Claim, delivery: Delivery, world: World): Promise<DeliveryMove | undefined> {
  const { ledger } = world;
  const bytes = await ledger.objectBytes(delivery.object);
  const referenced = bytes ? referencedInstances(bytes) : [];
  const own = [delivery.sopInstanceUID, claim.report.sopInstanceUID];
  const rejected = await ledger.rejections([...own, ...referenced.map(({ sopInstanceUID }) => sopInstanceUID)]);
  const isRejected = ({ sopInstanceUID }: { readonly sopInstanceUID: SopInstanceUid }) => rejected.has(sopInstanceUID);
  const segmentations = referenced.filter(({ sopClassUID }) => SEGMENTATIONS.has(sopClassUID));
  const refused = { to: 'refused', reason: 'rejected-by-note' } as const;
  if (delivery.kind === 'rejection-note')
    return referenced.every(
      ({ sopInstanceUID }) => (rejected.get(sopInstanceUID) ?? delivery.sopInstanceUID) !== delivery.sopInstanceUID,
    )
      ? refused
      : undefined;
  const reason = await ledger.outdated(claim.report.number);
  if (reason) return { to: 'refused', reason };
  if (own.some((uid) => rejected.has(uid)) || segmentations.some(isRejected)) return refused;
  return rejected.size > 0 ? { to: 'held', reason: 'rejected-by-note' } : undefined;
}

const SEGMENTATIONS: ReadonlySet<SopClassUid> = new Set([SOP_CLASS.Segmentation, SOP_CLASS.LabelMapSegmentation]);
