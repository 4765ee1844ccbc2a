import type { DataSet } from '../domain/index.js';
import type { Shortfall } from './query.js';

export interface PageSizes {
  /** Rows asked for at once. */
  readonly rows: number;
  /** Rows of the page before that are asked for again: what vanished meanwhile shows by their absence. */
  readonly overlap: number;
}

/** Some archives refuse a limit above 200. */
export const PAGE_SIZES: PageSizes = { rows: 200, overlap: 10 };

/** A page shorter than this is the last one (an archive is known that cuts to 12), but for the round numbers that somebody may have set. */
const SMALLEST_CUT = 12;
const ROUND_CUTS: ReadonlySet<number> = new Set([5, 10]);
const MAXIMUM_ROWS = 50_000;
const MAXIMUM_RESTARTS = 2;

/** What paging has gathered, and where it goes on; `offset` is undefined when it is over. */
export interface Paging {
  readonly rows: ReadonlyMap<string, DataSet>;
  readonly offset: number | undefined;
  /** Identity of the first row of all. */
  readonly first: string | undefined;
  /** How many rows of the page before are asked for again by the next. */
  readonly overlap: number;
  readonly restarts: number;
  readonly shortfalls: readonly Shortfall[];
}

export const START: Paging = { rows: new Map(), offset: 0, first: undefined, overlap: 0, restarts: 0, shortfalls: [] };

interface Page {
  /** Usable rows, in the archive's order. */
  readonly rows: readonly { readonly identity: string; readonly dataSet: DataSet }[];
  /** How many rows the answer had, the unusable ones included. */
  readonly count: number;
  /** The archive said that there are more (`Warning: 299`, PS3.18 10.6.3). */
  readonly announcesMore: boolean;
  /** This archive is known to fill its pages: a shorter one is the last. */
  readonly fillsPages: boolean;
  /** Rows of the largest page that this archive ever gave at this level: it does not cut to less. */
  readonly largest: number;
}

/**
 * The state after a page. The order of rows is promised by nobody, and rows come and go between pages: so pages overlap, rows are told apart
 * by their UIDs, and where a page does not begin with the rows that it shares with the one before (something vanished, or there is no order, and a row
 * may have slipped through) the search starts again and keeps what it has.
 */
export function afterPage(paging: Paging, page: Page, sizes: PageSizes): Paging {
  const offset = paging.offset ?? 0;
  const first = page.rows[0]?.identity;
  const rows = new Map(paging.rows);
  for (const row of page.rows) if (!rows.has(row.identity)) rows.set(row.identity, row.dataSet);
  const gathered = { ...paging, rows, first: offset === 0 ? first : paging.first };
  const over = (...shortfalls: Shortfall[]): Paging => ({
    ...gathered,
    offset: undefined,
    shortfalls: [...paging.shortfalls, ...shortfalls],
  });

  if (offset > 0 && first !== undefined && first === paging.first)
    return page.count < SMALLEST_CUT ? over() : over('offset-ignored');
  if (offset > 0 && slipped(paging, page)) {
    if (paging.restarts === MAXIMUM_RESTARTS) return over('rows-moved');
    return { ...gathered, offset: 0, overlap: 0, restarts: paging.restarts + 1 };
  }
  if (isLast(paging, page, sizes)) return over();
  // at least half of every page is new, whatever the archive cuts it to
  const overlap = Math.min(sizes.overlap, Math.floor(page.count / 2));
  const next = offset + page.count - overlap;
  return next < MAXIMUM_ROWS ? { ...gathered, offset: next, overlap } : over('too-many-rows');
}

function slipped(paging: Paging, page: Page): boolean {
  // rows that cannot be told apart are not counted
  const shared = page.rows.slice(0, page.rows.length === page.count ? Math.max(1, paging.overlap) : 1);
  return page.count === 0 || shared.some((row) => !paging.rows.has(row.identity));
}

function isLast(paging: Paging, page: Page, sizes: PageSizes): boolean {
  if (page.announcesMore && page.count > 0) return false;
  // more than was asked for: the limit is ignored, and everything was given; no more than was asked for again: nothing came after it
  if (page.count > sizes.rows || page.count <= paging.overlap) return true;
  if (page.count === sizes.rows) return false;
  return page.fillsPages || (page.count < SMALLEST_CUT && !mayBeCut(page));
}

const mayBeCut = ({ count, largest }: Page): boolean => ROUND_CUTS.has(count) && count >= largest;
