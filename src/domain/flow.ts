/**
 * The values that travel from a report to a stored contour, in order. Each is made once by its step and never changed:
 * FoundReport -> ReadReport -> LocatedMeasurement -> SegmentedLesion -> Decision -> SegmentationObject -> Outcome.
 */
import type { Finding } from './findings.js';
import type { Measurement, MeasurementKey, PixelMarks } from './measurement.js';
import type { ReasonCode } from './reasons.js';
import type { Mask, SourceSlice } from './slice.js';
import type { SeriesInstanceUid, SopClassUid, SopInstanceUid, StudyInstanceUid, Uid } from './uids.js';
import type { Agreement, Mm, Mm2 } from './units.js';

/** watch: one instance that a source's search showed. */
export interface FoundReport {
  readonly source: string;
  readonly studyInstanceUID: StudyInstanceUid;
  readonly seriesInstanceUID: SeriesInstanceUid;
  readonly sopInstanceUID: SopInstanceUid;
  /** As the search answered it; undefined where the archive does not answer SOP classes. */
  readonly sopClassUID: SopClassUid | undefined;
  /**
   * When its content and the instance were made, as the search answered it: attributes by their keywords, none where it answers none. Other values
   * later under the same UID mean that it was overwritten. Undefined where it was not asked for.
   */
  readonly madeAt?: Readonly<Record<string, string>>;
  /** Instance Availability (PS3.3 C.4.23.1.1): ONLINE, NEARLINE ...; undefined where the archive does not answer it. */
  readonly availability?: string;
}

export type ReportKind = 'tid1500' | 'gsps' | 'aim' | 'osirix' | 'negative';

/** Where something in a report stands that was not used, and why. `where` is a path of item positions (`1.5.2`), never text of the file. */
export interface Skipped {
  readonly reason: ReasonCode;
  readonly where: string;
}

/** One composite instance that the report refers to, with the study and series where its evidence sequences tell them. */
export interface ReferencedInstance {
  readonly sopClassUID: SopClassUid | undefined;
  readonly sopInstanceUID: SopInstanceUid;
  readonly seriesInstanceUID: SeriesInstanceUid | undefined;
  readonly studyInstanceUID: StudyInstanceUid | undefined;
}

/** read: what was understood of a report and, in the same value, what was not. */
export interface ReadReport {
  readonly kind: ReportKind;
  readonly sopClassUID: SopClassUid | undefined;
  readonly sopInstanceUID: SopInstanceUid | undefined;
  readonly seriesInstanceUID: SeriesInstanceUid | undefined;
  readonly studyInstanceUID: StudyInstanceUid | undefined;
  readonly seriesNumber: number | undefined;
  readonly patientID: string | undefined;
  /** When the content was made, digits only (`20200302090000`), as exact as it was written. */
  readonly contentDateTime: string | undefined;
  /** Who measured: a person's name or a device's UID. To keep two readers apart; never exported as it is. */
  readonly observer: string | undefined;
  /** Reports that this one replaces (PS3.3 C.17.2, Predecessor Documents Sequence). */
  readonly predecessors: readonly SopInstanceUid[];
  /** Reports of the same content under other identifiers (Identical Documents Sequence). */
  readonly identicalDocuments: readonly SopInstanceUid[];
  readonly measurements: readonly Measurement[];
  readonly skipped: readonly Skipped[];
  readonly findings: readonly Finding[];
  readonly evidence: readonly ReferencedInstance[];
}

/** locate: the marks on their slice, checked against it. */
export interface LocatedMeasurement {
  readonly measurement: Measurement;
  readonly slice: SourceSlice;
  readonly marks: PixelMarks;
  /** Lengths of the marks on the slice. */
  readonly longAxisMm: Mm;
  readonly shortAxisMm: Mm | undefined;
  /** The measurement's findings and those of the comparison with the slice. */
  readonly findings: readonly Finding[];
}

export type MethodName = 'grabcut' | 'grabcut-paper' | 'superellipse' | 'ellipse' | 'cosegmentation';

/** Axes of a mask as a reader would measure it. */
export interface MeasuredAxes {
  readonly longAxis: PixelMarks['longAxis'];
  readonly shortAxis: PixelMarks['longAxis'];
  readonly longAxisMm: Mm;
  readonly shortAxisMm: Mm;
}

/** segment: the mask of one lesion. */
export interface SegmentedLesion {
  readonly located: LocatedMeasurement;
  readonly mask: Mask;
  /** The method actually used: a fallback is another method than the one asked for. */
  readonly method: MethodName;
  readonly agreement: Agreement;
  readonly axes: MeasuredAxes;
  readonly areaPx: number;
  readonly areaMm2: Mm2;
  readonly findings: readonly Finding[];
}

/** decide: what policy does with a lesion. */
export type Decision =
  | { readonly kind: 'store' }
  | { readonly kind: 'hold'; readonly reason: ReasonCode }
  | { readonly kind: 'skip'; readonly reason: ReasonCode };

/** write: one SEG instance, checked, ready to be sent. */
export interface SegmentationObject {
  readonly sopInstanceUID: SopInstanceUid;
  readonly seriesInstanceUID: SeriesInstanceUid;
  readonly studyInstanceUID: StudyInstanceUid;
  /** The Part 10 file. */
  readonly bytes: Uint8Array;
  readonly segments: readonly WrittenSegment[];
  /** Named limits of readers or repairs of the source header, for the outcome: `reader.frames-not-whole-bytes`, `header.repaired` ... */
  readonly warnings: readonly string[];
}

export interface WrittenSegment {
  readonly measurementKey: MeasurementKey;
  readonly segmentNumber: number;
  readonly trackingUID: Uid;
  readonly maskSha256: string;
}
