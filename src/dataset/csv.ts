import { fail, ok, type Result } from '../domain/index.js';

/** One record of a table as text. `line` counts from 1: where the record begins in its file. */
export interface CsvRecord {
  readonly line: number;
  readonly fields: readonly string[];
}

export interface CsvProblem {
  readonly line: number;
  readonly says: string;
}

/**
 * Reads RFC 4180: fields in quotes may hold commas, line breaks and doubled quotes; lines end in CRLF or LF; the last line break may be
 * missing. Empty lines are no records. A byte order mark in front is not part of the first field. Refused: a quote that is not closed, a quote
 * inside a field without quotes, and text after a closing quote, since each says that fields and columns no longer fit.
 */
export function parseCsv(text: string): Result<readonly CsvRecord[], CsvProblem> {
  const records: CsvRecord[] = [];
  let at = text.startsWith('\uFEFF') ? 1 : 0;
  let line = 1;
  while (at < text.length) {
    const first = line;
    const start = at;
    const fields: string[] = [];
    for (;;) {
      let field: string;
      if (text[at] === '"') {
        const close = closingQuote(text, at + 1);
        if (close === undefined) return fail({ line: first, says: 'a quote is not closed' });
        const quoted = text.slice(at + 1, close);
        line += quoted.split('\n').length - 1;
        field = quoted.replaceAll('""', '"');
        at = close + 1;
        if (at < text.length && text[at] !== ',' && lineBreakAt(text, at) === 0)
          return fail({ line, says: 'there is text after a closing quote' });
      } else {
        const end = plainEnd(text, at);
        field = text.slice(at, end);
        if (field.includes('"')) return fail({ line, says: 'a quote stands inside a field that is not quoted' });
        at = end;
      }
      fields.push(field);
      if (text[at] !== ',') break;
      at++;
    }
    const empty = at === start;
    at += lineBreakAt(text, at);
    line++;
    if (!empty) records.push({ line: first, fields });
  }
  return ok(records);
}

function closingQuote(text: string, from: number): number | undefined {
  for (let at = text.indexOf('"', from); at >= 0; at = text.indexOf('"', at + 2)) if (text[at + 1] !== '"') return at;
  return undefined;
}

function plainEnd(text: string, from: number): number {
  let at = from;
  while (at < text.length && text[at] !== ',' && lineBreakAt(text, at) === 0) at++;
  return at;
}

/** Length of the line break at a place; 0 where there is none. A carriage return alone is none. */
const lineBreakAt = (text: string, at: number): number =>
  text[at] === '\n' ? 1 : text[at] === '\r' && text[at + 1] === '\n' ? 2 : 0;

/** Writes RFC 4180 with LF, as DeepLesion does; fields are quoted where they must be. */
export const csvText = (records: readonly (readonly string[])[]): string =>
  records.map((fields) => `${fields.map(quotedWhereNeeded).join(',')}\n`).join('');

const quotedWhereNeeded = (field: string): string =>
  /[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
