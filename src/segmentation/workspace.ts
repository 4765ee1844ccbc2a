import { createCleanUpScratch, type CleanUpScratch } from './clean-up.js';
import { createCrfWorkspace, type CrfWorkspace } from './crf/mean-field.js';
import { createGrabCutWorkspace, type GrabCutWorkspace } from './grabcut/grab-cut.js';

/** Memory of one segmentation at a time, for windows of at most `capacity` padded pixels. Made once a worker, used for every lesion. */
export interface SegmentationWorkspace {
  readonly capacity: number;
  readonly grabCut: GrabCutWorkspace;
  /** rho of the shape, and of the circle on a single mark. */
  readonly rho: Float64Array;
  readonly circleRho: Float64Array;
  /** The shape between the marks, 0 or 1. */
  readonly inside: Uint8Array;
  /** The best mask so far. */
  readonly best: Uint8Array;
  readonly cleanUp: CleanUpScratch;
}

const createWorkspace = (capacity: number): SegmentationWorkspace => ({
  capacity,
  grabCut: createGrabCutWorkspace(capacity),
  rho: new Float64Array(capacity),
  circleRho: new Float64Array(capacity),
  inside: new Uint8Array(capacity),
  best: new Uint8Array(capacity),
  cleanUp: createCleanUpScratch(capacity),
});

/** Holds the memory between lesions and makes more when one does not fit. */
export class WorkspaceShelf {
  #held: SegmentationWorkspace | undefined;
  #crf: CrfWorkspace | undefined;

  take(pixels: number): SegmentationWorkspace {
    if (this.#held === undefined || this.#held.capacity < pixels) this.#held = createWorkspace(pixels);
    return this.#held;
  }

  /** It grows by itself. */
  takeCrf(): CrfWorkspace {
    this.#crf ??= createCrfWorkspace();
    return this.#crf;
  }
}
