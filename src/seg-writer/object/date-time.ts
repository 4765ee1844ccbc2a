import { TAG, type DataSet } from '../../domain/index.js';

/** A moment as DICOM writes it: local date and time, and the offset from UTC that makes a DT complete. */
export interface DicomMoment {
  readonly date: string;
  readonly time: string;
  readonly dateTime: string;
}

const OFFSET = /^([+-])(\d{2})(\d{2})$/;

/**
 * Dates and times without an offset of their own are read in the offset of TimezoneOffsetFromUTC, which is copied from the source with the study's
 * dates: so the moment is written in that offset where there is one, else in the one asked for.
 */
export function dicomMomentOf(moment: Date, source: DataSet, otherwiseMinutes: number): DicomMoment {
  const given = OFFSET.exec(source.text(TAG.TimezoneOffsetFromUTC) ?? '');
  const minutes = given ? (given[1] === '-' ? -1 : 1) * (Number(given[2]) * 60 + Number(given[3])) : otherwiseMinutes;
  const digits = new Date(moment.getTime() + minutes * 60_000).toISOString().replace(/\D/g, '');
  const date = digits.slice(0, 8);
  const time = digits.slice(8, 14);
  const absolute = Math.abs(minutes);
  const offset = [Math.floor(absolute / 60), absolute % 60].map((part) => String(part).padStart(2, '0')).join('');
  return { date, time, dateTime: `${date}${time}${minutes < 0 ? '-' : '+'}${offset}` };
}
