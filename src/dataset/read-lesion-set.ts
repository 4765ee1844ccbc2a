import { isUtf8 } from 'node:buffer';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fail, ok, type Result } from '../domain/index.js';
import { parseCsv, type CsvRecord } from './csv.js';
import { DEEPLESION_NOTE } from './deeplesion-note.js';
import { deepLesionRowOf } from './deeplesion-row.js';
import { ifThere } from './if-there.js';
import { DEEPLESION_COLUMNS, lesionRowOf, OWN_COLUMNS, SPLITS, type LesionRow, type Split } from './lesion-row.js';
import type { LesionSet, LesionSetProblem, SourceNote } from './lesion-set.js';
import type { RowProblem } from './problems.js';

/**
 * Reads the tables of a data set: caliper-lesions/1, or DeepLesion as it is distributed where there is no dataset.json. Pictures are read row by
 * row (`row-pictures.ts`). Errors: no folder of either kind; a table that is not RFC 4180 in UTF-8 or lacks a column. A row that cannot be
 * read is refused alone.
 */
export async function readLesionSet(folder: string): Promise<Result<LesionSet, LesionSetProblem>> {
  const description = await textOf(folder, 'dataset.json');
  if (!description.ok) return description;
  return description.value === undefined ? readDeepLesion(folder) : readCaliperLesions(folder, description.value);
}

async function readCaliperLesions(folder: string, json: string): Promise<Result<LesionSet, LesionSetProblem>> {
  const description = descriptionOf(json);
  if (!description.ok) return description;
  const splits = await readSplits(folder);
  if (!splits.ok) return splits;
  const table = await readTable(folder, 'lesions.csv', [...DEEPLESION_COLUMNS, ...OWN_COLUMNS]);
  if (!table.ok) return table;
  const seen = new Set<string>();
  const { rows, refused } = rowsOf(table.value, (record) => {
    const row = lesionRowOf(record, (patient) => splits.value.get(patient));
    if (!row.ok) return row;
    if (seen.has(row.value.id)) return fail({ column: 'id', code: 'id-twice' as const });
    seen.add(row.value.id);
    return row;
  });
  return ok({
    folder,
    format: 'caliper-lesions/1',
    ...description.value,
    rows,
    table: 'lesions.csv',
    refused,
    masks: await masksIn(folder),
  });
}

async function readDeepLesion(folder: string): Promise<Result<LesionSet, LesionSetProblem>> {
  const table = await readTable(folder, 'DL_info.csv', DEEPLESION_COLUMNS);
  if (!table.ok)
    return table.error.line === undefined && table.error.says === NOT_THERE
      ? fail({
          file: folder,
          line: undefined,
          says: 'neither dataset.json (caliper-lesions/1) nor DL_info.csv (DeepLesion) is there',
        })
      : table;
  const ordinals = new Map<string, number>();
  const { rows, refused } = rowsOf(table.value, (record) => {
    const name = record.get('File_name') ?? '';
    const ordinal = (ordinals.get(name) ?? 0) + 1;
    ordinals.set(name, ordinal);
    return deepLesionRowOf(record, ordinal);
  });
  return ok({
    folder,
    format: 'deeplesion',
    name: 'DeepLesion',
    version: undefined,
    sources: [DEEPLESION_NOTE],
    rows,
    table: 'DL_info.csv',
    refused,
    masks: new Set(),
  });
}

type RowReader = (record: ReadonlyMap<string, string>) => Result<LesionRow, Omit<RowProblem, 'line'>>;

function rowsOf(
  { header, records }: Table,
  read: RowReader,
): { rows: readonly LesionRow[]; refused: readonly RowProblem[] } {
  const rows: LesionRow[] = [];
  const refused: RowProblem[] = [];
  for (const { line, fields } of records) {
    if (fields.length !== header.length) {
      refused.push({ line, column: undefined, code: 'row-incomplete' });
      continue;
    }
    const row = read(new Map(header.map((name, i) => [name, fields[i]!])));
    if (row.ok) rows.push(row.value);
    else refused.push({ line, ...row.error });
  }
  return { rows, refused };
}

