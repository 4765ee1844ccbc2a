import type { FindingCode, MeasurementKey, MethodName, ReasonCode, ReportKind } from '../domain/index.js';
import type { Partition } from './partitions.js';

/** What the journal of a harvest holds. It stays in the state folder: dates and the UIDs of found reports are as they are. */
export type Entry = PartitionEntry | ReportEntry | NoteEntry;

/** One instance that a search showed: study, series, instance, SOP class, and whether it was on slow media. */
export type Found = readonly [
  study: string,
  series: string,
  instance: string,
  sopClass: string | null,
  availability?: 'nearline',
];

export interface PartitionEntry {
  readonly kind: 'partition';
  readonly source: string;
  readonly partition: Partition;
  readonly result:
    | { readonly kind: 'listed'; readonly found: readonly Found[] }
    | { readonly kind: 'split' }
    | { readonly kind: 'failed'; readonly reason: ReasonCode };
}

/** A rejection note: pseudonyms of the instances that it rejects, as reports and as images. */
export interface NoteEntry {
  readonly kind: 'note';
  /** Pseudonym of the note itself. */
  readonly report: string;
  readonly rejects: readonly { readonly report: string; readonly image: string }[];
}

export interface ReportEntry {
  readonly kind: 'report';
  /** Pseudonym of the instance. */
  readonly report: string;
  readonly result: { readonly kind: 'lost'; readonly reason: ReasonCode } | ReadEntry;
}

/** A report that was read. Everything that names somebody is a pseudonym. */
export interface ReadEntry {
  readonly kind: 'read';
  readonly source: string;
  readonly reportKind: ReportKind;
  readonly predecessors: readonly string[];
  readonly identical: readonly string[];
  readonly contentDateTime: string | null;
  readonly isUnfinished: 'no' | 'partial' | 'preliminary';
  /** Of what was measured, by whom, on whom. */
  readonly content: string;
  readonly measurements: readonly MeasurementEntry[];
}

export interface MeasurementEntry {
  readonly key: MeasurementKey;
  readonly result: { readonly kind: 'lost'; readonly reason: ReasonCode } | RowEntry;
}

export type PointPair = readonly [x1: number, y1: number, x2: number, y2: number];

/** A row of the set, but for what depends on the other rows. */
export interface RowEntry {
  readonly kind: 'row';
  readonly id: string;
  readonly source: string;
  readonly image: ImageEntry;
  /** Study of the image as `YYYYMMDD`; null where it has no date. */
  readonly studyDate: string | null;
  readonly identity: IdentityEntry;
  readonly sex: 'M' | 'F' | 'O' | null;
  /** In whole years, at most 90. */
  readonly ageYears: number | null;
  readonly coarseType: number;
  readonly findingName: string | null;
  readonly vendor: string;
  readonly scanner: string;
  readonly longAxis: PointPair;
  readonly shortAxis: PointPair | null;
  readonly longAxisMm: number;
  readonly shortAxisMm: number | null;
  readonly reportedLongMm: number | null;
  readonly reportedShortMm: number | null;
  readonly shape: string;
  readonly method: MethodName;
  readonly agreement: number;
  readonly areaPx: number;
  readonly findings: readonly FindingCode[];
  /** What a person chose; null where only weak labels are asked for. */
  readonly expert: ExpertEntry | null;
}

/** The mask that a person chose, measured. */
export interface ExpertEntry {
  readonly contour: string;
  readonly longAxis: PointPair;
  readonly shortAxis: PointPair | null;
  readonly areaPx: number;
}

/** Why there is no picture of a slice. */
export type NoPicture = ReasonCode | 'slice-size-differs';

/** ImagePositionPatient in millimetres and the six numbers of ImageOrientationPatient, rounded. */
export type TakenPlane = readonly [
  x: number,
  y: number,
  z: number,
  rowX: number,
  rowY: number,
  rowZ: number,
  columnX: number,
  columnY: number,
  columnZ: number,
];

export interface ImageEntry {
  /** Folder of the series below images/. */
  readonly folder: string;
  /** Number of the slice in its series, from 1. */
  readonly number: number;
  /** First and last number of the slices that were taken. */
  readonly range: readonly [number, number];
  /** Numbers of every slice that was taken. */
  readonly taken: readonly number[];
  /** Why slices within the context were left out: towards the first number, towards the last; null where all were taken. */
  readonly ended: readonly [before: NoPicture | null, after: NoPicture | null];
  /** Where each of them lies. */
  readonly planes: readonly TakenPlane[];
  readonly rows: number;
  readonly columns: number;
  readonly betweenColumns: number;
  readonly betweenRows: number;
  /** Between slices; null where the archive does not tell. */
  readonly intervalMm: number | null;
  readonly window: readonly [low: number, high: number] | null;
  /** Pseudonyms. */
  readonly image: string;
  readonly series: string;
  readonly study: string;
}

/** Pseudonyms of what ties rows to patients and to lesions. */
export interface IdentityEntry {
  readonly patient: string | null;
  readonly patientAnyIssuer: string | null;
  readonly study: string;
  /** Of the tracking UID where it names a lesion; of the tracking identifier with its place. */
  readonly lesionUid: string | null;
  readonly lesionName: string | null;
  readonly observer: string;
  readonly moment: string | null;
}
