export { probeInference, type InferenceProbe, type ProbeOptions } from './inference-probe.js';
export { startKernelPool, type KernelPool } from './kernel-pool.js';