interface Table {
  readonly header: readonly string[];
  readonly records: readonly CsvRecord[];
}

async function readTable(
  folder: string,
  file: string,
  needed: readonly string[],
): Promise<Result<Table, LesionSetProblem>> {
  const text = await textOf(folder, file);
  if (!text.ok) return text;
  if (text.value === undefined) return fail({ file, line: undefined, says: NOT_THERE });
  const records = parseCsv(text.value);
  if (!records.ok) return fail({ file, ...records.error });
  const [header, ...rest] = records.value;
  if (!header) return fail({ file, line: undefined, says: 'is empty' });
  const lacking = needed.filter((column) => !header.fields.includes(column));
  if (lacking.length > 0) return fail({ file, line: header.line, says: `lacks the column ${lacking.join(', ')}` });
  return ok({ header: header.fields, records: rest });
}

async function readSplits(folder: string): Promise<Result<ReadonlyMap<string, Split>, LesionSetProblem>> {
  const file = 'splits.csv';
  const table = await readTable(folder, file, ['patient', 'split']);
  if (!table.ok) return table;
  const { header, records } = table.value;
  const splits = new Map<string, Split>();
  for (const { line, fields } of records) {
    const patient = fields[header.indexOf('patient')];
    const split = SPLITS.find((s) => s === fields[header.indexOf('split')]);
    if (patient === undefined || patient === '' || !split)
      return fail({ file, line, says: 'is not a patient and one of train, val, test' });
    if (splits.has(patient) && splits.get(patient) !== split)
      return fail({ file, line, says: 'puts a patient into a second split' });
    splits.set(patient, split);
  }
  return ok(splits);
}

function descriptionOf(
  json: string,
): Result<{ name: string; version: string | undefined; sources: readonly SourceNote[] }, LesionSetProblem> {
  const file = 'dataset.json';
  const refused = (says: string) => fail({ file, line: undefined, says });
  let read: unknown;
  try {
    read = JSON.parse(json);
  } catch {
    return refused('is not JSON');
  }
  if (!isRecord(read)) return refused('is not an object');
  if (read['format'] !== 'caliper-lesions/1') return refused('has another format than caliper-lesions/1');
  // absent in sets made before the key was: the format itself is zero-based
  if (read['coordinates'] !== undefined && read['coordinates'] !== 'zero-based')
    return refused('has coordinates that are not zero-based');
  const name = read['name'];
  if (typeof name !== 'string' || name === '') return refused('has no name');
  const version = read['version'];
  return ok({
    name,
    version: typeof version === 'string' ? version : undefined,
    sources: isRecord(read['sources']) ? Object.entries(read['sources']).map(([n, note]) => sourceNote(n, note)) : [],
  });
}

function sourceNote(name: string, note: unknown): SourceNote {
  const of = isRecord(note) ? note : {};
  const text = (key: string): string | undefined => {
    const value = of[key];
    return typeof value === 'string' ? value : undefined;
  };
  const commercial = of['commercial'];
  return {
    name,
    dataset: text('dataset'),
    licence: text('licence'),
    commercial: typeof commercial === 'boolean' ? commercial : undefined,
    citation: text('citation'),
  };
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const NOT_THERE = 'is not there';

/** A file's text; undefined where there is no such file. Throws where it may not be opened. */
async function textOf(folder: string, file: string): Promise<Result<string | undefined, LesionSetProblem>> {
  const bytes = await ifThere(readFile(join(folder, file)));
  if (bytes === undefined) return ok(undefined);
  return isUtf8(bytes) ? ok(bytes.toString('utf8')) : fail({ file, line: undefined, says: 'is not UTF-8' });
}

async function masksIn(folder: string): Promise<ReadonlySet<string>> {
  const names = (await ifThere(readdir(join(folder, 'masks')))) ?? [];
  return new Set(names.filter((name) => name.endsWith('.png')).map((name) => name.slice(0, -'.png'.length)));
}
