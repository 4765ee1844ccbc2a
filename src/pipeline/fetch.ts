import { createHash } from 'node:crypto';
import { imagePlaneOf, readPart10, type DicomFile } from '../dicom/index.js';
import type { KernelPool } from '../compute/index.js';
import type { Archive, ArchiveProblem } from '../dicomweb/index.js';
import {
  asReadUid,
  fail,
  ok,
  TAG,
  type DataSet,
  type ImagePlane,
  type ImageReference,
  type Measurement,
  type MeasurementKey,
  type ReadReport,
  type ReasonCode,
  type Result,
  type SeriesInstanceUid,
  type SopClassUid,
  type SopInstanceUid,
  type SourceSlice,
  type StudyInstanceUid,
} from '../domain/index.js';
import type { Sighting } from '../ledger/index.js';
import { chooseSlice } from '../sr-parser/index.js';
import { isReportOnline, PLANE_ATTRIBUTES } from './nearline.js';
import { sliceKey } from './slice-key.js';
import type { Source } from './world.js';

/** An instance as an archive keeps it. */
export interface FetchedFile {
  readonly file: DicomFile;
  readonly bytes: Uint8Array;
  /** SHA-256 (hex) of the bytes. */
  readonly digest: string;
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Retrieves an instance and reads its header. */
export async function fetchInstance(
  archive: Archive,
  ref: { readonly study: StudyInstanceUid; readonly series: SeriesInstanceUid; readonly instance: SopInstanceUid },
): Promise<Result<FetchedFile, ArchiveProblem>> {
  const bytes = await archive.retrieve(ref);
  if (!bytes.ok) return bytes;
  const file = readPart10(bytes.value);
  if (!file.ok) return fail({ code: file.error.code });
  return ok({
    file: file.value,
    bytes: bytes.value,
    // most readers of a slice never ask
    get digest() {
      return sha256(bytes.value);
    },
  });
}

/** The report itself, from a source that showed it; `nearline` where that would have to fetch it first, and is not to. */
export async function fetchReport(
  { archive, nearline }: Pick<Source, 'archive' | 'nearline'>,
  sighting: Sighting,
  instance: SopInstanceUid,
): Promise<Result<FetchedFile, ArchiveProblem>> {
  const online = nearline === 'recall' ? ok(true) : await isReportOnline(archive, sighting, instance);
  if (!online.ok) return online;
  if (!online.value) return fail({ code: 'nearline' });
  return fetchInstance(archive, { study: sighting.studyInstanceUID, series: sighting.seriesInstanceUID, instance });
}

/** By measurement; those without marks have none. */
export type FetchedSlices = ReadonlyMap<MeasurementKey, Result<SourceSlice, ReasonCode>>;

/**
 * The slices that a report's marks lie on, and nothing else of their study. A slice that cannot be had or read is in the map with its reason;
 * an archive that does not answer is the whole call's problem.
 */
export async function fetchSlices(
  report: ReadReport,
  archives: readonly Archive[],
  kernels: KernelPool,
): Promise<Result<FetchedSlices, ArchiveProblem>> {
  const slices = new Map<MeasurementKey, Result<SourceSlice, ReasonCode>>();
  const byImage = new Map<string, Result<SourceSlice, ReasonCode>>();
  const files = new Map<SopInstanceUid, Result<FetchedFile, ReasonCode>>();
  for (const measurement of report.measurements) {
    const image = measurement.image ? ok(measurement.image) : await imageOfPatientMarks(measurement, report, archives);
    if (!image.ok) {
      if (isArchiveTrouble(image.error)) return image;
      slices.set(measurement.key, fail(image.error.code));
      continue;
    }
    const key = sliceKey(image.value);
    let slice = byImage.get(key);
    if (!slice) {
      let file = files.get(image.value.sopInstanceUID);
      if (!file) {
        const found = await findImage(image.value, report, archives);
        if (!found.ok && isArchiveTrouble(found.error)) return found;
        file = found.ok ? found : fail(found.error.code);
        files.set(image.value.sopInstanceUID, file);
      }
      slice = file.ok ? await sourceSlice(file.value, image.value, kernels) : file;
      // nothing is known of the image: it is tried again
      if (!slice.ok && slice.error === 'worker-crashed') return fail({ code: slice.error });
      byImage.set(key, slice);
    }
    slices.set(measurement.key, slice);
  }
  // where other slices can be had, the report goes on with them
  const all = [...slices.values()];
  if (all.every((slice) => !slice.ok) && all.some((slice) => !slice.ok && slice.error === 'nearline'))
    return fail({ code: 'nearline' });
  return ok(slices);
}

/** Looks a measurement's slice up among those fetched. */
export const sliceAmong =
  (slices: FetchedSlices) =>
  (measurement: Measurement): Result<SourceSlice, ReasonCode> =>
    slices.get(measurement.key) ?? fail('no-image-reference');

/** Marks in patient coordinates name no image: it is the one among the series of the report's evidence that they lie on. */
async function imageOfPatientMarks(
  measurement: Measurement,
  report: ReadReport,
  archives: readonly Archive[],
): Promise<Result<ImageReference, ArchiveProblem>> {
  if ((measurement.longAxis ?? measurement.shortAxis)?.points?.space !== 'patient')
    return fail({ code: 'no-image-reference' });
  const series = new Map(report.evidence.map((e) => [e.seriesInstanceUID, e]));
  for (const archive of archives)
    for (const { studyInstanceUID: study, seriesInstanceUID } of series.values()) {
      if (!study || !seriesInstanceUID) continue;
      const rows = await planesOfSeries(archive, study, seriesInstanceUID);
      if (!rows.ok) {
        if (isArchiveTrouble(rows.error)) return rows;
        continue;
      }
      const chosen = chooseSlice(
        measurement,
        rows.value.map((row) => row.plane),
      );
      if (chosen.ok) return ok(rows.value[chosen.value]!.image);
      if (rows.value.length > 0) return fail({ code: chosen.error });
    }
  return fail({ code: 'image-gone' });
}

export interface PlacedImage {
  readonly image: ImageReference;
  readonly plane: ImagePlane;
}

/** Where the images of a series stand: one search, or the metadata where the search does not answer positions. Images without plane are left out. */
export async function planesOfSeries(
  archive: Archive,
  study: StudyInstanceUid,
  series: SeriesInstanceUid,
): Promise<Result<readonly PlacedImage[], ArchiveProblem>> {
  const rows = await archive.search(
    'instances',
    { StudyInstanceUID: study, SeriesInstanceUID: series },
    { include: PLANE_ATTRIBUTES },
  );
  if (!rows.ok) return rows;
  const placed = placedImages(rows.value);
  if (placed.length > 0 || rows.value.length === 0) return ok(placed);
  const metadata = await archive.metadata({ study, series });
  return metadata.ok ? ok(placedImages(metadata.value)) : metadata;
}

const placedImages = (rows: readonly DataSet[]): readonly PlacedImage[] =>
  rows.flatMap((row) => {
    const plane = imagePlaneOf(row, undefined);
    const sop = row.text(TAG.SOPInstanceUID);
    if (!plane.ok || sop === undefined) return [];
    const sopClass = row.text(TAG.SOPClassUID);
    return [
      {
        plane: plane.value,
        image: {
          sopClassUID: sopClass === undefined ? undefined : asReadUid<SopClassUid>(sopClass),
          sopInstanceUID: asReadUid<SopInstanceUid>(sop),
          frame: undefined,
        },
      },
    ];
  });

/** Decodes an image that marks lie on. */
export async function sourceSlice(
  { file, bytes }: Pick<FetchedFile, 'file' | 'bytes'>,
  image: ImageReference,
  kernels: KernelPool,
): Promise<Result<SourceSlice, ReasonCode>> {
  const decoded = await kernels.decode(bytes, image.frame);
  if (!decoded.ok) return decoded;
  const frames = file.dataSet.number(TAG.NumberOfFrames);
  return ok({
    ...decoded.value,
    header: file.dataSet,
    reference: {
      sopClassUID: file.dataSet.text(TAG.SOPClassUID) as SourceSlice['reference']['sopClassUID'],
      sopInstanceUID: image.sopInstanceUID,
      // a single-frame image has no frames to name, whatever the report says (NCI AIM writes frame 0, dcmjs claims frame 1)
      frame: frames === undefined ? undefined : (image.frame ?? 1),
    },
  });
}

async function findImage(
  image: ImageReference,
  report: ReadReport,
  archives: readonly Archive[],
): Promise<Result<FetchedFile, ArchiveProblem>> {
  let last: Result<FetchedFile, ArchiveProblem> = fail({ code: 'image-gone' });
  for (const archive of archives) {
    const found = await imageIn(archive, image, report);
    if (found.ok) return found;
    // that one archive has it, however slowly, is the better news
    if (last.error.code !== 'nearline') last = found;
  }
  return last;
}

async function imageIn(
  archive: Archive,
  image: ImageReference,
  report: ReadReport,
): Promise<Result<FetchedFile, ArchiveProblem>> {
  const evidence = report.evidence.find((e) => e.sopInstanceUID === image.sopInstanceUID);
  if (evidence?.studyInstanceUID && evidence.seriesInstanceUID) {
    const found = await fetchInstance(archive, {
      study: evidence.studyInstanceUID,
      series: evidence.seriesInstanceUID,
      instance: image.sopInstanceUID,
    });
    if (found.ok || found.error.code !== 'image-gone') return found;
  }
  // the evidence does not list the image, or names another place than it is kept in now
  const place = await archive.locate(image.sopInstanceUID, evidence?.studyInstanceUID ?? report.studyInstanceUID);
  return place.ok ? fetchInstance(archive, place.value) : place;
}

/**
 * Where the slices of the series that marks lie on stand, by one search each: the distance of slices, tilt and gaps follow from it. An archive
 * that does not answer positions costs nothing but that knowledge.
 */
export async function fetchSeriesPlanes(
  slices: FetchedSlices,
  archives: readonly Archive[],
): Promise<ReadonlyMap<SeriesInstanceUid, readonly ImagePlane[]>> {
  const planes = new Map<SeriesInstanceUid, readonly ImagePlane[]>();
  for (const slice of slices.values()) {
    if (!slice.ok) continue;
    const study = asReadUid<StudyInstanceUid>(slice.value.header.text(TAG.StudyInstanceUID) ?? '');
    const series = asReadUid<SeriesInstanceUid>(slice.value.header.text(TAG.SeriesInstanceUID) ?? '');
    if (planes.has(series)) continue;
    for (const archive of archives) {
      const placed = await planesOfSeries(archive, study, series);
      if (!placed.ok || placed.value.length === 0) continue;
      planes.set(
        series,
        placed.value.map((p) => p.plane),
      );
      break;
    }
  }
  return planes;
}

const isArchiveTrouble = (problem: ArchiveProblem): boolean => problem.code.startsWith('archive-');
