import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { huSliceOf, imagePlaneOf, readPart10, type DicomFile } from '../../src/dicom/index.js';
import {
  asReadUid,
  fail,
  ok,
  TAG,
  type ImagePlane,
  type Mask,
  type MeasurementKey,
  type ReasonCode,
  type Result,
  type SegmentedLesion,
  type SeriesInstanceUid,
  type SopClassUid,
  type SopInstanceUid,
  type SourceSlice,
} from '../../src/domain/index.js';
import {
  writeSegmentations,
  type LesionSlice,
  type SegmentationType,
  type WrittenSegmentations,
} from '../../src/seg-writer/index.js';
import { lesionOn, requestFor } from '../seg-writer/lesions.js';
import type { Place } from './answer.js';

/** An image, or a frame of one, as an independent reader has it (make_series.py). */
export interface TrueImage extends Partial<Place> {
  readonly path: string;
  readonly sop: string;
  readonly series: string;
  readonly frameOfReference: string;
  readonly frame: number | null;
  readonly frames: number;
  readonly rows: number;
  readonly columns: number;
}

/** What a lesion has of one image. */
export interface TruePart {
  readonly image: number;
  /** row * columns + column */
  readonly pixels: readonly number[];
}

/** The parts of a lesion, the marked slice first. */
export type TrueLesion = readonly TruePart[];

export interface Truth {
  readonly name: string;
  readonly images: readonly TrueImage[];
  readonly lesions: readonly TrueLesion[];
}

/** Series made by other people's software in `folder`: the made geometries, or those of folders of real files with a lesion on every image. */
export function makeSeries(python: string, folder: string, from: readonly string[] = []): readonly Truth[] {
  const run = spawnSync(python, ['test/readers/make_series.py', folder, ...from], { encoding: 'utf8' });
  if (run.status !== 0) throw new Error(run.stderr);
  return readdirSync(folder)
    .sort()
    .map((name) => JSON.parse(readFileSync(join(folder, name, 'truth.json'), 'utf8')) as Truth);
}

/** The lesions that could be put on their images, and the reasons of the others. */
export interface Request {
  readonly lesions: ReadonlyMap<TrueLesion, SegmentedLesion>;
  readonly refused: ReadonlyMap<TrueLesion, ReasonCode>;
  readonly slicesOf: ReadonlyMap<MeasurementKey, readonly LesionSlice[]>;
  readonly seriesPlanes: ReadonlyMap<SeriesInstanceUid, readonly ImagePlane[]>;
}

interface PlacedPart extends LesionSlice {
  readonly slice: SourceSlice;
}

/** The images as the product reads them; `initialiseCodecs()` must have been awaited. */
export function requestOf({ images, lesions }: Truth): Request {
  const files = new Map(
    [...new Set(images.map(({ path }) => path))].map((path) => [path, readPart10(readFileSync(path))] as const),
  );
  const slices = new Map<number, Result<SourceSlice, ReasonCode>>();
  const partOf = ({ image: index, pixels }: TruePart): Result<PlacedPart, ReasonCode> => {
    const image = images[index]!;
    const file = files.get(image.path)!;
    const slice = slices.get(index) ?? (file.ok ? sliceOf(file.value, image) : fail(file.error.code));
    slices.set(index, slice);
    if (!slice.ok) return slice;
    const mask = maskOf(image, pixels);
    return ok({ slice: slice.value, mask, probability: Float32Array.from(mask.bits) });
  };
  const placed = new Map<TrueLesion, SegmentedLesion>();
  const refused = new Map<TrueLesion, ReasonCode>();
  const slicesOf = new Map<MeasurementKey, readonly LesionSlice[]>();
  lesions.forEach((lesion, n) => {
    const parts: (LesionSlice & { readonly slice: SourceSlice })[] = [];
    for (const part of lesion.map(partOf)) {
      if (part.ok) parts.push(part.value);
      else refused.set(lesion, part.error);
    }
    if (parts.length < lesion.length) return;
    const marked = parts[0]!;
    const made = { ...lesionOn(marked.slice, n + 1), mask: marked.mask };
    placed.set(lesion, made);
    slicesOf.set(made.located.measurement.key, parts);
  });
  const seriesPlanes = new Map<SeriesInstanceUid, ImagePlane[]>();
  for (const image of images) {
    const file = files.get(image.path)!;
    const plane = file.ok ? imagePlaneOf(file.value.dataSet, image.frame ?? undefined) : undefined;
    const series = asReadUid<SeriesInstanceUid>(image.series);
    if (plane?.ok) seriesPlanes.set(series, [...(seriesPlanes.get(series) ?? []), plane.value]);
  }
  return { lesions: placed, refused, slicesOf, seriesPlanes };
}

function sliceOf(file: DicomFile, { frame, sop }: TrueImage): Result<SourceSlice, ReasonCode> {
  const hu = huSliceOf(file, frame ?? undefined);
  if (!hu.ok) return hu;
  const sopClass = file.dataSet.text(TAG.SOPClassUID);
  return ok({
    ...hu.value,
    header: file.dataSet,
    reference: {
      sopClassUID: sopClass === undefined ? undefined : asReadUid<SopClassUid>(sopClass),
      sopInstanceUID: asReadUid<SopInstanceUid>(sop),
      frame: frame ?? undefined,
    },
  });
}

function maskOf({ rows, columns }: TrueImage, pixels: readonly number[]): Mask {
  const bits = new Uint8Array(rows * columns);
  for (const pixel of pixels) bits[pixel] = 1;
  return { rows, columns, bits };
}

export function write(
  { lesions, slicesOf, seriesPlanes }: Request,
  segmentationType: SegmentationType,
): WrittenSegmentations {
  const all = [...lesions.values()];
  if (all.length === 0) return { objects: [], refused: [] };
  return writeSegmentations(requestFor(all, { slicesOf, seriesPlanes, segmentationType }));
}
