import type { Configuration } from '../configuration/index.js';
import { readPart10 } from '../dicom/index.js';
import type { Archive } from '../dicomweb/index.js';
import { asReadUid, type SopInstanceUid, type StudyInstanceUid } from '../domain/index.js';
import type { Ledger } from '../ledger/index.js';
import { LoadMeter } from '../pipeline/index.js';
import { explainObject, writeRejectionNote } from '../seg-writer/index.js';
import { installationId, openArchives } from './configured-world.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import { openGuestLedger } from './guest-ledger.js';
import { objectsOfBundle, type BundleName, type FoundObject } from './recalled-objects.js';
import { ended } from './run.js';
import { softwareVersion } from './software-version.js';
import type { Terminal } from './terminal.js';

export interface RecallOptions {
  readonly config: string;
  readonly bundle: BundleName;
  /** Objects written on this day (UTC) or later. */
  readonly since: Date | undefined;
  /** Where the objects are known from. The archives are asked where the ledger was lost, or another installation wrote too. */
  readonly ask: 'ledger' | 'archives';
  readonly dryRun: boolean;
  readonly json: boolean;
}

/** Of each archive's budget: a daemon may work beside it. */
const SHARE_OF_BUDGET = 0.5;

/**
 * `caliper recall`: every object that a bundle wrote, by what the objects in the archives say of themselves, and a note for each study and
 * destination that rejects them. Nothing is deleted. What a note rejects already is not rejected again.
 */
export async function recall(options: RecallOptions, terminal: Terminal): Promise<ExitCode> {
  const opened = await openGuestLedger(options.config);
  if (!opened.ok) return ended(opened.error, terminal);
  const { configuration, ledger } = opened.value;
  const load = new LoadMeter(Date.now);
  const archives = openArchives(halved(configuration), undefined, (request) => load.add(request));
  if (!archives.ok) {
    await opened.value.close();
    return ended(archives.error, terminal);
  }
  try {
    const places = configuration.destinations.map((d) => ({ ...d, access: archives.value.get(d.archive)! }));
    let troubles = 0;
    let rejected = 0;
    for (const { archive: name, access, rejectionNotes } of places) {
      const search = await objectsOfBundle(access, ledger, options, (says) => terminal.err(`${name}: ${says}`));
      troubles += search.troubles;
      const known = await ledger.rejections(search.found.map((object) => object.sopInstanceUID));
      const standing = search.found.filter((object) => !known.has(object.sopInstanceUID));
      for (const object of standing) terminal.out(lineOf(name, object, options.json));
      terminal.err(
        `${name}: ${search.found.length} objects, ${search.found.length - standing.length} rejected already`,
      );
      if (options.dryRun || standing.length === 0) continue;
      if (rejectionNotes === 'never') {
        terminal.err(`${name}: destinations[].rejectionNotes is never: nothing is rejected there`);
        troubles += 1;
        continue;
      }
      for (const study of byStudy(standing)) {
        const problem = await reject(study, access, ledger, options.config);
        if (problem === undefined) rejected += study.length;
        else {
          terminal.err(`${name}: a note was not stored: ${problem}`);
          troubles += 1;
        }
      }
    }
    terminal.err(options.dryRun ? 'nothing was changed' : `${rejected} objects rejected`);
    return troubles === 0 ? EXIT.done : EXIT.someFailed;
  } finally {
    await Promise.all([...archives.value.values()].map((archive) => archive.close()));
    await load.writeTo(ledger);
    await opened.value.close();
  }
}

const lineOf = (destination: string, object: FoundObject, json: boolean): string =>
  json
    ? JSON.stringify({
        destination,
        sopInstanceUID: object.sopInstanceUID,
        seriesInstanceUID: object.seriesInstanceUID,
        studyInstanceUID: object.studyInstanceUID,
        written: object.writtenAt ?? null,
      })
    : `${destination}  ${object.sopInstanceUID}`;

const halved = (configuration: Configuration): Configuration => ({
  ...configuration,
  archives: configuration.archives.map((archive) => ({
    ...archive,
    budget: {
      ...archive.budget,
      requestsPerSecond: archive.budget.requestsPerSecond * SHARE_OF_BUDGET,
      megabytesPerSecond: archive.budget.megabytesPerSecond * SHARE_OF_BUDGET,
    },
  })),
});

function byStudy(objects: readonly FoundObject[]): readonly (readonly FoundObject[])[] {
  const studies = new Map<StudyInstanceUid, FoundObject[]>();
  for (const object of objects)
    studies.set(object.studyInstanceUID, [...(studies.get(object.studyInstanceUID) ?? []), object]);
  return [...studies.values()];
}

/** Stores one note on objects of one study and reads it back; gives what went wrong. The same objects give the same note, so a second try is safe. */
async function reject(
  objects: readonly FoundObject[],
  archive: Archive,
  ledger: Ledger,
  configurationFile: string,
): Promise<string | undefined> {
  const note = writeRejectionNote({
    rejected: objects.map((object) => object.dataSet),
    cause: 'superseded',
    equipment: { installationId: installationId(configurationFile), softwareVersion: softwareVersion() },
    createdAt: new Date(),
  });
  if (!note.ok) return note.error.reason;
  const { studyInstanceUID: study, seriesInstanceUID: series, sopInstanceUID: instance, bytes } = note.value;
  const answer = await archive.store(study, [bytes]);
  const read = await archive.retrieve({ study, series, instance });
  if (!read.ok) return answer.kind === 'stored' ? read.error.code : answer.kind;
  const file = readPart10(read.value);
  const said = file.ok ? explainObject(file.value.dataSet) : undefined;
  const rejects = new Set(said?.kind === 'rejection-note' ? said.rejected : []);
  if (!objects.every((object) => rejects.has(object.sopInstanceUID))) return 'read-back-differs';
  await ledger.recordKeyObject(
    instance,
    [...rejects].map((uid) => asReadUid<SopInstanceUid>(uid)),
  );
  return undefined;
}
