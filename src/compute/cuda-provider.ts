import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/**
 * Why ONNX Runtime could not load its CUDA provider: its own exception names no cause. Undefined where it can be loaded, and the cause lies elsewhere.
 */
export function whyNoCudaProvider(): string | undefined {
  const entry = createRequire(import.meta.url).resolve('onnxruntime-node');
  const folder = join(dirname(entry), '../bin/napi-v6', process.platform, process.arch);
  const library = join(folder, 'libonnxruntime_providers_cuda.so');
  if (!existsSync(library)) return 'its libraries are not installed (npm run setup:cuda)';
  try {
    process.dlopen({ exports: {} }, library);
    return undefined;
  } catch (error) {
    // a library that is no module of Node is loaded before it is refused
    if (!(error instanceof Error) || error.message.includes('self-register')) return undefined;
    return error.message;
  }
}
