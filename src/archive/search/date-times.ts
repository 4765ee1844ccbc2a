/**
 * Dates and times of DICOM as spans of time (PS3.5 6.2): a value of less precision covers all that it may mean, so `2025` is the whole year
 * and `10` the whole hour. Text of one VR and one width compares as text does; nothing is converted to a Date.
 */
interface Span {
  readonly first: string;
  readonly last: string;
}

export type DateTimeVr = 'DA' | 'TM' | 'DT';

/** The span of one stored or asked value; undefined when the text is not of the VR. `zone` is (0008,0201), for a DT without its own. */
export function spanOf(vr: DateTimeVr, text: string, zone?: string): Span | undefined {
  switch (vr) {
    case 'DA':
      return dateSpan(text);
    case 'TM':
      return timeSpan(text);
    case 'DT':
      return dateTimeSpan(text, zone);
  }
}

/**
 * Range matching, PS3.4 C.2.2.2.5: `A-B`, `A-`, `-B`, both ends included; a single value is the range of its own span. In a DT the hyphen
 * may also begin an offset from UTC: `…-0500` is read as an offset where it can be one.
 */
export function rangeOf(vr: DateTimeVr, key: string): Span | undefined {
  const single = spanOf(vr, key);
  if (single) return single;
  for (let at = key.indexOf('-'); at >= 0; at = key.indexOf('-', at + 1)) {
    const [from, to] = [key.slice(0, at), key.slice(at + 1)];
    if (from === '' && to === '') return undefined;
    const first = from === '' ? BEFORE_ALL : spanOf(vr, from);
    const last = to === '' ? AFTER_ALL : spanOf(vr, to);
    if (first && last) return { first: first.first, last: last.last };
  }
  return undefined;
}

const BEFORE_ALL: Span = { first: '', last: '' };
const AFTER_ALL: Span = { first: ':', last: ':' };

/** A value is in a range when its beginning is: a stored value of less precision than the key is taken at its earliest. */
export const isIn = (value: Span, range: Span): boolean => value.first >= range.first && value.first <= range.last;

function dateSpan(text: string): Span | undefined {
  // The second form is that of ACR-NEMA, still found in old data (PS3.5 6.2, note to DA).
  const found = /^(\d{4})(\d{2})(\d{2})$/.exec(text) ?? /^(\d{4})\.(\d{2})\.(\d{2})$/.exec(text);
  if (!found) return undefined;
  const [, year, month, day] = found;
  if (!between(month, 1, 12) || !between(day, 1, 31)) return undefined;
  const date = `${year}${month}${day}`;
  return { first: date, last: date };
}

function timeSpan(text: string): Span | undefined {
  const digits = text.replace(/^(\d{2}):(\d{2})(?::(\d{2}))?/, '$1$2$3');
  const found = /^(\d{2})(?:(\d{2})(?:(\d{2})(?:\.(\d{1,6}))?)?)?$/.exec(digits);
  if (!found) return undefined;
  const [, hour, minute, second, fraction] = found;
  if (!between(hour, 0, 23) || !between(minute, 0, 59) || !between(second, 0, 60)) return undefined;
  const known = `${hour}${minute ?? ''}${second ?? ''}${fraction ?? ''}`;
  return { first: known.padEnd(12, '0'), last: known + '235959999999'.slice(known.length) };
}

function dateTimeSpan(text: string, zone: string | undefined): Span | undefined {
  const found =
    /^(\d{4})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:\.(\d{1,6}))?)?)?)?)?)?([+-]\d{4})?$/.exec(text);
  if (!found) return undefined;
  const [, year, month, day, hour, minute, second, fraction, ownZone] = found;
  const legal =
    between(month, 1, 12) &&
    between(day, 1, 31) &&
    between(hour, 0, 23) &&
    between(minute, 0, 59) &&
    between(second, 0, 60);
  if (!legal) return undefined;
  const shift = offsetMinutes(ownZone ?? zone ?? '+0000');
  if (shift === undefined) return undefined;
  const parts = (use: 'first' | 'last'): string => {
    const lastDay = new Date(Date.UTC(Number(year), Number(month ?? '12'), 0)).getUTCDate();
    const or = (value: string | undefined, first: number, last: number): number =>
      value === undefined ? (use === 'first' ? first : last) : Number(value);
    const moment = new Date(0);
    moment.setUTCFullYear(Number(year), or(month, 1, 12) - 1, or(day, 1, lastDay));
    moment.setUTCHours(or(hour, 0, 23), or(minute, 0, 59) - shift, or(second, 0, 59));
    const micros = (fraction ?? '').padEnd(6, use === 'first' ? '0' : '9');
    return (
      moment
        .toISOString()
        .replace(/\.\d{3}Z$/, '')
        .replace(/[-:T]/g, '') + micros
    );
  };
  return { first: parts('first'), last: parts('last') };
}

/** PS3.5 6.2: the offset from UTC runs from -1200 to +1400. */
function offsetMinutes(text: string): number | undefined {
  const found = /^([+-])(\d{2})(\d{2})$/.exec(text);
  if (!found || !between(found[3], 0, 59)) return undefined;
  const minutes = (Number(found[2]) * 60 + Number(found[3])) * (found[1] === '-' ? -1 : 1);
  return minutes >= -720 && minutes <= 840 ? minutes : undefined;
}

const between = (digits: string | undefined, least: number, most: number): boolean =>
  digits === undefined || (Number(digits) >= least && Number(digits) <= most);
