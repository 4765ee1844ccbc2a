export { refineByCrf, refineByCrfOn } from './crf/refine-by-crf.js';
export { centreOfMarks } from './marks-centre.js';
export { dice } from './overlap.js';
export { scoreOf, type Score } from './score.js';
export { seedLabels } from './seed-labels.js';
export { segmentLesion, segmentLesionOn, type LesionMask, type SegmentationTask } from './segment-lesion.js';
export { WorkspaceShelf } from './workspace.js';
