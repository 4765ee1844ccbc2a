import {
  fail,
  mm,
  ok,
  pixelIndex,
  type PixelIndex,
  type PixelMarks,
  type PixelSpacing,
  type Result,
} from '../domain/index.js';
import type { RowProblemCode } from './problems.js';

/** DeepLesion's columns, with its names, in its order. */
export const DEEPLESION_COLUMNS = [
  'File_name',
  'Patient_index',
  'Study_index',
  'Series_ID',
  'Key_slice_index',
  'Measurement_coordinates',
  'Bounding_boxes',
  'Lesion_diameters_Pixel_',
  'Normalized_lesion_location',
  'Coarse_lesion_type',
  'Possibly_noisy',
  'Slice_range',
  'Spacing_mm_px_',
  'Image_size',
  'DICOM_windows',
  'Patient_gender',
  'Patient_age',
  'Train_Val_Test',
] as const;

/** What caliper-lesions/1 adds. */
export const OWN_COLUMNS = [
  'id',
  'source',
  'lesion',
  'key',
  'Exact_coordinates',
  'area_px',
  'observer_seed',
  'origin',
  'agreement',
] as const;

export type Split = 'train' | 'val' | 'test';
export const SPLITS: readonly Split[] = ['train', 'val', 'test'];

/** One measurement on one key slice. Everything in pixels is at pixel centres, zero-based, in the image file. */
export interface LesionRow {
  readonly id: string;
  readonly source: string;
  /** Rows of one lesion share it. */
  readonly lesion: string;
  /** Whether this is the slice with the lesion's longest diameter. */
  readonly key: boolean;
  readonly patient: string;
  readonly split: Split;
  /** Below the set's folder. */
  readonly imagePath: string;
  readonly rows: number;
  readonly columns: number;
  readonly spacing: PixelSpacing;
  /** The reader's marks, `Measurement_coordinates`. */
  readonly observerMarks: PixelMarks;
  /** The axes of the expert mask, where there is one. */
  readonly exactMarks: PixelMarks | undefined;
  /** Every column as text, for writing it on; coordinates and names of files as caliper-lesions/1 has them. */
  readonly record: ReadonlyMap<string, string>;
}

export interface RowValueProblem {
  readonly column: string;
  readonly code: RowProblemCode;
}

/** A row of caliper-lesions/1. `splitOf` knows the patients of splits.csv. */
export function lesionRowOf(
  record: ReadonlyMap<string, string>,
  splitOf: (patient: string) => Split | undefined,
): Result<LesionRow, RowValueProblem> {
  const text = (column: string): string => record.get(column) ?? '';
  const wrong = (column: string, code: RowProblemCode = 'value-unreadable') => fail({ column, code });

  const id = text('id');
  if (id === '') return wrong('id');
  if (!staysInside(id) || id.includes('/')) return wrong('id', 'path-leaves-set');
  for (const column of ['source', 'lesion', 'Patient_index', 'File_name'])
    if (text(column) === '') return wrong(column);
  if (!staysInside(text('File_name'))) return wrong('File_name', 'path-leaves-set');
  const key = text('key');
  if (key !== '0' && key !== '1') return wrong('key');
  const size = numbersOf(text('Image_size'));
  if (size?.length !== 2 || !size.every((n) => Number.isInteger(n) && n > 0)) return wrong('Image_size');
  const spacing = spacingOf(text('Spacing_mm_px_'));
  if (!spacing) return wrong('Spacing_mm_px_');
  const observerMarks = marksOf(text('Measurement_coordinates'));
  if (!observerMarks) return wrong('Measurement_coordinates');
  const exactMarks = text('Exact_coordinates') === '' ? undefined : marksOf(text('Exact_coordinates'));
  if (!exactMarks && text('Exact_coordinates') !== '') return wrong('Exact_coordinates');
  const split = splitOf(text('Patient_index'));
  if (!split) return wrong('Patient_index', 'split-unknown');
  return ok({
    id,
    source: text('source'),
    lesion: text('lesion'),
    key: key === '1',
    patient: text('Patient_index'),
    split,
    imagePath: `images/${text('File_name')}`,
    rows: size[0]!,
    columns: size[1]!,
    spacing,
    observerMarks,
    exactMarks,
    record,
  });
}

/** DeepLesion's Train_Val_Test. */
export const splitOfNumber = (text: string): Split | undefined => SPLITS[Number(text) - 1];

/** `x11,y11,x12,y12` and, where there is a short axis, `x21,y21,x22,y22`. */
function marksOf(text: string): PixelMarks | undefined {
  const n = numbersOf(text);
  if (n?.length !== 8 && n?.length !== 4) return undefined;
  const end = (i: number): PixelIndex => pixelIndex(n[2 * i]!, n[2 * i + 1]!);
  return { longAxis: [end(0), end(1)], shortAxis: n.length === 8 ? [end(2), end(3)] : undefined };
}

/** `x,y,slice interval`; the last may be unknown. */
function spacingOf(text: string): PixelSpacing | undefined {
  const n = numbersOf(text.split(',').slice(0, 2).join(','));
  if (n?.length !== 2 || !n.every((v) => v > 0)) return undefined;
  return { betweenColumns: mm(n[0]!), betweenRows: mm(n[1]!) };
}

const NUMBER = /^\s*[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?\s*$/i;

/** A list of numbers, or nothing where one of them is none. */
export function numbersOf(text: string): readonly number[] | undefined {
  const parts = text.split(',');
  return parts.every((part) => NUMBER.test(part)) ? parts.map(Number) : undefined;
}

/** A relative name of a file that does not climb. */
const staysInside = (path: string): boolean =>
  !/^(?:\/|[a-z]:)/i.test(path) && !path.includes('\\') && !path.includes('\0') && !path.split('/').includes('..');
