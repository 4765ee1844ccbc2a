import { keywordOf } from '../../dicom/index.js';
import { tagText, type Tag } from '../../domain/index.js';
import { SEGMENTATION_PROBLEMS } from './problem-table.js';

export type SegmentationProblemCode = keyof typeof SEGMENTATION_PROBLEMS;
export type Severity = 'error' | 'warning';

/**
 * By which rules an object is judged: what we write has one form, and everything else is a mistake; what others write may have any form that the
 * standard allows, and a form that some reader does not take is a warning.
 */
export type Writer = 'ours' | 'another';

/** One thing that is wrong, and where. Frames and segments count from 1; never a value of the object. */
export interface SegmentationProblem {
  readonly code: SegmentationProblemCode;
  readonly severity: Severity;
  readonly says: string;
  /** What the person who has the object can do. */
  readonly do: string;
  readonly attribute?: string;
  readonly frame?: number;
  readonly segment?: number;
  /** Place of a content item in a document: positions counted from 1 (`1.5.2`). */
  readonly item?: string;
}

export interface Place {
  readonly tag?: Tag;
  readonly item?: string;
  readonly frame?: number;
  readonly segment?: number;
}

export function problem(code: SegmentationProblemCode, { tag, frame, segment, item }: Place = {}): SegmentationProblem {
  const { severity, says, do: remedy } = SEGMENTATION_PROBLEMS[code];
  return {
    code,
    severity,
    says,
    do: remedy,
    ...(tag === undefined ? {} : { attribute: keywordOf(tag) ?? tagText(tag) }),
    ...(frame === undefined ? {} : { frame }),
    ...(segment === undefined ? {} : { segment }),
    ...(item === undefined ? {} : { item }),
  };
}

/** The problem as it weighs in an object of somebody else. */
export function judgedAs(writer: Writer, found: SegmentationProblem): SegmentationProblem {
  const row: { readonly severity: Severity; readonly ofOthers?: Severity } = SEGMENTATION_PROBLEMS[found.code];
  return writer === 'ours' || row.ofOthers === undefined ? found : { ...found, severity: row.ofOthers };
}
