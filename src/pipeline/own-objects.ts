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
  type SeriesInstanceUid,
  type SopInstanceUid,
  type StudyInstanceUid,
} from '../domain/index.js';
import { measurementOfWorkKey, ownSegments } from '../seg-writer/index.js';

/** A segment of ours that an archive already holds. */
export interface OwnSegment {
  readonly seg: SopInstanceUid;
  readonly segmentNumber: number;
  /** What it was made from. */
  readonly report: string;
  readonly measurementKey: MeasurementKey;
  /** Whether its pixels are those that its receipt names: an object that was there before is judged by its own receipt. */
  readonly intact: boolean;
}

/**
 * Our own segments in a study, of any model and revision: a lesion that has one gets no other by itself. Objects are recognised by equipment
 * and receipt, so that a ledger that was lost costs no duplicate. Costs one search where the study has no segmentation.
 */
export async function ownSegmentsIn(
  archive: Archive,
  study: StudyInstanceUid,
): Promise<Result<readonly OwnSegment[], ArchiveProblem>> {
  const series = await archive.search(
    'series',
    { StudyInstanceUID: study, Modality: 'SEG' },
    { include: ['Manufacturer'] },
  );
  if (!series.ok) return series;
  const own: OwnSegment[] = [];
  for (const row of series.value) {
    const manufacturer = row.text(TAG.Manufacturer);
    if (manufacturer !== undefined && manufacturer !== EQUIPMENT.manufacturer) continue;
    const place = { study, series: asReadUid<SeriesInstanceUid>(row.text(TAG.SeriesInstanceUID) ?? '') };
    const instances = await archive.search('instances', { StudyInstanceUID: study, SeriesInstanceUID: place.series });
    if (!instances.ok) return instances;
    for (const instance of instances.value) {
      const sopClass = instance.text(TAG.SOPClassUID);
      if (sopClass !== undefined && sopClass !== SOP_CLASS.Segmentation) continue;
      const seg = asReadUid<SopInstanceUid>(instance.text(TAG.SOPInstanceUID) ?? '');
      const found = await segmentsOf(archive, { ...place, instance: seg });
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
    ownSegments(file.value.dataSet).flatMap(({ segmentNumber, receipt, maskMatches }) => {
      const work = measurementOfWorkKey(receipt.workKey);
      return work ? [{ seg: place.instance, segmentNumber, intact: maskMatches, ...work }] : [];
    }),
  );
}
