import { createHash } from 'node:crypto';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import {
  deepLesionPlaces,
  deepLesionTable,
  harvestedTable,
  ifThere,
  namedRows,
  splitsTable,
  type HarvestedRow,
} from '../dataset/index.js';
import { agreement, KERNEL_REVISION, mm, pixelIndex } from '../domain/index.js';
import type { AssembledRow, AssembledSet } from './assemble.js';
import { AtOnce, together } from './at-once.js';
import { contactSheet } from './contact-sheet.js';
import { datasheet } from './datasheet.js';
import { DICOM_FOLDER, exportDicom } from './dicom-export/export-dicom.js';
import { moveBack, moved, syncFolder, writeDurably } from './durable-files.js';
import type { PointPair } from './entries.js';
import { provenanceLine } from './provenance.js';
import type { Pseudonyms } from './pseudonyms.js';
import { imagePath, maskPath, seedPath, sliceName } from './set-files.js';
import type { HarvestPlan } from './settings.js';
import type { Moves, WorkState } from './work-state.js';

/** Folders in which pictures lie; nothing else in the set is ever deleted. */
const PICTURE_FOLDERS = ['images', 'Images_png', 'masks', 'seeds', DICOM_FOLDER];

/**
 * Makes the set of what was taken: pictures that belong to no row go, tables and papers are written, and every file's digest stands in SHA256SUMS. May be
 * interrupted anywhere and done again.
 */
export async function finishSet(
  set: AssembledSet,
  plan: HarvestPlan,
  names: Pseudonyms,
  state: WorkState,
): Promise<void> {
  // first, so that a patient never gets a second split because of a power cut
  await state.writeRegistry(set.registry);
  const rows = set.rows.map(harvestedRow);
  const dicom = plan.scope.dicom === 'beside' ? await exportDicom(set, plan.out, names) : [];
  const form = plan.scope.form === 'deeplesion' ? await asDeepLesion(set, rows, plan.out, state) : ownForm(set, rows);
  await deleteOthers(plan.out, new Set([...form.pictures, ...dicom]));

  const write = (name: string, content: string) => writeDurably(join(plan.out, name), content);
  for (const [name, content] of form.tables) await write(name, content);
  if (plan.scope.form === 'caliper-lesions') await write('dataset.json', description(set, plan));
  await write('funnel.json', funnelText(set, plan));
  await write('datasheet.md', datasheet(set, plan));
  await write('provenance.jsonl', set.rows.map((row) => provenanceLine(row, plan, form.fileOf(row))).join(''));
  await write('contact-sheet.html', await contactSheet(plan.out, plan.description, form.agreements, names));
  await write('SHA256SUMS', await digests(plan.out));
  for (const path of [...PICTURE_FOLDERS, '.'])
    if (await ifThere(readdir(join(plan.out, path)))) await syncFolder(join(plan.out, path));
}

interface FormedSet {
  readonly tables: ReadonlyMap<string, string>;
  readonly pictures: ReadonlySet<string>;
  /** By the ids by which a reader of the set knows its rows. */
  readonly agreements: ReadonlyMap<string, number>;
  /** The row's image, as the table names it. */
  fileOf(row: AssembledRow): string;
}

function ownForm(set: AssembledSet, rows: readonly HarvestedRow[]): FormedSet {
  const pictures = new Set<string>();
  for (const { row } of set.rows) {
    for (const number of row.image.taken) pictures.add(imagePath(row.image.folder, number));
    pictures.add(seedPath(row.id));
    if (row.expert) pictures.add(maskPath(row.id));
  }
  return {
    tables: new Map([
      ['lesions.csv', harvestedTable(rows)],
      ['splits.csv', splitsTable(rows)],
    ]),
    pictures,
    agreements: new Map(set.rows.map(({ row }) => [row.id, row.agreement])),
    fileOf: ({ row }) => `${row.image.folder}/${sliceName(row.image.number)}`,
  };
}

/** Folders and seeds get DeepLesion's names; what was called how is written down first, so that a harvest that goes on finds its files. */
async function asDeepLesion(
  set: AssembledSet,
  rows: readonly HarvestedRow[],
  out: string,
  state: WorkState,
): Promise<FormedSet> {
  const places = deepLesionPlaces(rows);
  const named = namedRows(rows, places);
  const files = new Map(named.map(({ row, file }) => [row.id, file]));
  const moves: Moves = [
    ...[...places].map(([series, { name }]) => [`images/${series}`, `Images_png/${name}`] as const),
    ...named.map(({ row, id }) => [seedPath(row.id), seedPath(id)] as const),
  ];
  await state.writeMoves(moves);
  for (const [from, to] of moves) await moved(join(out, from), join(out, to));
  const pictures = new Set(named.map(({ id }) => seedPath(id)));
  for (const { row } of set.rows)
    for (const number of row.image.taken)
      pictures.add(`Images_png/${places.get(row.image.folder)!.name}/${sliceName(number)}`);
  return {
    tables: new Map([
      ['DL_info.csv', deepLesionTable(rows, places)],
      ['splits.csv', splitsTable(rows)],
    ]),
    pictures,
    agreements: new Map(named.map(({ row, id }) => [id, row.agreement])),
    fileOf: ({ row }) => files.get(row.id)!,
  };
}

