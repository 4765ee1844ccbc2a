import type { HuSlice, Ms, ReasonCode, Result } from '../domain/index.js';
import type { LesionMask, SegmentationTask } from '../segmentation/index.js';

/** What follows on a mask: nothing, or a dense CRF on its surroundings. */
export type Refinement = 'none' | 'crf';

/** What a kernel worker is asked. Its bytes and pixels are copies that are transferred: the caller keeps its own. */
export type KernelTask =
  | { readonly kind: 'decode'; readonly bytes: Uint8Array; readonly frame: number | undefined }
  | { readonly kind: 'segment'; readonly task: SegmentationTask; readonly refinement: Refinement };

/** Pixels and masks are transferred. */
export type KernelAnswer =
  | { readonly kind: 'decode'; readonly result: Result<HuSlice, ReasonCode> }
  | { readonly kind: 'segment'; readonly result: Result<LesionMask, ReasonCode>; readonly tookMs: Ms };
