/** How rows of the tables become values. */
import type { SeriesInstanceUid, SopClassUid, SopInstanceUid, StudyInstanceUid } from '../domain/index.js';
import type { ReportNumber, ReportRow, Review, ReviewDecision, Sighting } from './values.js';
import type { MeasurementKey } from '../domain/index.js';

/** null in a row is "not there", which is undefined everywhere else. */
export const given = <T>(value: T | null): T | undefined => value ?? undefined;

export interface StoredReport {
  readonly number: ReportNumber;
  readonly sop_instance_uid: SopInstanceUid;
  readonly sop_class_uid: SopClassUid | null;
  readonly study_instance_uid: StudyInstanceUid;
  readonly series_instance_uid: SeriesInstanceUid;
  readonly first_seen: Date | string;
  readonly was_there: boolean;
  readonly digest: string | null;
  readonly amended: Date | string | null;
}

export const reportOf = (row: StoredReport): ReportRow => ({
  number: row.number,
  sopInstanceUID: row.sop_instance_uid,
  sopClassUID: given(row.sop_class_uid),
  studyInstanceUID: row.study_instance_uid,
  seriesInstanceUID: row.series_instance_uid,
  firstSeen: new Date(row.first_seen),
  arrival: row.was_there ? 'was-there' : 'new',
  digest: given(row.digest),
  amended: row.amended === null ? undefined : new Date(row.amended),
});

/** Times come as text where the row came as JSON. */
export interface StoredSighting {
  readonly source: string;
  readonly study_instance_uid: StudyInstanceUid;
  readonly series_instance_uid: SeriesInstanceUid;
  readonly first_seen: Date | string;
  readonly last_seen: Date | string;
  readonly availability: string | null;
}

export const sightingOf = (row: StoredSighting): Sighting => ({
  source: row.source,
  studyInstanceUID: row.study_instance_uid,
  seriesInstanceUID: row.series_instance_uid,
  firstSeen: new Date(row.first_seen),
  lastSeen: new Date(row.last_seen),
  availability: given(row.availability),
});

export interface StoredReview {
  readonly report: ReportNumber;
  readonly measurement_key: MeasurementKey | null;
  readonly decision: ReviewDecision;
  readonly by: string;
  readonly at: Date | string;
}

export const reviewOf = (row: StoredReview): Review => ({
  report: row.report,
  measurementKey: given(row.measurement_key),
  decision: row.decision,
  by: row.by,
  at: new Date(row.at),
});
