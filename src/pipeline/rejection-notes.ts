import { readPart10 } from '../dicom/index.js';
import type { ArchiveProblem, InstanceReference } from '../dicomweb/index.js';
import {
  ok,
  type DataSet,
  type ReasonCode,
  type Result,
  type SopInstanceUid,
  type StudyInstanceUid,
} from '../domain/index.js';
import { reportName, type Claim, type ObjectRecord, type Outdating, type RunMove } from '../ledger/index.js';
import { withdrawalBy, writeRejectionNote, type RejectionCause, type RejectionNote } from '../seg-writer/index.js';
import { fetchInstance } from './fetch.js';
import { fateOf, type PresentWork } from './earlier-work.js';
import { ownResultReportsIn, ownSegmentsIn, type OwnResultReport, type OwnSegment } from './own-objects.js';
import { stopFor } from './stop-for.js';
import { readNotesAt, seriesOfStudy } from './study-series.js';
import type { Destination, World } from './world.js';
import { equipmentOf, type ObjectToDeliver } from './write.js';

/** Destinations that notes may be sent to. */
export const notedDestinations = ({ destinations }: World): readonly Destination[] =>
  [...destinations.values()].filter(
    ({ rejectionNotes, confirm }) => rejectionNotes === 'allowed' && confirm === 'read-back',
  );

/**
 * What a report that no longer counts left behind is rejected: a run of it that was opened for this takes its objects, as the archive holds them, and
 * ends as a report that does not count. It needs the report no more, which the archive may hide.
 */
export async function rejectStored(claim: Claim, outdating: Outdating, world: World): Promise<RunMove> {
  if (claim.state === 'seen') return { to: 'reading' };
  if (claim.state === 'reading') return { to: 'segmenting' };
  const { reason, by } = outdating;
  const story = await world.ledger.reportByNumber(claim.report.number);
  const studies = new Set<StudyInstanceUid>([
    claim.report.studyInstanceUID,
    ...(story?.runs ?? []).flatMap(({ objects }) => objects.map(({ studyInstanceUID }) => studyInstanceUID)),
  ]);
  const notes = new NotesToSend();
  const destinations = notedDestinations(world);
  const noted = destinations.map(({ name }) => name);
  const stop = (problem: ArchiveProblem): RunMove => {
    const move = stopFor(problem, claim, world);
    // what cannot be done is not begun again by itself
    return move.to === 'waiting' ? move : { ...move, account: { noted } };
  };
  const cause = reason === 'rejected-by-note' ? await withdrawal(by, world) : ok<RejectionCause>('superseded');
  if (!cause.ok) return stop(cause.error);
  for (const destination of destinations)
    for (const study of studies) {
      const own = await standingObjectsIn(destination, study, world);
      if (!own.ok) return stop(own.error);
      const isOfReport = ({ report }: OwnSegment | OwnResultReport) => report === claim.report.sopInstanceUID;
      const places = [...own.value.segments.filter(isOfReport), ...own.value.reports.filter(isOfReport)];
      const replacedBy = new Set(own.value.segments.filter(({ report }) => report === by).map(({ seg }) => seg));
      const written = await noteOn(destination, places, cause.value, [...replacedBy], world);
      if (!written.ok) return stop(written.error);
      if (written.value) notes.add(written.value, destination.name);
    }
  const account = { objects: notes.records(), noted };
  return account.objects.length > 0 ? { to: 'delivering', account } : { to: 'refused', reason, account };
}

/**
 * Why a report was withdrawn, by the title of the note that did, as a source holds it. A note that no source showed, or that is gone, gives no more than
 * that it was.
 */
async function withdrawal(
  note: SopInstanceUid,
  { ledger, sources }: World,
): Promise<Result<RejectionCause, ArchiveProblem>> {
  const number = await ledger.findUid(note);
  const story = number === undefined ? undefined : await ledger.reportByNumber(number);
  for (const { source, studyInstanceUID, seriesInstanceUID } of story?.sightings ?? []) {
    const archive = sources.get(source)?.archive;
    if (!archive) continue;
    const fetched = await fetchInstance(archive, {
      study: studyInstanceUID,
      series: seriesInstanceUID,
      instance: note,
    });
    if (fetched.ok) return ok(withdrawalBy(fetched.value.file.dataSet));
    if (fetched.error.code.startsWith('archive-')) return fetched;
  }
  return ok('withdrawn');
}

/**
 * Notes on earlier contours of the same report that do not stand any more: an object is rejected where none of its segments stands and each that gives way has a
 * successor there, and a result report where each of its segmentations is rejected.
 */
