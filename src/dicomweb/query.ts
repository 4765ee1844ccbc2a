import type { DataSet } from '../domain/index.js';

export type Level = 'studies' | 'series' | 'instances';

/**
 * Matching keys of one search (QIDO-RS, PS3.18 10.6) by their keywords in PS3.6: a value, a comma list of UIDs, a range of dates
 * (`20260101-20260131`), `*` and `?`. Never a person's name. Study and series UID become part of the path where the level allows it.
 */
export type Query = Readonly<Record<string, string>>;

export interface SearchOptions {
  /** Keywords of attributes to be answered beside those of the standard and the keys. */
  readonly include?: readonly string[];
}

/** Why an answer may not hold every row that fits. */
export type Shortfall =
  /** A key that bounds the search is ignored; reading on would read the whole archive. */
  | 'key-ignored'
  /** `offset` is ignored, only the first page was given. */
  | 'offset-ignored'
  /** The rows moved between the pages, three times in a row. */
  | 'rows-moved'
  /** There are more rows than are read. */
  | 'too-many-rows'
  /** A row without the UID that the search is for, with one that cannot be asked for, or no data set of DICOM JSON; it is left out. */
  | 'row-unusable';

export interface SearchAnswer {
  /** Rows that fit what was asked, each UID once. */
  readonly rows: readonly DataSet[];
  /** Keywords of keys whose rows do not fit: the archive does not filter by them. */
  readonly ignoredKeys: readonly string[];
  readonly shortfalls: readonly Shortfall[];
  readonly requests: number;
}
