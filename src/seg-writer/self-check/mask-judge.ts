import type { DataSet } from '../../domain/index.js';
import { isOfReceipt } from '../object/mask-digest.js';
import type { FramePixels } from '../object/stored-frames.js';
import { receiptOfSegment } from '../own-segments.js';
import type { SegmentationProblem } from './problems.js';

/** What the pixels of an object are. */
export interface PixelFindings {
  readonly problems: readonly SegmentationProblem[];
  /** Pixels that are set, by segment number; undefined where pixels could not be read. */
  readonly voxels: ReadonlyMap<number, number> | undefined;
}

/**
 * What the masks are held against: the receipts in the object, or the masks that went into it, which the caller compares as a whole (`holds` tells
 * whether the pixel data is theirs).
 */
export type MaskJudge = { readonly kind: 'receipts' } | { readonly kind: 'masks'; readonly holds: boolean };

/** Looks at every frame of a segment, and unpacks it only where there is a receipt to compare. */
export function differsFromReceipt(segment: DataSet, judge: MaskJudge, frames: Iterable<FramePixels>): boolean {
  const receipt = judge.kind === 'receipts' ? receiptOfSegment(segment) : undefined;
  if (receipt) return !isOfReceipt(receipt, frames);
  for (const frame of frames) void frame;
  return false;
}
