import type { SegmentationProblemCode } from '../../../src/seg-writer/index.js';

/** Problems that our own objects cannot have, or that are looked for in foreign ones only. */
export const ONLY_OF_OTHERS: readonly SegmentationProblemCode[] = [
  'transfer-syntax-deflated',
  'transfer-syntax-big-endian',
  'transfer-syntax-compressed-bits',
  'transfer-syntax-compressed',
  'transfer-syntax-not-read',
  'no-plane-geometry',
  'images-not-at-hand',
  'segment-number-zero',
  'segments-overlap-allowed',
  'label-unknown',
  'label-map',
  'frames-fewer-than-said',
  'pixel-data-invalid',
  'pixel-pad-byte',
  'bits-look-reversed',
  'fractional',
  'fractional-values',
  'fractional-above-maximum',
  'orientations-several',
  'referenced-instance-twice',
  'slice-not-found',
  'slice-differs',
  'slice-by-list',
];

/** Problems of result reports and rejection notes. */
export const OF_DOCUMENTS: readonly SegmentationProblemCode[] = [
  'document-title',
  'image-library-missing',
  'group-untracked',
  'group-without-coordinates',
  'measurement-incomplete',
  'reference-over-determined',
  'evidence-missing',
  'evidence-unused',
  'segment-reference-unknown',
  'tracking-differs',
  'rejects-nothing',
];
