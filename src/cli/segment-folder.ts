import type { KernelPool } from '../compute/index.js';
import { imagePlaneOf } from '../dicom/index.js';
import {
  asReadUid,
  fail,
  ok,
  REASONS,
  SOP_CLASS,
  TAG,
  type ImagePlane,
  type ImageReference,
  type Measurement,
  type ReadReport,
  type ReasonCode,
  type Result,
  type SeriesInstanceUid,
  type SourceSlice,
} from '../domain/index.js';
import { framesOf, sourceSlice, type FurtherSlices } from '../pipeline/index.js';
import {
  chooseSlice,
  documentOf,
  firstReportOf,
  isOwnObject,
  readAim,
  readReport,
  recogniseCarrier,
  rejectedInstances,
  reportEquipmentOf,
  type OtherCarrier,
  type ReportEquipment,
} from '../sr-parser/index.js';
import { filesBelow, readDicomFile } from './dicom-folder.js';
import type { Terminal } from './terminal.js';

/** What lies below a folder: reports, the images that they may mean, and what is not to be used. */
export interface SortedFiles {
  readonly reports: readonly ReadReport[];
  /** What made a report, where it says so. */
  readonly equipment: ReadonlyMap<ReadReport, ReportEquipment>;
  /** Reports and images that a rejection note in the folder says are not to be used. */
  readonly rejected: ReadonlySet<string>;
  /** Paths of images by SOPInstanceUID. */
  readonly images: ReadonlyMap<string, string>;
  /** Images that have a place in the patient. */
  readonly placed: readonly PlacedFile[];
}

interface PlacedFile {
  readonly image: ImageReference;
  readonly plane: ImagePlane;
  readonly series: string | undefined;
}

/** Reads every file below a folder once and keeps what it is; pixels stay on the disk. */
export async function sortedFiles(
  folder: string,
  carriers: readonly OtherCarrier[],
  terminal: Terminal,
): Promise<SortedFiles> {
  const reports: ReadReport[] = [];
  const equipment = new Map<ReadReport, ReportEquipment>();
  const rejected = new Set<string>();
  const images = new Map<string, string>();
  const placed: PlacedFile[] = [];
  for (const path of await filesBelow(folder)) {
    const read = await readDicomFile(path);
    if (!read.ok) {
      if (recogniseCarrier(read.error.bytes) === 'aim') reports.push(readAim(read.error.bytes));
      else if (read.error.code !== 'not-dicom') terminal.err(`${path}: ${REASONS[read.error.code].says}`);
      continue;
    }
    const { dataSet } = read.value.file;
    for (const uid of rejectedInstances(dataSet)) rejected.add(uid);
    const sop = dataSet.text(TAG.SOPInstanceUID);
    const sopClass = dataSet.text(TAG.SOPClassUID);
    const isDrawing = sopClass === SOP_CLASS.GrayscaleSoftcopyPresentationState;
    if (isDrawing ? carriers.includes('gsps') : dataSet.has(TAG.ContentSequence) && !isOwnObject(dataSet)) {
      const report = readReport(dataSet, carriers);
      reports.push(report);
      const madeBy = reportEquipmentOf(dataSet);
      if (madeBy) equipment.set(report, madeBy);
    } else if (!isDrawing && sop !== undefined && sopClass !== SOP_CLASS.Segmentation) {
      images.set(sop, path);
      const plane = imagePlaneOf(dataSet, undefined);
      if (plane.ok)
        placed.push({
          image: { sopClassUID: undefined, sopInstanceUID: asReadUid(sop), frame: undefined },
          plane: plane.value,
          series: dataSet.text(TAG.SeriesInstanceUID),
        });
    }
  }
  return { reports, equipment, rejected, images, placed };
}

export const isRejected = ({ sopInstanceUID }: ReadReport, { rejected }: SortedFiles): boolean =>
  sopInstanceUID !== undefined && rejected.has(sopInstanceUID);

/** The image that marks lie on: the one they name, or in patient coordinates the one they lie in. */
export function imageOf(measurement: Measurement, { placed }: SortedFiles): Result<ImageReference, ReasonCode> {
  if (measurement.image) return ok(measurement.image);
  if ((measurement.longAxis ?? measurement.shortAxis)?.points?.space !== 'patient') return fail('no-image-reference');
  const chosen = chooseSlice(
    measurement,
    placed.map((p) => p.plane),
  );
  return chosen.ok ? ok(placed[chosen.value]!.image) : chosen;
}

export async function sliceFromFile(
  path: string | undefined,
  image: ImageReference,
  kernels: KernelPool,
): Promise<Result<SourceSlice, ReasonCode>> {
  if (path === undefined) return fail('image-gone');
  const read = await readDicomFile(path);
  return read.ok ? sourceSlice(read.value, image, kernels) : fail(read.error.code);
}

/** The images of a folder as the stacks that their series are. */
export const furtherSlicesIn = ({ placed, rejected, images }: SortedFiles, kernels: KernelPool): FurtherSlices => ({
  imagesOf: (marked) => {
    const series = marked.header.text(TAG.SeriesInstanceUID);
    const standing = placed.filter((p) => p.series === series && !rejected.has(p.image.sopInstanceUID));
    return Promise.resolve(ok(marked.reference.frame === undefined ? standing : framesOf(marked)));
  },
  sliceOf: (image) => sliceFromFile(images.get(image.sopInstanceUID), image, kernels),
});

/** Planes of all images of each series: what the writer knows slice distances and tilt by. */
export function seriesPlanes({ placed }: SortedFiles): ReadonlyMap<SeriesInstanceUid, readonly ImagePlane[]> {
  const planes = new Map<SeriesInstanceUid, ImagePlane[]>();
  for (const { series, plane } of placed) {
    if (series === undefined) continue;
    const uid = asReadUid<SeriesInstanceUid>(series);
    planes.set(uid, [...(planes.get(uid) ?? []), plane]);
  }
  return planes;
}

/** What the report's chain of predecessors began with, and what made the report. */
export function originOf(report: ReadReport, files: SortedFiles) {
  const known = files.reports.filter((other) => !isRejected(other, files)).map(documentOf);
  const firstReport = firstReportOf(documentOf(report), known);
  const reportEquipment = files.equipment.get(report);
  return {
    ...(firstReport === undefined ? {} : { firstReport }),
    ...(reportEquipment === undefined ? {} : { reportEquipment }),
  };
}
