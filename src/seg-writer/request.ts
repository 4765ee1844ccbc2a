import type {
  ImagePlane,
  MeasurementKey,
  ReadReport,
  ReasonCode,
  SegmentationObject,
  SegmentedLesion,
  SeriesInstanceUid,
  SopInstanceUid,
} from '../domain/index.js';

/** The lesions of one report that are to be written, and what the objects say about how they came to be. */
export interface SegmentationRequest {
  readonly report: ReadReport;
  /** In any order; the order of the report decides numbers and colours. */
  readonly lesions: readonly SegmentedLesion[];
  readonly equipment: WriterEquipment;
  /** The moment of segmentation. It reaches ContentDate/Time, InstanceCreationDate/Time and ContributionDateTime, and nothing else. */
  readonly createdAt: Date;
  /** Minutes east of UTC in which dates and times are written where the source image does not say its own offset. */
  readonly utcOffsetMinutes?: number;
  /** The model behind lesions of method `cosegmentation`. */
  readonly bundle?: Bundle;
  readonly policyName: string;
  /** Positions of the whole series of an image, where they are known: they tell the distance of slices, tilt and irregular steps. */
  readonly seriesPlanes?: ReadonlyMap<SeriesInstanceUid, readonly ImagePlane[]>;
  /** First report of the predecessor chain, where the report amends others: lesions keep the tracking UID they had there. */
  readonly firstReport?: SopInstanceUid;
  /** Equipment of the report, named as contributing. */
  readonly reportEquipment?: ReportEquipment;
}

export interface WriterEquipment {
  readonly installationId: string;
  readonly softwareVersion: string;
}

export interface ReportEquipment {
  readonly manufacturer: string;
  readonly modelName?: string;
  readonly softwareVersions?: string;
}

export interface Bundle {
  readonly name: string;
  readonly sha256: string;
}

/** Why something cannot be written. `detail` is the keyword of an attribute or the code of a problem, never a value of the file. */
export interface Refusal {
  readonly reason: ReasonCode;
  readonly detail?: string;
}

export interface WrittenSegmentations {
  readonly objects: readonly SegmentationObject[];
  readonly refused: readonly (Refusal & { readonly measurementKey: MeasurementKey })[];
}
