export { dice } from './overlap.js';
export { segmentLesion, segmentLesionOn, type LesionMask, type SegmentationTask } from './segment-lesion.js';
export { WorkspaceShelf } from './workspace.js';
