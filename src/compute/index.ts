export { loadBundle, type Bundle, type BundleProblem } from './bundle/load-bundle.js';
export { type BundleManifest } from './bundle/manifest.js';
export {
  isInferenceFailure,
  openCosegmentation,
  startCosegmentation,
  type Cosegmentation,
  type CosegmentedLesion,
  type TimedCosegmentation,
} from './cosegmentation.js';
export { startInference, type Inference, type InferenceOptions, type InferenceState } from './inference.js';
export { probeInference, type InferenceProbe, type ProbeOptions } from './inference-probe.js';
export {
  startKernelPool,
  type KernelPool,
  type KernelPoolOptions,
  type TimedResult,
  type TimedSegmentation,
} from './kernel-pool.js';
