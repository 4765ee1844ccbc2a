import { readPart10 } from '../dicom/index.js';
import { tailPlan, todayIn, type Archive, type InstanceReference } from '../dicomweb/index.js';
import {
  asReadUid,
  EQUIPMENT,
  TAG,
  type DataSet,
  type SeriesInstanceUid,
  type SopInstanceUid,
  type StudyInstanceUid,
} from '../domain/index.js';
import type { Ledger, ObjectNumber } from '../ledger/index.js';
import { explainObject, type ExplainedWork } from '../seg-writer/index.js';

/** A bundle as objects name it; the hash may be the beginning of one. */
export interface BundleName {
  readonly name: string;
  readonly sha256: string;
}

/** An object of ours as an archive holds it. */
export interface FoundObject {
  readonly sopInstanceUID: SopInstanceUid;
  readonly seriesInstanceUID: SeriesInstanceUid;
  readonly studyInstanceUID: StudyInstanceUid;
  /** Digits of date and time, as the object says. */
  readonly writtenAt: string | undefined;
  readonly dataSet: DataSet;
}

interface Wanted {
  readonly bundle: BundleName;
  readonly since: Date | undefined;
  readonly ask: 'ledger' | 'archives';
}

/** Objects of ours are looked for in studies from here on: before it there was hardly any DICOM. */
const FIRST_STUDY_DATE = '19900101';
const PAGE = 500;

/**
 * The objects of a bundle in one archive: candidates come from the ledger or from searches through the whole calendar, and each is fetched, since the
 * object itself says which model drew it.
 */
export async function objectsOfBundle(
  archive: Archive,
  ledger: Ledger,
  wanted: Wanted,
  says: (problem: string) => void,
): Promise<{ readonly found: readonly FoundObject[]; readonly troubles: number }> {
  const found: FoundObject[] = [];
  let troubles = 0;
  const trouble = (problem: string): void => {
    troubles += 1;
    says(problem);
  };
  const candidates = wanted.ask === 'ledger' ? fromLedger(archive, ledger) : fromArchive(archive, trouble);
  for await (const place of candidates) {
    const bytes = await archive.retrieve(place);
    if (!bytes.ok) {
      // an archive that hides what is rejected, or a person who deleted it
      if (bytes.error.code !== 'image-gone') trouble(`an object cannot be looked at (${bytes.error.code})`);
      continue;
    }
    const file = readPart10(bytes.value);
    const object = file.ok ? objectOfBundle(file.value.dataSet, wanted) : undefined;
    if (object) found.push(object);
  }
  return { found, troubles };
}

async function* fromLedger(archive: Archive, ledger: Ledger): AsyncGenerator<InstanceReference> {
  let before: ObjectNumber | undefined;
  for (;;) {
    const page = await ledger.writtenObjects({ limit: PAGE, ...(before === undefined ? {} : { before }) });
    for (const { deliveries, ...row } of page)
      if (deliveries.some((d) => d.destination === archive.name && STORED.has(d.state)))
        yield { study: row.studyInstanceUID, series: row.seriesInstanceUID, instance: row.sopInstanceUID };
    if (page.length < PAGE) return;
    before = page.at(-1)!.number;
  }
}

const STORED: ReadonlySet<string> = new Set(['stored', 'already-stored', 'stored-unconfirmed']);

/** Segmentations, and structured reports for what was measured on them, a month of study dates at a time. */
async function* fromArchive(archive: Archive, trouble: (says: string) => void): AsyncGenerator<InstanceReference> {
  const months = tailPlan(FIRST_STUDY_DATE, todayIn('UTC', Date.now()), ['SR']);
  for (const { from, to } of months)
    for (const modality of ['SEG', 'SR']) {
      const series = await archive.search(
        'series',
        { Modality: modality, StudyDate: `${from}-${to}` },
        { include: ['StudyInstanceUID', 'Manufacturer'] },
      );
      if (!series.ok) {
        trouble(`${modality} of ${from}-${to} cannot be searched (${series.error.code})`);
        continue;
      }
      for (const row of series.value) {
        const manufacturer = row.text(TAG.Manufacturer);
        // reports are many, and few archives that answer who made them would leave ours out
        if (manufacturer === undefined ? modality === 'SR' : manufacturer !== EQUIPMENT.manufacturer) continue;
        const place = {
          study: asReadUid<StudyInstanceUid>(row.text(TAG.StudyInstanceUID) ?? ''),
          series: asReadUid<SeriesInstanceUid>(row.text(TAG.SeriesInstanceUID) ?? ''),
        };
        const instances = await archive.search('instances', {
          StudyInstanceUID: place.study,
          SeriesInstanceUID: place.series,
        });
        if (!instances.ok) {
          trouble(`a series cannot be listed (${instances.error.code})`);
          continue;
        }
        for (const instance of instances.value)
          yield { ...place, instance: asReadUid<SopInstanceUid>(instance.text(TAG.SOPInstanceUID) ?? '') };
      }
    }
}

function objectOfBundle(dataSet: DataSet, { bundle, since }: Wanted): FoundObject | undefined {
  const explained = explainObject(dataSet);
  if (!explained || explained.kind === 'rejection-note') return undefined;
  const works: readonly (ExplainedWork | undefined)[] =
    explained.kind === 'segmentation' ? explained.segments.map((s) => s.work) : explained.groups.map((g) => g.work);
  const isOfBundle = works.some(
    (work) => work?.bundle?.name === bundle.name && work.bundle.sha256.startsWith(bundle.sha256),
  );
  const { writtenAt, studyInstanceUID, seriesInstanceUID } = explained;
  if (!isOfBundle || studyInstanceUID === undefined || seriesInstanceUID === undefined) return undefined;
  if (since && writtenAt !== undefined && writtenAt.slice(0, 8) < since.toISOString().slice(0, 10).replaceAll('-', ''))
    return undefined;
  return {
    sopInstanceUID: asReadUid<SopInstanceUid>(explained.sopInstanceUID),
    seriesInstanceUID: asReadUid<SeriesInstanceUid>(seriesInstanceUID),
    studyInstanceUID: asReadUid<StudyInstanceUid>(studyInstanceUID),
    writtenAt,
    dataSet,
  };
}
