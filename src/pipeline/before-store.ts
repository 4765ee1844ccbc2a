import { readPart10 } from '../dicom/index.js';
import type { ArchiveProblem } from '../dicomweb/index.js';
import { ok, SOP_CLASS, type ReasonCode, type Result, type SopClassUid, type SopInstanceUid } from '../domain/index.js';
import type { Claim, Delivery, DeliveryMove } from '../ledger/index.js';
import { ownSegmentsIn, type OwnSegment } from './own-objects.js';
import { referencedInstances } from './referenced-instances.js';
import { readNotesAt, seriesOfStudy, type StudySeries } from './study-series.js';
import { ownSegments } from '../seg-writer/index.js';
import type { Destination, World } from './world.js';

/** What a destination has of a study, and which segments of ours are among it, where that was asked for. */
interface AskedStudy extends StudySeries {
  own?: readonly OwnSegment[];
}

/** Studies that destinations were asked for on this way of a run, so that its objects share an answer. */
export type AskedStudies = Map<string, AskedStudy>;

const keyOf = (destination: Destination, delivery: Delivery): string =>
  `${destination.name} ${delivery.studyInstanceUID}`;

/** Before a store the study is asked whether it is there and for its notes, which are in the ledger afterwards: one request for both. */
export async function askStudy(
  destination: Destination,
  delivery: Delivery,
  world: World,
  studies: AskedStudies,
): Promise<{ kind: 'there' } | { kind: 'absent' } | { kind: 'problem'; problem: ArchiveProblem }> {
  // an archive that cannot be read is asked for nothing that is not required
  if (destination.confirm === 'answer' && !destination.requireStudy) return { kind: 'there' };
  const key = keyOf(destination, delivery);
  let study: AskedStudy | undefined = studies.get(key);
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
 * Why a segmentation is not wanted any more where its destination could not be asked, or was asked long ago, when it was written: one of its lesions
 * has a contour of other work there by now, which a lost ledger or another installation put there.
 */
export async function ownOfOtherWork(
  claim: Claim,
  delivery: Delivery,
  destination: Destination,
  world: World,
  studies: AskedStudies,
): Promise<Result<ReasonCode | undefined, ArchiveProblem>> {
  const study = studies.get(keyOf(destination, delivery));
  if (!study || delivery.kind !== 'segmentation' || destination.confirm === 'answer' || claim.again)
    return ok(undefined);
  if (!study.own) {
    const ofThisRun = new Set((await world.ledger.deliveries(claim)).map(({ seriesInstanceUID }) => seriesInstanceUID));
    const others = study.series.filter(({ series }) => !ofThisRun.has(series));
    const own = await ownSegmentsIn(destination.archive, { ...study, series: others });
    if (!own.ok) return own;
    study.own = own.value;
  }
  const keys = new Set(delivery.segments.map(({ measurementKey }) => measurementKey));
  const ofLesions = study.own.filter(
    ({ seg, report, measurementKey }) =>
      seg !== delivery.sopInstanceUID && report === claim.report.sopInstanceUID && keys.has(measurementKey),
  );
  const others = ofLesions.length === 0 ? [] : await ofTheSameMarks(ofLesions, delivery, world);
  if (others.length === 0) return ok(undefined);
  const rejected = await world.ledger.rejections(others.map(({ seg }) => seg));
  return ok(others.every(({ seg }) => rejected.has(seg)) ? 'rejected-by-note' : 'contour-of-other-work');
}

/** Of a report that was overwritten, contours of the marks that it had before speak against nothing. */
async function ofTheSameMarks(
  segments: readonly OwnSegment[],
  delivery: Delivery,
  { ledger }: World,
): Promise<readonly OwnSegment[]> {
  const bytes = await ledger.objectBytes(delivery.object);
  const object = bytes && readPart10(bytes);
  const marks = new Map(
    (object?.ok ? ownSegments(object.value.dataSet) : []).map(({ segmentNumber, receipt }) => [
      delivery.segments.find((segment) => segment.segmentNumber === segmentNumber)?.measurementKey,
      receipt.marksSha256,
    ]),
  );
  return segments.filter(
    ({ measurementKey, marksSha256 }) => marksSha256 === undefined || marksSha256 === marks.get(measurementKey),
  );
}

/**
 * What is known against storing an object: its report no longer counts, or a note rejects it or a segmentation that it tells of. Where a note rejects an
 * image of it, a person looks again, since other lesions of the object may stand. Against a note speaks only that there is one already.
 */
export async function speaksAgainst(
  claim: Claim,
  delivery: Delivery,
  bytes: Uint8Array,
  world: World,
): Promise<DeliveryMove | undefined> {
  const { ledger } = world;
  const referenced = referencedInstances(bytes);
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