/** Gives pictures the names back that they have while a harvest works. To be called when nobody else writes there. */
export async function restoreWorkingNames(out: string, state: WorkState): Promise<void> {
  const moves = await state.readMoves();
  if (!moves) return;
  await moveBack(out, moves);
  await state.forgetMoves();
}

async function deleteOthers(out: string, pictures: ReadonlySet<string>): Promise<void> {
  for (const folder of PICTURE_FOLDERS)
    for (const path of await filesBelow(join(out, folder))) {
      const inSet = relative(out, path);
      if (!pictures.has(inSet)) await rm(path);
    }
  for (const folder of PICTURE_FOLDERS) await deleteEmpty(join(out, folder));
  for (const entry of (await ifThere(readdir(out, { withFileTypes: true }))) ?? [])
    if (entry.isFile() && entry.name.endsWith('.part')) await rm(join(out, entry.name));
}

async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = (await ifThere(readdir(folder, { recursive: true, withFileTypes: true }))) ?? [];
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

async function deleteEmpty(folder: string): Promise<void> {
  const entries = await ifThere(readdir(folder, { withFileTypes: true }));
  if (!entries) return;
  for (const entry of entries) if (entry.isDirectory()) await deleteEmpty(join(folder, entry.name));
  if ((await readdir(folder)).length === 0) await rm(folder, { recursive: true });
}

const ends = ([x1, y1, x2, y2]: PointPair) => [pixelIndex(x1, y1), pixelIndex(x2, y2)] as const;

const harvestedRow = ({ row, read, patient, lesion, isKey }: AssembledRow): HarvestedRow => ({
  id: row.id,
  source: row.source,
  lesion,
  isKey,
  patient: patient.pseudonym,
  study: row.image.study,
  series: row.image.series,
  split: patient.split,
  folder: row.image.folder,
  slice: row.image.number,
  range: row.image.range,
  rows: row.image.rows,
  columns: row.image.columns,
  spacing: { betweenColumns: mm(row.image.betweenColumns), betweenRows: mm(row.image.betweenRows) },
  intervalMm: row.image.intervalMm,
  marks: { longAxis: ends(row.longAxis), shortAxis: row.shortAxis === null ? undefined : ends(row.shortAxis) },
  coarseType: row.coarseType,
  window: row.image.window,
  sex: row.sex,
  ageYears: row.ageYears,
  agreement: agreement(row.agreement),
  method: row.method,
  origin: `${row.expert ? `reviewed ${row.expert.contour}, ` : ''}${read.reportKind} ${row.shape}`,
  expert: row.expert && {
    marks: {
      longAxis: ends(row.expert.longAxis),
      shortAxis: row.expert.shortAxis ? ends(row.expert.shortAxis) : undefined,
    },
    areaPx: row.expert.areaPx,
  },
});

const scopeOf = ({ scope, sources }: HarvestPlan) => ({
  from: scope.from ?? null,
  to: scope.to ?? null,
  sources: sources.map((s) => s.name),
  limit: scope.limit ?? null,
});

function description(set: AssembledSet, plan: HarvestPlan): string {
  const { description: said } = plan;
  const note = {
    dataset: said.name,
    licence: said.licence ?? null,
    commercial: said.commercial ?? null,
    citation: said.citation ?? null,
    approval: said.approval ?? null,
  };
  const used = [...new Set(set.rows.map(({ row }) => row.source))].sort();
  return `${JSON.stringify(
    {
      name: said.name,
      version: said.version,
      format: 'caliper-lesions/1',
      coordinates: 'zero-based',
      harvested: scopeOf(plan),
      generator: { name: 'caliper harvest', version: plan.softwareVersion, kernel_revision: KERNEL_REVISION },
      context_mm: plan.scope.contextMm,
      counts: {
        rows: set.rows.length,
        lesions: new Set(set.rows.map((r) => r.lesion)).size,
        patients: new Set(set.rows.map((r) => r.patient.pseudonym)).size,
      },
      sources: Object.fromEntries(used.map((name) => [name, note])),
    },
    null,
    1,
  )}\n`;
}

const funnelText = (set: AssembledSet, plan: HarvestPlan): string =>
  `${JSON.stringify(
    {
      format: 'caliper-funnel/1',
      scope: scopeOf(plan),
      windows: set.partitions,
      stages: set.stages,
      withdrawn: set.withdrawn,
    },
    null,
    1,
  )}\n`;

/** Files of the set that are read at a time. */
const READ_AT_ONCE = 8;

async function digests(out: string): Promise<string> {
  const paths = (await filesBelow(out)).filter((path) => relative(out, path) !== 'SHA256SUMS');
  const reading = new AtOnce(READ_AT_ONCE);
  const lines = await together(
    paths.map((path) => reading.run(async () => `${await digestOf(path)}  ${relative(out, path)}\n`)),
  );
  return [...lines].sort((a, b) => (a.slice(66) < b.slice(66) ? -1 : 1)).join('');
}

const digestOf = async (path: string): Promise<string> =>
  createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
