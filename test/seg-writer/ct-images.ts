import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readPart10 } from '../../src/dicom/index.js';
import {
  asReadUid,
  mm,
  patientPoint,
  TAG,
  type DataSet,
  type FrameOfReferenceUid,
  type ImagePlane,
  type SopInstanceUid,
  type SourceSlice,
  type Tag,
  type Vector3,
} from '../../src/domain/index.js';
import { edited, type Tree } from './editing.js';

/** A slice and the file it was read from. */
export interface CtImage {
  readonly path: string;
  readonly slice: SourceSlice;
}

export const fixtures = join(process.cwd(), 'test/fixtures/ct');

/** Every image of a folder, by name; of a multi-frame image each frame. */
export function imagesIn(folder: string, pattern = /./): readonly CtImage[] {
  return readdirSync(folder)
    .sort()
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile() && pattern.test(path))
    .flatMap(imagesOf);
}

export function imagesOf(path: string): readonly CtImage[] {
  return slicesOf(readFileSync(path)).map((slice) => ({ path, slice }));
}

/** Images of a folder, each changed and written anew into another folder; `edit` gets the image's place in the folder. */
export function madeImages(
  from: readonly CtImage[],
  folder: string,
  edit: (tree: Tree, index: number) => void,
): readonly CtImage[] {
  mkdirSync(folder, { recursive: true });
  return from.flatMap(({ path }, index) => {
    const made = join(folder, `${String(index).padStart(4, '0')}.dcm`);
    writeFileSync(
      made,
      edited(readFileSync(path), (tree) => edit(tree, index)),
    );
    return imagesOf(made);
  });
}

export function slicesOf(bytes: Uint8Array): readonly SourceSlice[] {
  const file = readPart10(bytes);
  if (!file.ok) throw new Error(file.error.code);
  const header = file.value.dataSet;
  const frames = header.items(TAG.PerFrameFunctionalGroupsSequence).length;
  if (frames === 0) return [sliceOf(header, undefined)];
  return Array.from({ length: frames }, (_, index) => sliceOf(header, index + 1));
}

export function sliceOf(header: DataSet, frame: number | undefined): SourceSlice {
  const plane = planeOf(header, frame);
  return {
    header,
    plane,
    hu: new Float32Array(plane.rows * plane.columns),
    lossy: header.text(TAG.LossyImageCompression) === '01',
    reference: {
      sopClassUID: undefined,
      sopInstanceUID: asReadUid<SopInstanceUid>(header.text(TAG.SOPInstanceUID) ?? ''),
      frame,
    },
  };
}

/** Read by hand, so that the writer's own notion of a plane is not judged by itself. */
function planeOf(header: DataSet, frame: number | undefined): ImagePlane {
  const group = (macro: Tag): DataSet => {
    if (frame === undefined) return header;
    const own = header.items(TAG.PerFrameFunctionalGroupsSequence)[frame - 1]?.items(macro)[0];
    return own ?? header.items(TAG.SharedFunctionalGroupsSequence)[0]?.items(macro)[0] ?? header;
  };
  const [x, y, z] = group(TAG.PlanePositionSequence).numbers(TAG.ImagePositionPatient);
  const cosines = group(TAG.PlaneOrientationSequence).numbers(TAG.ImageOrientationPatient);
  const [betweenRows, betweenColumns] = group(TAG.PixelMeasuresSequence).numbers(TAG.PixelSpacing);
  return {
    rows: header.number(TAG.Rows)!,
    columns: header.number(TAG.Columns)!,
    spacing: { betweenRows: mm(betweenRows!), betweenColumns: mm(betweenColumns!) },
    position: patientPoint(x!, y!, z!),
    rowDirection: unit(cosines.slice(0, 3)),
    columnDirection: unit(cosines.slice(3, 6)),
    frameOfReferenceUID: asReadUid<FrameOfReferenceUid>(header.text(TAG.FrameOfReferenceUID) ?? ''),
  };
}

function unit([x, y, z]: readonly number[]): Vector3 {
  const length = Math.hypot(x!, y!, z!);
  return [x! / length, y! / length, z! / length];
}
