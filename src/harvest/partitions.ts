import type { DicomDate } from '../dicomweb/index.js';

/** A window of StudyDate, both days included, as wide as its name says or cut at an end of the whole. */
export interface Partition {
  readonly width: 'month' | 'week' | 'day';
  readonly from: DicomDate;
  readonly to: DicomDate;
}

/** Before the standard there were no reports. */
export const FIRST_DATE: DicomDate = '19930101';

/** The calendar from one day to another, a month at a time, the oldest first. */
export function months(from: DicomDate, to: DicomDate): readonly Partition[] {
  const partitions: Partition[] = [];
  for (let start = from; start <= to;) {
    const { year, month } = partsOf(start);
    const last = dateOf(year, month + 1, 0);
    partitions.push({ width: 'month', from: start, to: last < to ? last : to });
    start = addDays(last, 1);
  }
  return partitions;
}

/** A month in weeks, a week in days; undefined for a day, which is not split. */
export function split({ width, from, to }: Partition): readonly Partition[] | undefined {
  if (width === 'day') return undefined;
  const parts: Partition[] = [];
  const step = width === 'month' ? 7 : 1;
  for (let start = from; start <= to; start = addDays(start, step)) {
    const end = addDays(start, step - 1);
    parts.push({ width: width === 'month' ? 'week' : 'day', from: start, to: end < to ? end : to });
  }
  return parts;
}

/** Calendar arithmetic in UTC, so that no day is short. */
export function addDays(date: DicomDate, days: number): DicomDate {
  const { year, month, day } = partsOf(date);
  return dateOf(year, month, day + days);
}

/** `undefined` for what is no day of the calendar. */
export function dicomDate(text: string | undefined): DicomDate | undefined {
  const digits = text?.replaceAll('.', '').replaceAll('-', '') ?? '';
  if (!/^\d{8}$/.test(digits)) return undefined;
  return addDays(digits, 0) === digits ? digits : undefined;
}

const partsOf = (date: DicomDate): { year: number; month: number; day: number } => ({
  year: Number(date.slice(0, 4)),
  month: Number(date.slice(4, 6)),
  day: Number(date.slice(6, 8)),
});

function dateOf(year: number, month: number, day: number): DicomDate {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return date.toISOString().slice(0, 10).replaceAll('-', '');
}
