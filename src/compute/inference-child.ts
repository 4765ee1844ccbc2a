import * as ort from 'onnxruntime-node';
import type { FromInferenceChild, Provider, ToInferenceChild } from './child-protocol.js';
import { probeGraph } from './probe-graph.js';

/**
 * Runs in a child process: ONNX Runtime computes on the thread that calls it and cannot be stopped there, so it lives where a signal can end it
 * and a crash of native code takes nothing along.
 */
process.on('message', (message: ToInferenceChild) => {
  void probe(message.providers).then((answer) => process.send?.(answer));
});

async function probe(providers: readonly Provider[]): Promise<FromInferenceChild> {
  const version = ort.env.versions.node;
  const refused: string[] = [];
  for (const provider of providers) {
    try {
      const session = await ort.InferenceSession.create(probeGraph(), {
        executionProviders: [provider],
        intraOpNumThreads: 1,
        logSeverityLevel: 4,
      });
      const { y } = await session.run({ x: new ort.Tensor('float32', Float32Array.of(1, 2), [2]) });
      await session.release();
      const right = y !== undefined && y.data[0] === 2 && y.data[1] === 4;
      if (right)
        return { kind: 'works', version: version ?? 'unknown', provider, because: reasonFor(provider, refused) };
      refused.push(`${provider}: computes wrongly`);
    } catch (error) {
      // the text names libraries and providers, never data: there is none
      refused.push(`${provider}: ${error instanceof Error ? error.message.split('\n')[0]!.slice(0, 160) : 'failed'}`);
    }
  }
  return { kind: 'fails', version, because: refused.join('; ') };
}

const reasonFor = (provider: Provider, refused: readonly string[]): string =>
  refused.length === 0 ? `${provider} was asked for and works` : refused.join('; ');
