/** Masks -> DICOM Segmentation objects, checked; and what becomes of them in an archive. Pure and synchronous. */
export type {
  Bundle,
  LesionSlice,
  Refusal,
  ReplacedSegment,
  ReportEquipment,
  SegmentationRequest,
  SegmentationType,
  WriterEquipment,
  WrittenSegmentations,
} from './request.js';
export { writeSegmentations } from './write-segmentations.js';
export { writeResultReports } from './result-report/write-result-reports.js';
export type { ResultReport, ResultReportRequest, WrittenResultReports } from './result-report/request.js';
export {
  withdrawalBy,
  writeRejectionNote,
  type RejectionCause,
  type RejectionNote,
  type RejectionNoteRequest,
} from './rejection-note/write-rejection-note.js';
export type { LocatedInstance } from './content-tree/evidence.js';
export { checkSegmentation } from './self-check/check-segmentation.js';
export { SEGMENTATION_PROBLEMS } from './self-check/problem-table.js';
export type { SegmentationProblem, SegmentationProblemCode } from './self-check/problems.js';
export { READERS, type Reader } from './self-check/reader-effects.js';
export type { ReaderVerdict } from './self-check/reader-verdicts.js';
export { verifySegmentation, type NotVerified, type VerifiedSegmentation } from './self-check/verify-segmentation.js';
export { explainObject } from './explain/explain-object.js';
export type { ExplainedObject, ExplainedSegment, ExplainedWork } from './explain/explained-object.js';
export { checkDocument, documentKindOf, type DocumentKind } from './self-check/check-document.js';
export { compareReadBack, type ReadBack } from './read-back.js';
export { ownSegments, segmentMask, type OwnSegment } from './own-segments.js';
export { marksSha256 } from './marks-digest.js';
export { measurementOfWorkKey, workKeyOf, type Work } from './work-key.js';
