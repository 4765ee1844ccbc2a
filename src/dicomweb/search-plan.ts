/** A day as DICOM writes it (DA, PS3.5 6.2): `20260131`. */
export type DicomDate = string;

/** Modalities whose series may hold reports: SR, key objects, and presentation states where reading those is on. */
export type ReportModality = 'SR' | 'KO' | 'PR';

/** What a source is asked for regularly: how far back by StudyDate, in days (`2d` = today and yesterday). */
export interface WatchLayer {
  readonly studyDates: `${number}d`;
  readonly modalities: readonly ReportModality[];
}

/** One search of a plan: a window of StudyDate, both days included. */
export interface SearchLayer {
  readonly name: string;
  readonly from: DicomDate;
  readonly to: DicomDate;
  readonly modalities: readonly ReportModality[];
}

/** The day it is at a place, by its IANA time zone. `now` is in ms since the epoch. */
export function todayIn(timeZone: string, now: number): DicomDate {
  const parts = new Intl.DateTimeFormat('en', {
    timeZone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  }).formatToParts(now);
  const part = (type: Intl.DateTimeFormatPartTypes): string => parts.find((p) => p.type === type)?.value ?? '';
  return `${part('year').padStart(4, '0')}${part('month')}${part('day')}`;
}

/** The windows of layers on a day. */
export const searchPlan = (layers: readonly WatchLayer[], today: DicomDate): readonly SearchLayer[] =>
  layers.map(({ studyDates, modalities }) => {
    const days = Number(studyDates.slice(0, -1));
    if (!Number.isInteger(days) || days < 1) throw new Error('a layer reaches back a whole number of days');
    return { name: studyDates, from: addDays(today, 1 - days), to: today, modalities };
  });

/**
 * The tail beneath the layers: the calendar a month at a time, the newest first, from `since` to `today`; the months at both ends are cut.
 * Reports on old studies (a baseline read again after two years) are found by it alone.
 */
export function tailPlan(
  since: DicomDate,
  today: DicomDate,
  modalities: readonly ReportModality[],
): readonly SearchLayer[] {
  const months: SearchLayer[] = [];
  for (let to = today; to >= since; to = addDays(`${to.slice(0, 6)}01`, -1)) {
    const first = `${to.slice(0, 6)}01`;
    months.push({ name: `tail-${to.slice(0, 6)}`, from: first < since ? since : first, to, modalities });
  }
  return months;
}

/** A layer of more than one day as two of half as many. */
export function halvesOf(layer: SearchLayer): readonly [SearchLayer, SearchLayer] {
  const days = Math.round((Date.parse(isoOf(layer.to)) - Date.parse(isoOf(layer.from))) / 86_400_000);
  const middle = addDays(layer.from, Math.floor(days / 2));
  return [
    { ...layer, to: middle },
    { ...layer, from: addDays(middle, 1) },
  ];
}

const isoOf = (date: DicomDate): string => `${date.slice(0, 4)}-${date.slice(4, 6)}-${date.slice(6)}`;

/** Calendar arithmetic, in UTC so that no day is short. */
function addDays(date: DicomDate, days: number): DicomDate {
  const found = /^(\d{4})(\d{2})(\d{2})$/.exec(date);
  if (found === null) throw new Error('not a DICOM date');
  const moved = new Date(Date.UTC(Number(found[1]), Number(found[2]) - 1, Number(found[3]) + days));
  return moved.toISOString().slice(0, 10).replaceAll('-', '');
}
