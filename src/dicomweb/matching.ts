import { tagOf, vrOf } from '../dicom/index.js';
import type { DataSet, Tag } from '../domain/index.js';

/** `not-answered`: the row does not hold the attribute, or in a form that cannot be compared. */
type Fit = 'fits' | 'differs' | 'not-answered';

/**
 * Whether a row of a search fits one of the keys it was asked with (PS3.4 C.2.2.2: single value, list of UIDs, wild card, range of dates).
 * Times and names are not compared: archives differ in how they match them.
 */
export function fitOf(row: DataSet, keyword: string, asked: string): Fit {
  const tag = keyTag(keyword);
  const values = row.texts(tag).filter((value) => value !== '');
  if (values.length === 0) return 'not-answered';
  switch (vrOf(tag)) {
    case 'PN':
    case 'TM':
    case 'DT':
    case 'SQ':
      return 'not-answered';
    case 'DA':
      return dateFit(values, asked);
    case 'UI':
      return asked.split(/[,\\]/).some((uid) => values.includes(uid)) ? 'fits' : 'differs';
    default:
      return asked.split(',').some((pattern) => values.some((value) => wildcardFit(value, pattern)))
        ? 'fits'
        : 'differs';
  }
}

/** The tag of a key; an unknown keyword is a mistake of ours. */
export function keyTag(keyword: string): Tag {
  const tag = tagOf(keyword);
  if (tag === undefined) throw new Error(`not a keyword of PS3.6: ${keyword}`);
  return tag;
}

export const isUidKey = (keyword: string): boolean => vrOf(keyTag(keyword)) === 'UI';

/** Whether a key keeps a search small: without it, the answer could be the whole archive. */
export const isBound = (keyword: string): boolean => ['UI', 'DA'].includes(vrOf(keyTag(keyword)) ?? '');

function dateFit(values: readonly string[], asked: string): Fit {
  const range = /^(\d{8})?(-)?(\d{8})?$/.exec(asked);
  // ACR-NEMA wrote dates with dots (PS3.5 6.2, note)
  const dates = values.map((value) => value.replaceAll('.', '')).filter((value) => /^\d{8}$/.test(value));
  if (range === null || dates.length === 0) return 'not-answered';
  const from = range[1] ?? '00000000';
  const to = range[3] ?? (range[2] === undefined ? from : '99999999');
  return dates.some((date) => date >= from && date <= to) ? 'fits' : 'differs';
}

function wildcardFit(value: string, pattern: string): boolean {
  const literal = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${literal.replaceAll('*', '.*').replaceAll('?', '.')}$`, 'is').test(value);
}
