import type {
  CodedConcept,
  ReadReport,
  SegmentationObject,
  SegmentedLesion,
  SeriesInstanceUid,
  SopInstanceUid,
  StudyInstanceUid,
} from '../../domain/index.js';
import type { LocatedInstance } from '../content-tree/evidence.js';
import type { Refusal, ReportEquipment, WriterEquipment } from '../request.js';

/** What was measured on the masks of one report, once their objects are written. */
export interface ResultReportRequest {
  /** The report with the marks. */
  readonly report: ReadReport;
  /** Segmentations of ours, written for that report. */
  readonly objects: readonly SegmentationObject[];
  /** Every lesion that a segment of `objects` is of. */
  readonly lesions: readonly SegmentedLesion[];
  readonly equipment: WriterEquipment;
  /** Reaches dates and times, and nothing else. */
  readonly createdAt: Date;
  readonly utcOffsetMinutes?: number;
  readonly reportEquipment?: ReportEquipment;
  /** The procedure as the report has it; `CT unspecified body region` where it has none. */
  readonly procedureReported?: CodedConcept;
  /** Result reports of ours that this one takes the place of. */
  readonly predecessors?: readonly LocatedInstance[];
}

/** Every study of the objects has a report, or is among the refused. */
export interface WrittenResultReports {
  readonly reports: readonly ResultReport[];
  readonly refused: readonly (Refusal & { readonly studyInstanceUID: StudyInstanceUid })[];
}

/** One report, ready to be sent. */
export interface ResultReport {
  readonly sopInstanceUID: SopInstanceUid;
  readonly seriesInstanceUID: SeriesInstanceUid;
  readonly studyInstanceUID: StudyInstanceUid;
  /** The Part 10 file. */
  readonly bytes: Uint8Array;
  readonly warnings: readonly string[];
}
