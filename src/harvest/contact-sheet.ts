import { readLesionSet, readRowHu, readSeed, type LesionRow, type LesionSet } from '../dataset/index.js';
import { contactSheetHtml, type SheetCard, type SheetGroup } from '../pictures/index.js';
import type { Pseudonyms } from './pseudonyms.js';
import type { SetDescription } from './settings.js';

/** Rows that each group shows. */
const SHOWN = 12;

/** Random rows, and those whose label re-measures best and worst, drawn from the set as a reader reads it: what cannot be read back stops the harvest. */
export async function contactSheet(
  folder: string,
  said: SetDescription,
  agreements: ReadonlyMap<string, number>,
  names: Pseudonyms,
): Promise<string> {
  const read = await readLesionSet(folder);
  if (!read.ok) throw new Error(`the set that was written cannot be read: ${read.error.file} ${read.error.says}`);
  const set = read.value;
  if (set.refused[0]) throw new Error(`the set that was written has a row that cannot be read: ${set.refused[0].code}`);
  const rows = set.rows.map((row): ScoredRow => ({ row, agreement: agreements.get(row.id) ?? 0 }));
  const byChance = [...rows].sort((a, b) => compare(names.of('sample', a.row.id), names.of('sample', b.row.id)));
  const byAgreement = [...rows].sort((a, b) => b.agreement - a.agreement || compare(a.row.id, b.row.id));
  const groups: SheetGroup[] = [];
  for (const [title, chosen] of [
    ['At random', byChance.slice(0, SHOWN)],
    ['Highest agreement', byAgreement.slice(0, SHOWN)],
    ['Lowest agreement', byAgreement.slice(-SHOWN).reverse()],
  ] as const)
    groups.push({ title, cards: await Promise.all(chosen.map((one) => cardOf(set, one))) });
  return contactSheetHtml(
    `${said.name} ${said.version}: contact sheet`,
    [
      `${rows.length} rows. Marks as they were drawn: long axis blue, short axis orange. The seed mask's certain part: yellow.`,
    ],
    groups,
  );
}

interface ScoredRow {
  readonly row: LesionRow;
  readonly agreement: number;
}

async function cardOf(set: LesionSet, { row, agreement }: ScoredRow): Promise<SheetCard> {
  const hu = await readRowHu(set, row);
  if (!hu.ok) throw new Error(`a picture that was written cannot be read: ${hu.error}`);
  const seed = await readSeed(set, row);
  return {
    lines: [row.id, `agreement ${agreement.toFixed(2)}, ${row.split}`],
    slice: { hu: hu.value, plane: { rows: row.rows, columns: row.columns } },
    marks: row.observerMarks,
    mask: seed && { rows: row.rows, columns: row.columns, bits: seed.map((label) => (label === 255 ? 1 : 0)) },
  };
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
