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

/** Characters of an exception's text that are passed on. It names libraries and providers, never data: there is none. */
const MOST_TEXT = 160;

/** The first provider that adds correctly. Those before it, and why not they, are the reason. */
async function probe(providers: readonly Provider[]): Promise<FromInferenceChild> {
  const version = ort.env.versions.node;
  if (version === undefined) return { kind: 'fails', version, because: 'the runtime does not name its version' };
  const refused: string[] = [];
  for (const provider of providers) {
    const problem = await problemOf(provider);
    if (problem === undefined)
      return {
        kind: 'works',
        version,
        provider,
        because: refused.length === 0 ? `${provider} was asked for and works` : refused.join('; '),
      };
    refused.push(`${provider}: ${problem}`);
  }
  return { kind: 'fails', version, because: refused.join('; ') };
}

async function problemOf(provider: Provider): Promise<string | undefined> {
  try {
    const session = await ort.InferenceSession.create(probeGraph(), {
      executionProviders: [provider],
      intraOpNumThreads: 1,
      logSeverityLevel: 4,
    });
    const { y } = await session.run({ x: new ort.Tensor('float32', Float32Array.of(1, 2), [2]) });
    await session.release();
    return y !== undefined && y.data[0] === 2 && y.data[1] === 4 ? undefined : 'computes wrongly';
  } catch (error) {
    if (!(error instanceof Error)) return 'fails without a word';
    return error.message.split('\n')[0]!.slice(0, MOST_TEXT);
  }
}
