/** What every object of ours says of how it came to be. */
export interface ExplainedInstance {
  readonly sopClassUID: string;
  readonly sopInstanceUID: string;
  readonly seriesInstanceUID: string | undefined;
  readonly studyInstanceUID: string | undefined;
  /** Date and time as DICOM writes them, digits only. */
  readonly writtenAt: string | undefined;
  readonly softwareVersion: string | undefined;
  readonly installationId: string | undefined;
}

/** Where a segment came from, read from its receipt. */
export interface ExplainedWork {
  readonly report: string;
  /** Path of the measurement in the report's content tree. */
  readonly measurementKey: string;
  /** The method actually used. */
  readonly method: string;
  readonly kernelRevision: number;
  readonly bundle: { readonly name: string; readonly sha256: string } | undefined;
  /** Undefined where the object does not name it. */
  readonly rule: string | undefined;
  readonly agreement: number | undefined;
  readonly algorithm: string | undefined;
}

export interface ExplainedSegment {
  readonly number: number;
  readonly label: string | undefined;
  readonly trackingUID: string | undefined;
  readonly type: string | undefined;
  readonly region: string | undefined;
  /** Axes as the report has them, and as the contour measures: `31.0 x 18.0 mm`. */
  readonly reportedAxes: string | undefined;
  readonly contourAxes: string | undefined;
  readonly replaces: { readonly sopInstanceUID: string; readonly segmentNumber: number } | undefined;
  readonly work: ExplainedWork;
  readonly images: readonly { readonly sopInstanceUID: string; readonly frame: number | undefined }[];
  /** Whether the pixels are still those that the receipt is for. */
  readonly pixels: 'as-written' | 'changed';
}

export interface ExplainedMeasurement {
  readonly name: string;
  readonly value: number | undefined;
  readonly unit: string | undefined;
}

/** A measurement group of a result report, for one segment. */
export interface ExplainedGroup {
  readonly trackingUID: string | undefined;
  readonly trackingIdentifier: string | undefined;
  readonly segmentation: {
    readonly sopInstanceUID: string;
    readonly segmentNumber: number | undefined;
    readonly frame: number | undefined;
  };
  readonly measurements: readonly ExplainedMeasurement[];
  readonly work: ExplainedWork | undefined;
}

export type ExplainedObject =
  | (ExplainedInstance & {
      readonly kind: 'segmentation';
      readonly type: string | undefined;
      readonly sourceReport: string | undefined;
      readonly segments: readonly ExplainedSegment[];
    })
  | (ExplainedInstance & {
      readonly kind: 'result-report';
      readonly sourceReport: string | undefined;
      readonly predecessors: readonly string[];
      readonly groups: readonly ExplainedGroup[];
    })
  | (ExplainedInstance & {
      readonly kind: 'rejection-note';
      readonly title: string | undefined;
      readonly says: string | undefined;
      readonly rejected: readonly string[];
    });
