import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decode, encode, type DecodedPng } from 'fast-png';
import { countPixels, fail, ok, type Mask, type Result } from '../domain/index.js';
import { ifThere } from './if-there.js';
import type { LesionRow } from './lesion-row.js';
import type { LesionSet } from './lesion-set.js';
import type { RowProblemCode } from './problems.js';

/** 16-bit grey pictures hold HU + 32768. */
const HU_OFFSET = 32768;

/** The row's slice or crop in Hounsfield units: rows x columns of the row, row-major. */
export async function readRowHu(set: LesionSet, row: LesionRow): Promise<Result<Float32Array, RowProblemCode>> {
  const bytes = await ifThere(readFile(join(set.folder, row.imagePath)));
  if (bytes === undefined) return fail('image-missing');
  return huOfPng(bytes, row);
}

/** A slice of a set as it is on the disk: rows x columns, row-major. */
export function huOfPng(
  bytes: Uint8Array,
  { rows, columns }: { readonly rows: number; readonly columns: number },
): Result<Float32Array, RowProblemCode> {
  const png = decoded(bytes);
  if (!png) return fail('image-unreadable');
  if (png.depth !== 16 || png.channels !== 1 || png.palette) return fail('image-not-16-bit-grey');
  if (png.height !== rows || png.width !== columns) return fail('image-size-differs');
  const hu = new Float32Array(png.data.length);
  for (let p = 0; p < hu.length; p++) hu[p] = png.data[p]! - HU_OFFSET;
  return ok(hu);
}

/** The expert's mask of a row that has one (`set.masks`); never an empty one. */
export async function readExpertMask(set: LesionSet, row: LesionRow): Promise<Result<Mask, RowProblemCode>> {
  const png = decoded(await readFile(maskPath(set, row)));
  if (!png) return fail('mask-unreadable');
  if (png.depth !== 1 || png.channels !== 1 || png.palette) return fail('mask-not-1-bit');
  const { height: rows, width: columns, data } = png;
  if (rows !== row.rows || columns !== row.columns) return fail('mask-size-differs');
  const bytesARow = Math.ceil(columns / 8);
  const bits = new Uint8Array(rows * columns);
  for (let y = 0; y < rows; y++)
    for (let x = 0; x < columns; x++) bits[y * columns + x] = (data[y * bytesARow + (x >> 3)]! >> (7 - (x & 7))) & 1;
  const mask = { rows, columns, bits };
  return countPixels(mask) === 0 ? fail('mask-empty') : ok(mask);
}

/** A mask as experts' masks lie in a set: a 1-bit grey PNG. */
export function maskPng({ rows, columns, bits }: Mask): Uint8Array {
  const bytesARow = Math.ceil(columns / 8);
  const data = new Uint8Array(rows * bytesARow);
  for (let p = bits.indexOf(1); p >= 0; p = bits.indexOf(1, p + 1)) {
    const [row, column] = [Math.floor(p / columns), p % columns];
    data[row * bytesARow + (column >> 3)]! |= 0x80 >> (column & 7);
  }
  return encode({ width: columns, height: rows, data, channels: 1, depth: 1 });
}

/** The weak label of a row (0 background, 128 uncertain, 255 lesion); undefined where it has none that can be read. */
export async function readSeed(set: LesionSet, row: LesionRow): Promise<Uint8Array | undefined> {
  const bytes = await ifThere(readFile(join(set.folder, 'seeds', `${row.id}.png`)));
  const png = bytes && decoded(bytes);
  if (!png || png.depth !== 8 || png.channels !== 1 || png.height !== row.rows || png.width !== row.columns)
    return undefined;
  return Uint8Array.from(png.data);
}

export const maskPath = (set: LesionSet, row: LesionRow): string => join(set.folder, 'masks', `${row.id}.png`);

/** fast-png throws on anything that is not a sound PNG. */
function decoded(bytes: Uint8Array): DecodedPng | undefined {
  try {
    return decode(bytes, { checkCrc: true });
  } catch {
    return undefined;
  }
}
