import type { DataSet } from '../../domain/index.js';
import { maskDigest } from '../object/mask-digest.js';
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
export function differsFromReceipt(segment: DataSet, judge: MaskJudge, frames: Iterable<() => Uint8Array>): boolean {
  const receipt = judge.kind === 'receipts' ? receiptOfSegment(segment) : undefined;
  if (receipt) return maskDigest(unpacked(frames)) !== receipt.maskSha256;
  for (const frame of frames) void frame;
  return false;
}

function* unpacked(frames: Iterable<() => Uint8Array>): Generator<Uint8Array> {
  for (const frame of frames) yield frame();
}
