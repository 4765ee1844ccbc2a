import type { Branded } from './units.js';

/** A DICOM tag as one number: group in the upper 16 bits, element in the lower. See `tags.ts` for those we name. */
export type Tag = Branded<number, 'tag'>;
export const tag = (groupElement: number): Tag => groupElement as Tag;

/** `(0010,0020)` as people write it. */
export const tagText = (t: Tag): string => {
  const hex = (t >>> 0).toString(16).padStart(8, '0').toUpperCase();
  return `(${hex.slice(0, 4)},${hex.slice(4)})`;
};

/**
 * A read-only map of tags, whatever it was read from (Part 10 bytes or DICOM JSON). All reads are total: what is absent or cannot be read
 * gives `undefined` or an empty list. Text is decoded by the data set's own SpecificCharacterSet (an item without one inherits), split into
 * values after decoding, trimmed of padding (spaces and NUL).
 */
export interface DataSet {
  has(tag: Tag): boolean;
  /** Value representation as stored, or from the dictionary where the encoding is implicit; undefined when absent or unknown. */
  vr(tag: Tag): string | undefined;
  /** First text value; undefined when absent or empty. Numbers (US, FD, DS ...) are given as text too. */
  text(tag: Tag): string | undefined;
  texts(tag: Tag): readonly string[];
  /** First numeric value; undefined when absent, empty or not a finite number. */
  number(tag: Tag): number | undefined;
  /** Every numeric value; a value that is no number is NaN, so positions are kept. */
  numbers(tag: Tag): readonly number[];
  /** Items of a sequence; empty when absent. */
  items(tag: Tag): readonly DataSet[];
  /** The value's bytes as stored (little endian), padding included; undefined when absent, a sequence, or not held (DICOM JSON without it). */
  bytes(tag: Tag): Uint8Array | undefined;
  /** Tags present, ascending. */
  tags(): readonly Tag[];
}
