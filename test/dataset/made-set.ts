import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Mask, type PixelMarks } from '../../src/domain/index.js';
import { phantom } from '../segmentation/phantom.js';
import { greyPng } from './png.js';

export const COLUMNS = [
  'File_name,Patient_index,Study_index,Series_ID,Key_slice_index,Measurement_coordinates,Bounding_boxes,Lesion_diameters_Pixel_',
  'Normalized_lesion_location,Coarse_lesion_type,Possibly_noisy,Slice_range,Spacing_mm_px_,Image_size,DICOM_windows,Patient_gender',
  'Patient_age,Train_Val_Test,id,source,lesion,key,Exact_coordinates,area_px,observer_seed,origin,agreement',
]
  .join(',')
  .split(',');

export interface MadeRow {
  readonly id: string;
  readonly cells: Record<string, string>;
  readonly hu: Float32Array;
  readonly rows: number;
  readonly columns: number;
  readonly marks: PixelMarks;
  readonly truth: Mask;
}

const cellOf = (marks: PixelMarks): string =>
  [...marks.longAxis, ...marks.shortAxis!].flatMap((p) => [p.column.toFixed(3), p.row.toFixed(3)]).join(',');

/** Six lesions of two sources, four patients and all splits, on slices of 64 x 56; no two alike. */
export function madeRows(): MadeRow[] {
  return [0, 1, 2, 3, 4, 5].map((i) => {
    const { task, truth } = phantom({ half: [9 + i, 6 + i / 2], degrees: 25 * i, seed: i + 1 });
    const id = `made_${i}`;
    return {
      id,
      hu: task.hu,
      rows: task.rows,
      columns: task.columns,
      marks: task.marks,
      truth,
      cells: {
        File_name: `case${i >> 1}/${String(i).padStart(3, '0')}.png`,
        Patient_index: String(1 + Math.min(3, i)),
        Measurement_coordinates: cellOf(task.marks),
        Exact_coordinates: cellOf(task.marks),
        Spacing_mm_px_: '0.75,0.75,5',
        Image_size: `${task.rows},${task.columns}`,
        Train_Val_Test: String(SPLIT_OF[Math.min(3, i)]!),
        id,
        source: i < 4 ? 'alpha' : 'beta',
        lesion: i >= 4 ? 'shared' : id,
        key: i === 5 ? '0' : '1',
        origin: 'phantom, "made"',
      },
    };
  });
}
const SPLIT_OF = [1, 1, 3, 2] as const;
const SPLIT_NAMES = ['', 'train', 'val', 'test'] as const;

export interface MadeSetOptions {
  readonly rows?: readonly MadeRow[];
  /** Ids of rows that get no expert mask. */
  readonly withoutMask?: readonly string[];
  /** Files that replace or add to those of the set. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
}

/** Writes a data set in the format caliper-lesions/1 and gives its folder. */
export function madeSet({ rows = madeRows(), withoutMask = [], files = {} }: MadeSetOptions = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'caliper-set-'));
  const write = (path: string, content: string | Uint8Array): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  };
  const sources = {
    beta: { dataset: 'made up', licence: 'CC0', commercial: true },
    alpha: { dataset: 'made up too', licence: 'CC BY-NC', commercial: false },
  };
  write('dataset.json', JSON.stringify({ name: 'made', version: '7', format: 'caliper-lesions/1', sources }));
  const quoted = (cell: string): string => (/[",]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
  const lines = [COLUMNS.join(','), ...rows.map((row) => COLUMNS.map((c) => quoted(row.cells[c] ?? '')).join(','))];
  write('lesions.csv', `${lines.join('\r\n')}\r\n`);
  const splits = new Map(
    rows.map(({ cells }) => [cells['Patient_index']!, SPLIT_NAMES[Number(cells['Train_Val_Test'])]!]),
  );
  write('splits.csv', ['patient,split', ...[...splits].map((s) => s.join(','))].join('\n'));
  for (const row of rows) {
    write(
      `images/${row.cells['File_name']!}`,
      greyPng(row.columns, row.rows, 16, (p) => row.hu[p]! + 32768),
    );
    if (!withoutMask.includes(row.id))
      write(
        `masks/${row.id}.png`,
        greyPng(row.columns, row.rows, 1, (p) => row.truth.bits[p]!),
      );
  }
  for (const [path, content] of Object.entries(files)) write(path, content);
  return folder;
}
