import type { CodedConcept } from './code.js';
import type { Finding } from './findings.js';
import type { ImagePoint, Pair, PatientPoint, PixelIndex } from './points.js';
import type { FrameOfReferenceUid, SopClassUid, SopInstanceUid, Uid } from './uids.js';
import type { Branded, Mm } from './units.js';

/** The image, and for multi-frame images the frame (counted from 1), that a mark was drawn on. */
export interface ImageReference {
  readonly sopClassUID: SopClassUid | undefined;
  readonly sopInstanceUID: SopInstanceUid;
  readonly frame: number | undefined;
}

/** The two ends of a mark, as the report has them. */
export type MarkPoints =
  | { readonly space: 'image-point'; readonly ends: Pair<ImagePoint> }
  | {
      readonly space: 'patient';
      readonly ends: Pair<PatientPoint>;
      readonly frameOfReferenceUID: FrameOfReferenceUid | undefined;
    };

/** One axis of a lesion as a report gives it: a line, a number, or both. */
export interface Axis {
  readonly points: MarkPoints | undefined;
  /** The reported length in millimetres; undefined where none was written or its unit does not convert. */
  readonly reportedMm: Mm | undefined;
  /** The number and unit as written. */
  readonly reportedValue: number | undefined;
  readonly unit: CodedConcept | undefined;
  /** The concept that named the axis, and how it was recognised. */
  readonly code: CodedConcept | undefined;
  readonly match: 'value-and-scheme' | 'value' | 'meaning' | 'position';
}

/** Identity of a measurement inside its report: the path of its group in the content tree, and which of the group's pairs it is. */
export type MeasurementKey = Branded<string, 'measurement key'>;

export type LesionRole = 'target' | 'non-target';

/** The point in the course of a patient that a measurement was made for (TID 1502); at least one of its parts is there. */
export interface TimePoint {
  /** As people call it: `Baseline`, `Week 8`. */
  readonly label: string | undefined;
  /** Place in the sequence of time points. */
  readonly order: number | undefined;
  readonly identifier: string | undefined;
  readonly type: CodedConcept | undefined;
}

/** One lesion's marks in one report. */
export interface Measurement {
  readonly key: MeasurementKey;
  readonly trackingUID: Uid | undefined;
  readonly trackingIdentifier: string | undefined;
  readonly longAxis: Axis | undefined;
  readonly shortAxis: Axis | undefined;
  readonly image: ImageReference | undefined;
  readonly finding: CodedConcept | undefined;
  readonly findingSite: CodedConcept | undefined;
  readonly laterality: CodedConcept | undefined;
  /** What the lesion counts as in the assessment (RECIST 1.1), where the report says so. */
  readonly lesionRole: LesionRole | undefined;
  readonly timePoint: TimePoint | undefined;
  /** Letters of the shapes that were recognised, one file each in `sr-parser/shapes/`. */
  readonly shape: string;
  readonly findings: readonly Finding[];
}

/** Marks on a slice, at pixel centres. A measurement with one line has no short axis. */
export interface PixelMarks {
  readonly longAxis: Pair<PixelIndex>;
  readonly shortAxis: Pair<PixelIndex> | undefined;
}
