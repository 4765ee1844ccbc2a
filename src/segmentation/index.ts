export { candidatesOn, contourOn, probabilityOnSlice, type Candidates } from './cosegmentation/contour.js';
export { IMAGENET } from './cosegmentation/channels.js';
export { mirrored, unmirroredMean, viewsOf } from './cosegmentation/flips.js';
export {
  FLIPS,
  PARTNER_RULES,
  type Channel,
  type Flips,
  type Network,
  type Normalisation,
  type PartnerRule,
  type PatchProbability,
  type PatchScale,
} from './cosegmentation/network.js';
export {
  clusterOf,
  gateNumbers,
  partnerGates,
  partnersOf,
  type GateShape,
  type PartnerGates,
} from './cosegmentation/partner.js';
export { patchOf } from './cosegmentation/patch.js';
export { refineByCrf, refineByCrfOn } from './crf/refine-by-crf.js';
export { centreOfMarks } from './marks-centre.js';
export { dice } from './overlap.js';
export { scoreOf, type Score } from './score.js';
export { seedLabels } from './seed-labels.js';
export { segmentLesion, segmentLesionOn, type LesionMask, type SegmentationTask } from './segment-lesion.js';
export { WorkspaceShelf } from './workspace.js';
export { carryMask, type CarryAnswer, type CarryStep } from './volume/carry-mask.js';
export { marksOf } from './volume/marks-of-mask.js';
export { propagateLesion, type WholeVolumeTask } from './volume/propagate-lesion.js';
export {
  startPropagation,
  type LesionVolume,
  type Propagation,
  type VolumeTask,
  type WantedSlice,
} from './volume/propagation.js';
