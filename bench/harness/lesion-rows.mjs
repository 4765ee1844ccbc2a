import { decode } from 'fast-png';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The collection that only some checkouts have beside them; CALIPER_SHARED names another place. */
export const sharedFolder = () =>
  process.env.CALIPER_SHARED ?? fileURLToPath(new URL('../../../shared', import.meta.url));

/**
 * Rows of a data set of format caliper-lesions/1 with their pictures: `{ id, source, split, hu, rows, columns, spacing, ends, truth }`; `ends` are
 * the eight numbers of the observer's marks, `truth` the expert's bits, absent where there is no expert mask.
 */
export function* lesionRows(folder, wanted) {
  for (const row of csvRows(join(folder, 'lesions.csv'))) if (wanted(row)) yield withPictures(folder, row);
}

/** Rows of a CSV file with a header (RFC 4180, no line breaks inside quotes), as objects of texts. */
export function csvRows(path) {
  const [header, ...lines] = readFileSync(path, 'utf8').trimEnd().split(/\r?\n/);
  const names = fields(header);
  return lines.map((line) => Object.fromEntries(fields(line).map((value, i) => [names[i], value])));
}

export const numbers = (list) => list.split(',').map(Number);

/** One bit a pixel, as PNG packs them, to one byte a pixel. */
export function bitsOf({ width, height, data, depth }) {
  if (depth === 8) return Uint8Array.from(data, (v) => (v > 0 ? 1 : 0));
  const bytesARow = Math.ceil(width / 8);
  return Uint8Array.from({ length: width * height }, (_, p) => {
    const x = p % width;
    return (data[Math.floor(p / width) * bytesARow + (x >> 3)] >> (7 - (x & 7))) & 1;
  });
}

/**
 * A task for the kernels from a row: `scale` moves the marks' ends towards (below 1) or away from the middle of the four, as readers mark shorter
 * or longer.
 */
export function taskOf({ hu, rows, columns, spacing, ends }, method, scale = 1) {
  return { hu, rows, columns, spacing, marks: marksOf(ends, scale), method };
}

export function marksOf(ends, scale = 1) {
  const middle = {
    column: (ends[0] + ends[2] + ends[4] + ends[6]) / 4,
    row: (ends[1] + ends[3] + ends[5] + ends[7]) / 4,
  };
  const end = (i) => ({
    column: middle.column + (ends[i] - middle.column) * scale,
    row: middle.row + (ends[i + 1] - middle.row) * scale,
  });
  return { longAxis: [end(0), end(2)], shortAxis: [end(4), end(6)] };
}

function withPictures(folder, row) {
  const image = decode(readFileSync(join(folder, 'images', row.File_name)));
  const mask = join(folder, 'masks', `${row.id}.png`);
  const [betweenColumns, betweenRows] = numbers(row.Spacing_mm_px_);
  return {
    id: row.id,
    source: row.source,
    split: { 1: 'train', 2: 'val', 3: 'test' }[row.Train_Val_Test],
    hu: Float32Array.from(image.data, (v) => v - 32768),
    rows: image.height,
    columns: image.width,
    spacing: { betweenColumns, betweenRows },
    ends: numbers(row.Measurement_coordinates),
    truth: existsSync(mask) ? bitsOf(decode(readFileSync(mask))) : undefined,
  };
}

const fields = (line) =>
  [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(([, quoted, plain]) =>
    quoted === undefined ? plain : quoted.replaceAll('""', '"'),
  );