export async function notesOnEarlierWork(
  request: {
    readonly present: PresentWork;
    readonly objects: readonly ObjectToDeliver[];
    readonly existing: ReadonlyMap<string, readonly OwnSegment[]>;
    readonly existingReports: ReadonlyMap<string, readonly OwnResultReport[]>;
  },
  world: World,
): Promise<Result<readonly ObjectRecord[], ArchiveProblem>> {
  const { present } = request;
  const notes = new NotesToSend();
  for (const destination of notedDestinations(world)) {
    const { name } = destination;
    const own = (request.existing.get(name) ?? []).filter(({ standing }) => standing !== 'rejected');
    const fates = new Map(own.map((segment) => [segment, fateOf(segment, present)]));
    const going = request.objects.filter(({ destinations }) => destinations.includes(name));
    const successor = ({ measurementKey }: OwnSegment): SopInstanceUid | undefined =>
      going.find(({ object: { segments } }) => segments.some((s) => s.measurementKey === measurementKey))?.object
        .sopInstanceUID ??
      own.find(
        (other) =>
          other.report === present.report.sopInstanceUID &&
          other.measurementKey === measurementKey &&
          other.standing === 'intact' &&
          fates.get(other) === 'stands',
      )?.seg;
    const isOver = (segment: OwnSegment): boolean =>
      fates.get(segment) === 'gone' || (fates.get(segment) === 'gives-way' && successor(segment) !== undefined);
    const rejected = own.filter(({ seg }) => own.every((segment) => segment.seg !== seg || isOver(segment)));
    const uids = new Set<string>(rejected.map(({ seg }) => seg));
    const reports = (request.existingReports.get(name) ?? []).filter(
      ({ segmentations }) => segmentations.size > 0 && [...segmentations].every((uid) => uids.has(uid)),
    );
    const replacedBy = new Set(
      rejected.flatMap((segment) => (fates.get(segment) === 'gives-way' ? (successor(segment) ?? []) : [])),
    );
    for (const study of new Set(rejected.map(({ place }) => place.study))) {
      const places = [...rejected, ...reports].filter(({ place }) => place.study === study);
      const written = await noteOn(destination, places, 'superseded', [...replacedBy], world);
      if (!written.ok) return written;
      if (written.value) notes.add(written.value, name);
    }
  }
  return ok(notes.records());
}

/** Our objects in a study that no note rejects. */
async function standingObjectsIn(
  { archive }: Destination,
  study: StudyInstanceUid,
  world: World,
): Promise<
  Result<{ readonly segments: readonly OwnSegment[]; readonly reports: readonly OwnResultReport[] }, ArchiveProblem>
> {
  const series = await seriesOfStudy(archive, study);
  if (!series.ok) return series;
  const notes = await readNotesAt(archive, series.value, world);
  if (!notes.ok) return notes;
  const segments = await ownSegmentsIn(archive, series.value);
  if (!segments.ok) return segments;
  const reports = await ownResultReportsIn(archive, series.value);
  if (!reports.ok) return reports;
  const rejected = await world.ledger.rejections(
    [...segments.value, ...reports.value].map((own) => own.place.instance),
  );
  const stands = ({ place }: { readonly place: InstanceReference }) => !rejected.has(place.instance);
  return ok({ segments: segments.value.filter(stands), reports: reports.value.filter(stands) });
}

/** The note on objects of one study, or undefined where none of them is there; its identity is that of the objects as the archive holds them. */
async function noteOn(
  { name, archive }: Destination,
  objects: readonly { readonly place: InstanceReference }[],
  cause: RejectionCause,
  replacedBy: readonly SopInstanceUid[],
  world: World,
): Promise<Result<RejectionNote | undefined, ArchiveProblem>> {
  const rejected: DataSet[] = [];
  for (const place of new Map(objects.map((object) => [object.place.instance, object.place])).values()) {
    const bytes = await archive.retrieve(place);
    if (!bytes.ok && bytes.error.code === 'image-gone') continue;
    if (!bytes.ok) return bytes;
    const file = readPart10(bytes.value);
    if (file.ok) rejected.push(file.value.dataSet);
  }
  if (rejected.length === 0) return ok(undefined);
  const note = writeRejectionNote({
    rejected,
    cause,
    replacedBy,
    equipment: equipmentOf(world.installation),
    createdAt: new Date(world.now()),
  });
  if (note.ok) return note;
  world.log.event('object.not-written', { destination: name, kind: 'rejection-note', reason: note.error.reason });
  return ok(undefined);
}

/** Notes that several destinations get are one object. */
class NotesToSend {
  readonly #notes = new Map<SopInstanceUid, { readonly note: RejectionNote; readonly destinations: string[] }>();

  add(note: RejectionNote, destination: string): void {
    const same = this.#notes.get(note.sopInstanceUID) ?? { note, destinations: [] };
    same.destinations.push(destination);
    this.#notes.set(note.sopInstanceUID, same);
  }

  records(): readonly ObjectRecord[] {
    return [...this.#notes.values()].map(({ note, destinations }) => ({
      object: { ...note, segments: [], warnings: [] },
      kind: 'rejection-note',
      destinations,
    }));
  }
}

/** Opens runs for reports that no longer count and left something behind where notes may be sent; how many. */
export async function reopenOutdated(world: World): Promise<number> {
  const destinations = notedDestinations(world).map(({ name }) => name);
  if (destinations.length === 0) return 0;
  const reopened = await world.ledger.reopenOutdated(destinations, BY_ITSELF);
  for (const report of reopened) {
    const outdating = await world.ledger.outdating(report);
    const reason: ReasonCode = outdating?.reason ?? 'superseded';
    world.log.event('report.left-behind', { report: reportName(report), reason });
  }
  return reopened.length;
}

/** Who asked, where no person did. */
const BY_ITSELF = 'caliper';
