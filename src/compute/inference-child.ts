import * as ort from 'onnxruntime-node';
import { readBundle } from './bundle/load-bundle.js';
import type { FromInferenceChild, Provider, ToInferenceChild } from './child-protocol.js';
import { whyNoCudaProvider } from './cuda-provider.js';
import { openNetworkSession, type NetworkSession } from './network-session.js';
import { probeGraph } from './probe-graph.js';

/**
 * Runs in a child process: ONNX Runtime computes on the thread that calls it and cannot be stopped there, so it lives where a signal can end it
 * and a crash of native code takes nothing along.
 */
let session: NetworkSession | undefined;
process.on('message', (message: ToInferenceChild) => {
  void answerTo(message).then((answer) => process.send?.(answer));
});

function answerTo(message: ToInferenceChild): Promise<FromInferenceChild> {
  switch (message.kind) {
    case 'probe':
      return probe(message.providers);
    case 'load':
      return load(message);
    case 'run':
      return run(message.patches, message.count);
  }
}

/** Characters of an exception's text that are passed on. It names libraries and providers, never data. */
const MOST_TEXT = 160;

/** The first provider that adds correctly. Those before it, and why not they, are the reason. */
async function probe(providers: readonly Provider[]): Promise<FromInferenceChild> {
  const version = ort.env.versions.node;
  if (version === undefined) return { kind: 'fails', version, because: 'the runtime does not name its version' };
  const chosen = await firstThatWorks(providers, problemOf);
  return chosen.works
    ? { kind: 'works', version, provider: chosen.provider, because: chosen.because }
    : { kind: 'fails', version, because: chosen.because };
}

async function problemOf(provider: Provider): Promise<string | undefined> {
  const adding = await ort.InferenceSession.create(probeGraph(), {
    executionProviders: [provider],
    intraOpNumThreads: 1,
    logSeverityLevel: 4,
  });
  const { y } = await adding.run({ x: new ort.Tensor('float32', Float32Array.of(1, 2), [2]) });
  await adding.release();
  return y !== undefined && y.data[0] === 2 && y.data[1] === 4 ? undefined : 'computes wrongly';
}

/** Loads the bundle and has it compute something on the first provider that can. */
async function load({
  folder,
  sha256,
  providers,
  threads,
}: ToInferenceChild & { kind: 'load' }): Promise<FromInferenceChild> {
  const read = await readBundle(folder);
  if (!read.ok)
    return { kind: 'not-ready', reason: 'bundle-unavailable', because: `${read.error.file} ${read.error.says}` };
  if (read.value.bundle.sha256 !== sha256)
    return { kind: 'not-ready', reason: 'bundle-unavailable', because: 'the bundle was exchanged for another' };
  const { manifest } = read.value.bundle;
  const empty = new Float32Array(manifest.channels.length * manifest.sizePx ** 2);
  const chosen = await firstThatWorks(providers, async (provider) => {
    const opened = await openNetworkSession(read.value, provider, threads);
    await opened.run(empty, 1);
    session = opened;
    return undefined;
  });
  if (!chosen.works) {
    // the CPU is always there: what fails on it is the network itself
    const reason = providers.includes('cpu') ? 'inference-failed' : 'device-unavailable';
    return { kind: 'not-ready', reason, because: chosen.because };
  }
  const { provider, because } = chosen;
  return { kind: 'ready', version: ort.env.versions.node ?? '', provider, because };
}

async function run(patches: Float32Array, count: number): Promise<FromInferenceChild> {
  if (!session) return { kind: 'not-run', because: 'no bundle is loaded' };
  try {
    return { kind: 'ran', answers: await session.run(patches, count) };
  } catch (error) {
    return { kind: 'not-run', because: textOf(error) };
  }
}

type Chosen =
  | { readonly works: true; readonly provider: Provider; readonly because: string }
  | { readonly works: false; readonly because: string };

/** `attempt` gives what is wrong with a provider, or throws it. */
async function firstThatWorks(
  providers: readonly Provider[],
  attempt: (provider: Provider) => Promise<string | undefined>,
): Promise<Chosen> {
  const refused: string[] = [];
  for (const provider of providers) {
    const problem = await attempt(provider).catch(textOf);
    if (problem === undefined)
      return {
        works: true,
        provider,
        because: refused.length === 0 ? `${provider} was asked for and works` : refused.join('; '),
      };
    const cause = provider === 'cuda' ? whyNoCudaProvider() : undefined;
    refused.push(`${provider}: ${cause?.slice(0, MOST_TEXT) ?? problem}`);
  }
  return { works: false, because: refused.join('; ') };
}

/** Of CUDA's errors the part that says what failed: it stands between a page of C++ and the name of the machine. */
function textOf(error: unknown): string {
  if (!(error instanceof Error)) return 'fails without a word';
  const line = error.message.split('\n')[0]!;
  const from = Math.max(0, line.indexOf('CUDA failure'));
  return line.slice(from).split(' ; ')[0]!.slice(0, MOST_TEXT);
}
