import type {
  ImagePlane,
  Mask,
  MeasurementKey,
  ReadReport,
  ReasonCode,
  SegmentationObject,
  SegmentedLesion,
  SeriesInstanceUid,
  SopInstanceUid,
  SliceWithoutPixels,
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
  /** `binary` unless said otherwise: the one form that every reader knows. */
  readonly segmentationType?: SegmentationType;
  /** The lesion on each of its slices, the marked one among them, where it is more than the mask on that one. */
  readonly slicesOf?: ReadonlyMap<MeasurementKey, readonly LesionSlice[]>;
  /** Segments of ours, made from an earlier report of the chain, that the new ones take the place of. */
  readonly replaces?: ReadonlyMap<MeasurementKey, ReplacedSegment>;
}

/** How pixels say what belongs to a segment (PS3.3 C.8.20.2.3): a bit each, one label each, or a probability of 8 bits each. */
export type SegmentationType = 'binary' | 'labelmap' | 'fractional';

/** A lesion on one slice. */
export interface LesionSlice {
  readonly slice: SliceWithoutPixels;
  readonly mask: Mask;
  /** rows x columns, 0 to 1: what a FRACTIONAL object holds in place of the mask. */
  readonly probability?: Float32Array;
}

export interface ReplacedSegment {
  readonly sopInstanceUID: SopInstanceUid;
  readonly segmentNumber: number;
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
