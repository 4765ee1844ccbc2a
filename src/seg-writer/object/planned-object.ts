import type { Mask, Receipt, SegmentedLesion } from '../../domain/index.js';
import type { SegmentMeaning } from '../meaning/segment-meaning.js';
import type { SegmentationRequest, SegmentationType } from '../request.js';
import type { SourceImage } from '../source/source-image.js';
import type { ObjectUids } from './object-uids.js';
import type { Tracking } from './tracking.js';
import type { PackedPixels } from './packed-pixels.js';
import type { SetPixels } from './set-pixels.js';
import type { Written } from './written.js';

/** The pixels of a lesion on one slice. */
interface SlicePixels {
  readonly mask: Mask;
  /** Where the mask's pixels lie; probabilities may lie around them. */
  readonly set: SetPixels;
  /** rows x columns, one byte a pixel as the object stores it: the mask, or the probability. */
  readonly values: Uint8Array;
  /** What the receipt is taken over: of `values`, what is not zero. */
  readonly packed: PackedPixels;
}

/** A lesion on one slice that is fit for it. */
export interface AdmittedSlice extends SlicePixels {
  readonly source: SourceImage;
}

/** One lesion that may be written. */
export interface AdmittedLesion {
  readonly lesion: SegmentedLesion;
  /** At least one; each has a pixel. */
  readonly slices: readonly AdmittedSlice[];
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
  readonly receipt: Receipt;
}

/** A segment in a frame. */
export interface FramePart extends SlicePixels {
  readonly segmentNumber: number;
}

export interface PlannedFrame {
  /** Undefined in a label map, whose frames hold all segments of a slice. */
  readonly segmentNumber: number | undefined;
  /** Rank of the frame's position among the object's distinct positions along the slice normal, counted from 1. */
  readonly positionRank: number;
  readonly source: SourceImage;
  /** What stands in the frame: one segment, several of a label map, or none in a frame without pixels. */
  readonly parts: readonly FramePart[];
}

/** Everything that one object says. */
export interface PlannedObject extends Written {
  readonly request: SegmentationRequest;
  readonly type: SegmentationType;
  readonly uids: ObjectUids;
  /** The slices referred to, by position rank. */
  readonly sources: readonly SourceImage[];
  readonly segments: readonly PlannedSegment[];
  readonly frames: readonly PlannedFrame[];
  readonly spacingBetweenSlicesMm: number | undefined;
}
