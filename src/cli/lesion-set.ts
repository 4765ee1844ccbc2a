import { readLesionSet, ROW_PROBLEMS, type LesionSet, type RowProblemCode } from '../dataset/index.js';
import type { Terminal } from './terminal.js';

/** How many refused rows are named one by one. */
const MOST_NAMED = 10;

/** Reads a data set and says what of it could not be read; undefined where it is none, which has been said too. */
export async function openLesionSet(folder: string, terminal: Terminal): Promise<LesionSet | undefined> {
  const read = await readLesionSet(folder);
  if (!read.ok) {
    const { file, line, says } = read.error;
    terminal.err(`${file}${line === undefined ? '' : `, line ${line}`}: ${says}`);
    return undefined;
  }
  const set = read.value;
  for (const { line, column, code } of set.refused.slice(0, MOST_NAMED))
    terminal.err(`${set.table}, line ${line}${column === undefined ? '' : `, ${column}`}: ${ROW_PROBLEMS[code]}`);
  if (set.refused.length > 0) terminal.err(`${set.refused.length} rows of ${set.table} could not be read`);
  return set;
}

export const setName = (set: LesionSet): string =>
  set.version === undefined ? set.name : `${set.name} ${set.version}`;

/** Rows that were left out, by reason. */
export function tellLeftOut(codes: Iterable<readonly [RowProblemCode, number]>, terminal: Terminal): void {
  for (const [code, count] of codes) terminal.err(`${count} rows left out (${code}): ${ROW_PROBLEMS[code]}`);
}
