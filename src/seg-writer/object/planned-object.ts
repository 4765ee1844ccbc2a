import type { Receipt, SegmentedLesion } from '../../domain/index.js';
import type { SegmentMeaning } from '../meaning/segment-meaning.js';
import type { SegmentationRequest } from '../request.js';
import type { SourceImage } from '../source/source-image.js';
import type { ObjectUids } from './object-uids.js';
import type { Tracking } from './tracking.js';

/** One lesion that may be written: its source image is fit for it. */
export interface AdmittedLesion {
  readonly lesion: SegmentedLesion;
  readonly source: SourceImage;
  /** Place of the measurement in its report, counted from 1. */
  readonly ordinal: number;
}

/** Lesions that share an object, in the order of the report, and the distance of its slices where that is known. */
export interface ObjectLayout {
  readonly lesions: readonly AdmittedLesion[];
  readonly spacingBetweenSlicesMm: number | undefined;
  readonly warnings: readonly string[];
}

export interface PlannedSegment extends AdmittedLesion {
  /** SegmentNumber. */
  readonly number: number;
  readonly tracking: Tracking;
  readonly meaning: SegmentMeaning;
  /** In the order of the object. */
  readonly frames: readonly PlannedFrame[];
  readonly receipt: Receipt;
}

export interface PlannedFrame {
  readonly segmentNumber: number;
  /** Rank of the frame's position among the object's distinct positions along the slice normal, counted from 1. */
  readonly positionRank: number;
  readonly source: SourceImage;
  /** rows x columns, 0 or 1; undefined for a frame without pixels. */
  readonly bits: Uint8Array | undefined;
}

/** Everything that one object says. */
export interface PlannedObject {
  readonly request: SegmentationRequest;
  readonly uids: ObjectUids;
  /** The slices referred to, by position rank. */
  readonly sources: readonly SourceImage[];
  readonly segments: readonly PlannedSegment[];
  readonly frames: readonly PlannedFrame[];
  readonly spacingBetweenSlicesMm: number | undefined;
}
