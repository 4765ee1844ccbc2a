import type { Agreement, MethodName, PixelMarks, PixelSpacing } from '../domain/index.js';
import { csvText } from './csv.js';
import { DEEPLESION_COLUMNS, OWN_COLUMNS, SPLITS, type Split } from './lesion-row.js';

/** One row of a set that a harvest makes. Everything in pixels is zero-based, at pixel centres. Patients, studies, series: pseudonyms. */
export interface HarvestedRow {
  readonly id: string;
  readonly source: string;
  readonly lesion: string;
  readonly isKey: boolean;
  readonly patient: string;
  readonly study: string;
  readonly series: string;
  readonly split: Split;
  /** Folder of the series' slices. */
  readonly folder: string;
  /** The marked slice and the first and last one taken, as the files are numbered. */
  readonly slice: number;
  readonly range: readonly [number, number];
  readonly rows: number;
  readonly columns: number;
  readonly spacing: PixelSpacing;
  readonly intervalMm: number | null;
  readonly marks: PixelMarks;
  readonly coarseType: number;
  readonly window: readonly [low: number, high: number] | null;
  readonly sex: string | null;
  readonly ageYears: number | null;
  readonly agreement: Agreement;
  readonly method: MethodName;
  readonly origin: string;
  /** Of the mask that a person chose; null where there is none. */
  readonly expert: { readonly marks: PixelMarks; readonly areaPx: number } | null;
}

/** Space around the marks in Bounding_boxes, as DeepLesion has it. */
const MARGIN_PX = 5;

const png = (number: number): string => `${String(number).padStart(3, '0')}.png`;

/** lesions.csv of caliper-lesions/1 with a last column `method`. */
export function harvestedTable(rows: readonly HarvestedRow[]): string {
  const header = [...DEEPLESION_COLUMNS, ...OWN_COLUMNS, 'method'];
  return csvText([
    header,
    ...rows.map((row) => [
      ...deepLesionFields(row, {
        file: `${row.folder}/${png(row.slice)}`,
        patient: row.patient,
        study: row.study,
        series: row.series,
        offset: 0,
      }),
      row.id,
      row.source,
      row.lesion,
      row.isKey ? '1' : '0',
      row.expert ? coordinatesOf(row.expert.marks, 0) : '',
      row.expert ? String(row.expert.areaPx) : '',
      '',
      row.origin,
      row.agreement.toFixed(4),
      row.method,
    ]),
  ]);
}

/** `x11, y11, x12, y12` and, where there is a short axis, `x21, y21, x22, y22`. */
const coordinatesOf = ({ longAxis, shortAxis }: PixelMarks, offset: number): string =>
  list([...longAxis, ...(shortAxis ?? [])].flatMap((end) => [end.column + offset, end.row + offset]));

/** splits.csv, a patient a line. */
export function splitsTable(rows: readonly Pick<HarvestedRow, 'patient' | 'split'>[]): string {
  const splits = new Map(rows.map(({ patient, split }) => [patient, split]));
  return csvText([['patient', 'split'], ...[...splits].sort(([a], [b]) => (a < b ? -1 : 1))]);
}

/** How a series is called in DeepLesion: numbers from 1 for patients, their studies, and the series of a study. */
export interface DeepLesionPlace {
  readonly patient: number;
  readonly study: number;
  readonly series: number;
  /** `PPPPPP_SS_RR`. */
  readonly name: string;
}

/** Numbers every series; the same rows, the same numbers. Series are keyed by their folder. */
export function deepLesionPlaces(rows: readonly HarvestedRow[]): ReadonlyMap<string, DeepLesionPlace> {
  const patients = new Map<string, Map<string, Set<string>>>();
  for (const { patient, study, folder } of rows) {
    const studies = patients.get(patient) ?? new Map<string, Set<string>>();
    patients.set(patient, studies);
    studies.set(study, (studies.get(study) ?? new Set()).add(folder));
  }
  const places = new Map<string, DeepLesionPlace>();
  inOrder(patients.keys()).forEach((patient, p) =>
    inOrder(patients.get(patient)!.keys()).forEach((study, s) =>
      inOrder(patients.get(patient)!.get(study)!).forEach((folder, r) =>
        places.set(folder, {
          patient: p + 1,
          study: s + 1,
          series: r + 1,
          name: [padded(p + 1, 6), padded(s + 1, 2), padded(r + 1, 2)].join('_'),
        }),
      ),
    ),
  );
  return places;
}

