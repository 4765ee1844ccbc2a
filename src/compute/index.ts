export { probeInference, type InferenceProbe, type ProbeOptions } from './inference-probe.js';
export { startKernelPool, type KernelPool, type KernelPoolOptions } from './kernel-pool.js';
