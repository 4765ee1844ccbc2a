import { readPart10 } from '../dicom/index.js';
import type { Archive, ArchiveProblem, InstanceReference } from '../dicomweb/index.js';
import {
  asReadUid,
  EQUIPMENT,
  ok,
  SOP_CLASS,
  TAG,
  type DataSet,
  type MeasurementKey,
  type Result,
  type SopInstanceUid,
} from '../domain/index.js';
import type { StudySeries } from './study-series.js';
import { explainObject, measurementOfWorkKey, ownSegments } from '../seg-writer/index.js';

/** A segment of ours that an archive already holds. */
export interface OwnSegment {
  readonly seg: SopInstanceUid;
  readonly place: InstanceReference;
  readonly segmentNumber: number;
  readonly trackingUID: string;
  /** What it was made from. */
  readonly report: string;
  readonly measurementKey: MeasurementKey;
  /** Which measurement of which report was segmented by what. */
  readonly workKey: string;
  /** What its marks were; undefined in objects of earlier layouts. */
  readonly marksSha256: string | undefined;
  /**
   * `damaged`: its pixels are not those that its receipt names, by which an object that was there before is judged. `rejected`: a note says that
   * it is not to be used.
   */
  readonly standing: 'intact' | 'damaged' | 'rejected';
}

/** A result report of ours that an archive already holds. */
export interface OwnResultReport {
  readonly place: InstanceReference;
  /** The report with the marks. */
  readonly report: string | undefined;
  /** Segmentations that it tells the measurements of. */
  readonly segmentations: ReadonlySet<string>;
}

const SEGMENTATIONS: ReadonlySet<string> = new Set<string>([SOP_CLASS.Segmentation, SOP_CLASS.LabelMapSegmentation]);
const RESULT_REPORTS: ReadonlySet<string> = new Set<string>([SOP_CLASS.Comprehensive3DSR]);

/**
 * Our own segments in a study, of any model, revision and form: a lesion that has one gets no other by itself. Objects are recognised by equipment
 * and receipt, so that a ledger that was lost costs no duplicate. Costs nothing where the study has no segmentation.
 */
export const ownSegmentsIn = (
  archive: Archive,
  study: StudySeries,
): Promise<Result<readonly OwnSegment[], ArchiveProblem>> =>
  eachOwn(archive, study, 'SEG', SEGMENTATIONS, (dataSet, place) =>
    ownSegments(dataSet).flatMap(
      ({ segmentNumber, trackingUID, receipt: { workKey, marksSha256 }, maskMatches }): OwnSegment[] => {
        const work = measurementOfWorkKey(workKey);
        if (!work) return [];
        const standing = maskMatches ? 'intact' : 'damaged';
        return [{ seg: place.instance, place, segmentNumber, trackingUID, workKey, marksSha256, standing, ...work }];
      },
    ),
  );

/** Our own result reports in a study. */
export const ownResultReportsIn = (
  archive: Archive,
  study: StudySeries,
): Promise<Result<readonly OwnResultReport[], ArchiveProblem>> =>
  eachOwn(archive, study, 'SR', RESULT_REPORTS, (dataSet, place) => {
    const explained = explainObject(dataSet);
    if (explained?.kind !== 'result-report') return [];
    const segmentations = new Set(explained.groups.map(({ segmentation }) => segmentation.sopInstanceUID));
    return [{ place, report: explained.sourceReport, segmentations }];
  });

/** What is made of each object of a modality that may be ours; an object that is gone meanwhile, or cannot be read, is passed over. */
async function eachOwn<T>(
  archive: Archive,
  { study, series }: StudySeries,
  modality: string,
  classes: ReadonlySet<string>,
  make: (dataSet: DataSet, place: InstanceReference) => readonly T[],
): Promise<Result<readonly T[], ArchiveProblem>> {
  const own: T[] = [];
  for (const row of series) {
    if (row.modality !== undefined && row.modality !== modality) continue;
    if (row.manufacturer !== undefined && row.manufacturer !== EQUIPMENT.manufacturer) continue;
    const instances = await archive.search('instances', { StudyInstanceUID: study, SeriesInstanceUID: row.series });
    if (!instances.ok) return instances;
    for (const instance of instances.value) {
      const sopClass = instance.text(TAG.SOPClassUID);
      if (sopClass !== undefined && !classes.has(sopClass)) continue;
      const uid = asReadUid<SopInstanceUid>(instance.text(TAG.SOPInstanceUID) ?? '');
      const place = { study, series: row.series, instance: uid };
      const bytes = await archive.retrieve(place);
      if (!bytes.ok && bytes.error.code === 'image-gone') continue;
      if (!bytes.ok) return bytes;
      const file = readPart10(bytes.value);
      if (file.ok) own.push(...make(file.value.dataSet, place));
    }
  }
  return ok(own);
}
