import { readPart10 } from '../dicom/index.js';
import type { Archive, ArchiveProblem, InstanceReference } from '../dicomweb/index.js';
import {
  asReadUid,
  EQUIPMENT,
  ok,
  SOP_CLASS,
  TAG,
  type MeasurementKey,
  type Result,
  type SopInstanceUid,
} from '../domain/index.js';
import type { StudySeries } from './study-series.js';
import { measurementOfWorkKey, ownSegments } from '../seg-writer/index.js';

/** A segment of ours that an archive already holds. */
export interface OwnSegment {
  readonly seg: SopInstanceUid;
  readonly segmentNumber: number;
  /** What it was made from. */
  readonly report: string;
  readonly measurementKey: MeasurementKey;
  /**
   * `damaged`: its pixels are not those that its receipt names, by which an object that was there before is judged. `rejected`: a note says that
   * it is not to be used.
   */
  readonly standing: 'intact' | 'damaged' | 'rejected';
}

/**
 * Our own segments in a study, of any model and revision: a lesion that has one gets no other by itself. Objects are recognised by equipment
 * and receipt, so that a ledger that was lost costs no duplicate. Costs nothing where the study has no segmentation.
 */
export async function ownSegmentsIn(
  archive: Archive,
  { study, series }: StudySeries,
): Promise<Result<readonly OwnSegment[], ArchiveProblem>> {
  const own: OwnSegment[] = [];
  for (const row of series) {
    if (row.modality !== undefined && row.modality !== 'SEG') continue;
    if (row.manufacturer !== undefined && row.manufacturer !== EQUIPMENT.manufacturer) continue;
    const instances = await archive.search('instances', { StudyInstanceUID: study, SeriesInstanceUID: row.series });
    if (!instances.ok) return instances;
    for (const instance of instances.value) {
      const sopClass = instance.text(TAG.SOPClassUID);
      if (sopClass !== undefined && sopClass !== SOP_CLASS.Segmentation) continue;
      const seg = asReadUid<SopInstanceUid>(instance.text(TAG.SOPInstanceUID) ?? '');
      const found = await segmentsOf(archive, { study, series: row.series, instance: seg });
      if (!found.ok) return found;
      own.push(...found.value);
    }
  }
  return ok(own);
}

async function segmentsOf(
  archive: Archive,
  place: InstanceReference,
): Promise<Result<readonly OwnSegment[], ArchiveProblem>> {
  const bytes = await archive.retrieve(place);
  if (!bytes.ok) return bytes.error.code === 'image-gone' ? ok([]) : bytes;
  const file = readPart10(bytes.value);
  if (!file.ok) return ok([]);
  return ok(
    ownSegments(file.value.dataSet).flatMap(({ segmentNumber, receipt, maskMatches }): OwnSegment[] => {
      const work = measurementOfWorkKey(receipt.workKey);
      if (!work) return [];
      return [{ seg: place.instance, segmentNumber, standing: maskMatches ? 'intact' : 'damaged', ...work }];
    }),
  );
}
