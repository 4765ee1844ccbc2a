/** Masks -> DICOM Segmentation objects, checked; and what becomes of them in an archive. Pure and synchronous. */
export type {
  Bundle,
  Refusal,
  ReportEquipment,
  SegmentationRequest,
  WriterEquipment,
  WrittenSegmentations,
} from './request.js';
export { writeSegmentations } from './write-segmentations.js';
export { checkSegmentation } from './self-check/check-segmentation.js';
export {
  SEGMENTATION_PROBLEMS,
  type SegmentationProblem,
  type SegmentationProblemCode,
} from './self-check/problems.js';
export { compareReadBack, type ReadBack } from './read-back.js';
export { ownSegments, segmentMask, type OwnSegment } from './own-segments.js';
export { measurementOfWorkKey, workKeyOf, type Work } from './work-key.js';
