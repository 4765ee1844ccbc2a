export { averageDistance, IN_PIXELS, type PixelSteps } from './average-distance.js';
export { dice, overlapOf, type Overlap } from './overlap.js';
export { segmentLesion, segmentLesionOn, type LesionMask, type SegmentationTask } from './segment-lesion.js';
export { WorkspaceShelf } from './workspace.js';
