import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { encode } from 'fast-png';
import { fail, ok, type Agreement, type MethodName, type Result } from '../domain/index.js';
import { csvText } from './csv.js';
import { DEEPLESION_COLUMNS, OWN_COLUMNS, type LesionRow } from './lesion-row.js';
import type { LesionSet } from './lesion-set.js';
import { maskPath } from './row-pictures.js';

/** The weak label of a row: 0 background, 255 lesion, 128 uncertain; rows x columns of its image. */
export interface RowSeed {
  readonly labels: Uint8Array;
  readonly agreement: Agreement;
  /** The method that made it: a fallback is another one than was asked for. */
  readonly method: MethodName;
}

export interface LesionSetWriter {
  /** Copies the row's image, and its expert mask where it has one, and writes its seed; rows may come in any order. */
  add(row: LesionRow, seed: RowSeed | undefined): Promise<void>;
  /** Writes the tables: without this call the folder is no data set. */
  close(generator: { readonly name: string; readonly version: string }): Promise<void>;
}

/**
 * A caliper-lesions/1 folder with the rows of `from` and a seed mask for each: `lesions.csv` gets the seed's `agreement` and a last column
 * `method`. Same rows and seeds, same bytes. Refuses a folder that has anything in it.
 */
export async function createLesionSet(
  folder: string,
  from: LesionSet,
): Promise<Result<LesionSetWriter, 'folder-not-empty'>> {
  await mkdir(folder, { recursive: true });
  if ((await readdir(folder)).length > 0) return fail('folder-not-empty');
  const added: { readonly row: LesionRow; readonly seed: RowSeed | undefined }[] = [];
  const digests = new Map<string, string>();

  async function write(path: string, content: string | Uint8Array): Promise<void> {
    const bytes = typeof content === 'string' ? Buffer.from(content, 'utf8') : content;
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), bytes);
    digests.set(path, sha256(bytes));
  }
  async function copy(source: string, path: string): Promise<void> {
    if (digests.has(path)) return;
    digests.set(path, sha256(await readFile(source)));
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await copyFile(source, join(folder, path), constants.COPYFILE_FICLONE);
  }

  return ok({
    async add(row, seed) {
      await copy(join(from.folder, row.imagePath), `images/${row.record.get('File_name')!}`);
      if (from.masks.has(row.id)) await copy(maskPath(from, row), `masks/${row.id}.png`);
      if (seed) await write(`seeds/${row.id}.png`, seedPng(row, seed));
      added.push({ row, seed });
    },
    async close(generator) {
      const order = new Map(from.rows.map((row, i) => [row.id, i]));
      added.sort((a, b) => order.get(a.row.id)! - order.get(b.row.id)!);
      await write('lesions.csv', lesionsCsv(added));
      const splits = new Map(added.map(({ row }) => [row.patient, row.split]));
      await write('splits.csv', csvText([['patient', 'split'], ...splits]));
      await write('dataset.json', `${JSON.stringify(descriptionOf(from, added, generator), null, 1)}\n`);
      const sums = [...digests].sort(([a], [b]) => (a < b ? -1 : 1)).map(([path, digest]) => `${digest}  ${path}\n`);
      await writeFile(join(folder, 'SHA256SUMS'), sums.join(''));
    },
  });
}

type Added = { readonly row: LesionRow; readonly seed: RowSeed | undefined };

function lesionsCsv(added: readonly Added[]): string {
  const header = [...DEEPLESION_COLUMNS, ...OWN_COLUMNS];
  const records = added.map(({ row, seed }) => {
    const cells = header.map((column) =>
      column === 'agreement' ? (seed?.agreement.toFixed(4) ?? '') : (row.record.get(column) ?? ''),
    );
    return [...cells, seed?.method ?? ''];
  });
  return csvText([[...header, 'method'], ...records]);
}

const descriptionOf = (
  from: LesionSet,
  added: readonly Added[],
  generator: { readonly name: string; readonly version: string },
) => ({
  name: `${from.name}-seeds`,
  version: from.version ?? '1',
  format: 'caliper-lesions/1',
  coordinates: 'zero-based',
  generator,
  made_from: { name: from.name, version: from.version ?? null },
  counts: {
    rows: added.length,
    seeds: added.filter((a) => a.seed).length,
    lesions: new Set(added.map((a) => a.row.lesion)).size,
    patients: new Set(added.map((a) => a.row.patient)).size,
  },
  sources: Object.fromEntries(from.sources.map(({ name, ...note }) => [name, note])),
});

const seedPng = (row: LesionRow, seed: RowSeed): Uint8Array =>
  encode({ width: row.columns, height: row.rows, data: seed.labels, channels: 1, depth: 8 });

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
