import type { HuSlice, ImagePlane, Mask, Ms, ReasonCode, Result } from '../domain/index.js';
import type {
  Candidates,
  CarryAnswer,
  CarryStep,
  LesionMask,
  Network,
  PatchProbability,
  SegmentationTask,
} from '../segmentation/index.js';

/** What follows on a mask: nothing, or a dense CRF on its surroundings. */
export type Refinement = 'none' | 'crf';

/** What a kernel worker is asked. Its bytes and pixels are copies that are transferred, or memory that is shared: the caller keeps its own. */
export type KernelTask =
  | { readonly kind: 'decode'; readonly bytes: Uint8Array; readonly frame: number | undefined }
  | { readonly kind: 'segment'; readonly task: SegmentationTask; readonly refinement: Refinement }
  | { readonly kind: 'patch'; readonly task: SegmentationTask; readonly network: Network }
  | ({ readonly kind: 'contour'; readonly refinement: Refinement } & ContourTask)
  | ({ readonly kind: 'candidates' } & ContourTask)
  | ({ readonly kind: 'carry' } & CarryTask)
  | { readonly kind: 'slice-picture'; readonly bytes: Uint8Array; readonly frame: number | undefined }
  | { readonly kind: 'hu-picture'; readonly slice: Pick<HuSlice, 'hu'> & { readonly plane: PictureSize } }
  | { readonly kind: 'label-picture'; readonly size: PictureSize; readonly labels: Uint8Array };

/** What of a plane a picture needs. */
export interface PictureSize {
  readonly rows: number;
  readonly columns: number;
}

/** A slice that was decoded and compressed in one go. */
export interface SlicePicture {
  readonly plane: ImagePlane;
  /** 16-bit grey PNG of HU + 32768. */
  readonly png: Uint8Array;
}

/** A lesion that is carried to its next slice. */
export interface CarryTask {
  readonly step: CarryStep;
  readonly hu: Float32Array;
  /** A mask that a network drew there. */
  readonly drawn: Mask | undefined;
}

/** A lesion that a network has looked at. */
export interface ContourTask {
  readonly task: SegmentationTask;
  readonly network: Network;
  readonly probability: PatchProbability;
}

/** Masks and patches are transferred, decoded slices are shared. */
export type KernelAnswer =
  | { readonly kind: 'decode'; readonly result: Result<HuSlice, ReasonCode> }
  | { readonly kind: 'segment' | 'contour'; readonly result: Result<LesionMask, ReasonCode>; readonly tookMs: Ms }
  | { readonly kind: 'patch'; readonly result: Result<Float32Array, ReasonCode>; readonly tookMs: Ms }
  | { readonly kind: 'candidates'; readonly result: Result<Candidates, ReasonCode> }
  | { readonly kind: 'carry'; readonly answer: CarryAnswer }
  | { readonly kind: 'slice-picture'; readonly result: Result<SlicePicture, ReasonCode> }
  | { readonly kind: 'hu-picture' | 'label-picture'; readonly png: Uint8Array };
