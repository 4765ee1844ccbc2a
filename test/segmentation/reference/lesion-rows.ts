import { decode } from 'fast-png';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Mask, MethodName } from '../../../src/domain/index.js';
import type { SegmentationTask } from '../../../src/segmentation/index.js';
import { marksAt, spacingOf } from '../marks.js';

/** One row of a data set of expert masks (format caliper-lesions/1), read without the product's own loader. */
export interface LesionRow {
  readonly source: string;
  readonly task: (method: MethodName) => SegmentationTask;
  readonly truth: Mask;
}

export function validationRows(folder: string, sources: readonly string[]): LesionRow[] {
  const [header, ...lines] = readFileSync(join(folder, 'lesions.csv'), 'utf8').trimEnd().split(/\r?\n/);
  const names = fields(header!);
  return lines
    .map((line) => Object.fromEntries(fields(line).map((value, i) => [names[i]!, value])))
    .filter((row) => row['Train_Val_Test'] === '2' && sources.includes(row['source']!))
    .map((row) => rowOf(folder, row));
}

function rowOf(folder: string, row: Record<string, string>): LesionRow {
  const image = decode(readFileSync(join(folder, 'images', row['File_name']!)));
  const mask = decode(readFileSync(join(folder, 'masks', `${row['id']!}.png`)));
  const { width: columns, height: rows } = image;
  const hu = Float32Array.from(image.data, (v) => v - 32768);
  const [x1, y1, x2, y2, x3, y3, x4, y4] = numbers(row['Measurement_coordinates']!);
  const [sx, sy] = numbers(row['Spacing_mm_px_']!);
  const marks = marksAt([x1!, y1!], [x2!, y2!], [x3!, y3!], [x4!, y4!]);
  const bytesARow = Math.ceil(columns / 8);
  const bits = Uint8Array.from({ length: rows * columns }, (_, p) => {
    const x = p % columns;
    return (mask.data[Math.floor(p / columns) * bytesARow + (x >> 3)]! >> (7 - (x & 7))) & 1;
  });
  return {
    source: row['source']!,
    task: (method) => ({ hu, rows, columns, spacing: spacingOf(sx!, sy), marks, method }),
    truth: { rows, columns, bits },
  };
}

const numbers = (list: string): number[] => list.split(',').map(Number);

/** Fields of one line of RFC 4180 without line breaks inside quotes. */
const fields = (line: string): string[] =>
  [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(([, quoted, plain]) =>
    quoted === undefined ? plain! : quoted.replaceAll('""', '"'),
  );
