import * as ort from 'onnxruntime-node';
import { clusterOf, mirrored, partnersOf, unmirroredMean, viewsOf } from '../segmentation/index.js';
import type { BundleWithGraphs } from './bundle/load-bundle.js';
import type { NetworkAnswer, Provider } from './child-protocol.js';

/** A bundle's two graphs on a provider. */
export interface NetworkSession {
  /** Patches follow one another. Rejects where the runtime does. */
  run(patches: Float32Array, count: number): Promise<readonly NetworkAnswer[]>;
  release(): Promise<void>;
}

/**
 * Lesions that go through the graphs together. Always so many, padded with empty ones: the runtime may add in another order where there are more or
 * fewer, and a mask must not depend on what else is in the queue. On a CPU together is no faster than one after the other; a GPU waits for its
 * launches.
 */
const LESIONS_A_RUN: Readonly<Record<Provider, number>> = { cpu: 1, cuda: 8 };

export async function openNetworkSession(
  { bundle, encoder, decoder }: BundleWithGraphs,
  provider: Provider,
  threads: number,
): Promise<NetworkSession> {
  const { manifest, gates } = bundle;
  const { sizePx, flips, partnerRule, skips } = manifest;
  const maps = ['features', ...skips];
  const views = viewsOf(flips);
  const together = LESIONS_A_RUN[provider];
  const patchLength = manifest.channels.length * sizePx ** 2;
  const pixels = sizePx ** 2;
  const { gateLength, embeddingLength } = manifest.gates;

  const options: ort.InferenceSession.SessionOptions = {
    executionProviders: [provider],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    logSeverityLevel: 4,
  };
  const encoding = await ort.InferenceSession.create(encoder, options);
  const decoding = await ort.InferenceSession.create(decoder, options);

  async function runTogether(patches: Float32Array, count: number): Promise<NetworkAnswer[]> {
    const start = performance.now();
    const images = new Float32Array(together * views * patchLength);
    for (let n = 0; n < count; n++)
      images.set(
        mirrored(patches.subarray(n * patchLength, (n + 1) * patchLength), sizePx, flips),
        n * views * patchLength,
      );
    const shape = [together * views, manifest.channels.length, sizePx, sizePx];
    const encoded = await encoding.run({ patch: new ort.Tensor('float32', images, shape) });
    const gateOf = rowsOf(encoded, 'gate', gateLength);
    const embeddingOf = rowsOf(encoded, 'embedding', embeddingLength);

    const lesions = Array.from({ length: count }, (_, n) => {
      // of the patch itself, not of its mirror images
      const [gate, embedding] = [gateOf(n * views), embeddingOf(n * views)];
      const cluster = clusterOf(embedding, gates);
      return { gate, embedding, cluster, partners: partnersOf(partnerRule, gate, cluster, gates) };
    });
    const features = Object.fromEntries(maps.map((name) => [name, tensorOf(encoded, name)]));
    const partnerCount = lesions[0]!.partners.length;
    const probabilities = lesions.map(() => new Float32Array(partnerCount * views * pixels));
    for (let k = 0; k < partnerCount; k++) {
      const partner = new Float32Array(together * views * gateLength);
      lesions.forEach(({ partners }, n) => {
        for (let v = 0; v < views; v++) partner.set(partners[k]!, (n * views + v) * gateLength);
      });
      const decoded = await decoding.run({
        ...features,
        partner: new ort.Tensor('float32', partner, [together * views, gateLength]),
      });
      const probability = numbersOf(decoded, 'probability', together * views * pixels);
      probabilities.forEach((own, n) =>
        own.set(probability.subarray(n * views * pixels, (n + 1) * views * pixels), k * views * pixels),
      );
    }
    const averaged = probabilities.map((own) => unmirroredMean(own, sizePx, flips));
    const tookMs = (performance.now() - start) / count;
    return lesions.map(({ gate, embedding, cluster, partners }, n) => {
      const probability = averaged[n]!;
      if (!probability.every((p) => p >= 0 && p <= 1)) throw new Error('the network gives what is no probability');
      return { probability, cluster, gate, embedding, partner: Float32Array.from(partners[0]!), tookMs };
    });
  }

  return {
    async run(patches, count) {
      const answers: NetworkAnswer[] = [];
      for (let first = 0; first < count; first += together) {
        const here = Math.min(together, count - first);
        answers.push(...(await runTogether(patches.subarray(first * patchLength, (first + here) * patchLength), here)));
      }
      return answers;
    },
    async release() {
      await encoding.release();
      await decoding.release();
    },
  };
}

function tensorOf(values: ort.InferenceSession.OnnxValueMapType, name: string): ort.Tensor {
  const value = values[name];
  if (!(value instanceof ort.Tensor)) throw new Error(`the network gives no ${name}`);
  return value;
}

function numbersOf(values: ort.InferenceSession.OnnxValueMapType, name: string, count: number): Float32Array {
  const { data } = tensorOf(values, name);
  if (!(data instanceof Float32Array) || data.length !== count)
    throw new Error(`the network gives ${name} of another size`);
  return data;
}

function rowsOf(
  values: ort.InferenceSession.OnnxValueMapType,
  name: string,
  length: number,
): (row: number) => Float32Array {
  const { data, dims } = tensorOf(values, name);
  if (!(data instanceof Float32Array) || dims.length !== 2 || dims[1] !== length)
    throw new Error(`the network gives ${name} of another size`);
  return (row) => data.slice(row * length, (row + 1) * length);
}