const inOrder = (values: Iterable<string>): readonly string[] => [...values].sort();
const padded = (number: number, digits: number): string => String(number).padStart(digits, '0');

/** DL_info.csv: DeepLesion's columns only, one-based, names with underscores. Rows need both axes. */
export function deepLesionTable(rows: readonly HarvestedRow[], places: ReadonlyMap<string, DeepLesionPlace>): string {
  const named = namedRows(rows, places);
  return csvText([
    DEEPLESION_COLUMNS,
    ...named.map(({ row, place, file }) =>
      deepLesionFields(row, {
        file,
        patient: String(place.patient),
        study: String(place.study),
        series: String(place.series),
        offset: 1,
      }).map((field, column) => (field === '' ? (UNKNOWN[DEEPLESION_COLUMNS[column]!] ?? field) : field)),
    ),
  ]);
}

/** Rows in the order of DL_info.csv with their file, and the id by which a reader of ours knows them: the file and a count from 1. */
export function namedRows(
  rows: readonly HarvestedRow[],
  places: ReadonlyMap<string, DeepLesionPlace>,
): readonly {
  readonly row: HarvestedRow;
  readonly place: DeepLesionPlace;
  readonly file: string;
  readonly id: string;
}[] {
  const counts = new Map<string, number>();
  return rows
    .map((row) => ({ row, place: places.get(row.folder)! }))
    .map(({ row, place }) => ({ row, place, file: `${place.name}_${png(row.slice)}` }))
    .sort((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : a.row.id < b.row.id ? -1 : 1))
    .map((named) => {
      const count = (counts.get(named.file) ?? 0) + 1;
      counts.set(named.file, count);
      return { ...named, id: `${named.file.slice(0, -'.png'.length)}_${count}` };
    });
}

/** What readers of DeepLesion parse as numbers; DeepLesion itself writes NaN where it does not know. */
const UNKNOWN: Readonly<Partial<Record<(typeof DEEPLESION_COLUMNS)[number], string>>> = {
  Normalized_lesion_location: 'NaN, NaN, NaN',
  DICOM_windows: 'NaN, NaN',
  Patient_age: 'NaN',
};

interface Naming {
  readonly file: string;
  readonly patient: string;
  readonly study: string;
  readonly series: string;
  /** What the first pixel counts as. */
  readonly offset: 0 | 1;
}

function deepLesionFields(row: HarvestedRow, { file, patient, study, series, offset }: Naming): readonly string[] {
  const ends = [...row.marks.longAxis, ...(row.marks.shortAxis ?? [])];
  const xs = ends.map((end) => end.column + offset);
  const ys = ends.map((end) => end.row + offset);
  const lengths = [row.marks.longAxis, ...(row.marks.shortAxis ? [row.marks.shortAxis] : [])].map(([a, b]) =>
    Math.hypot(b.column - a.column, b.row - a.row),
  );
  const interval = row.intervalMm === null ? (offset === 1 ? ', NaN' : ',') : `, ${numberText(row.intervalMm)}`;
  return [
    file,
    patient,
    study,
    series,
    String(row.slice),
    coordinatesOf(row.marks, offset),
    list([
      Math.min(...xs) - MARGIN_PX,
      Math.min(...ys) - MARGIN_PX,
      Math.max(...xs) + MARGIN_PX,
      Math.max(...ys) + MARGIN_PX,
    ]),
    list(lengths),
    '',
    String(row.coarseType),
    '0',
    list(row.range),
    `${list([row.spacing.betweenColumns, row.spacing.betweenRows])}${interval}`,
    `${row.rows}, ${row.columns}`,
    row.window === null ? '' : list(row.window),
    row.sex ?? '',
    row.ageYears === null ? '' : String(row.ageYears),
    String(SPLITS.indexOf(row.split) + 1),
  ];
}

const list = (values: readonly number[]): string => values.map(numberText).join(', ');

/** At most six decimals, none that say nothing. */
const numberText = (value: number): string => String(Number(value.toFixed(6)));
