import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  loadBundle,
  startCosegmentation,
  type Bundle,
  type Cosegmentation,
  type InferenceOptions,
  type KernelPool,
} from '../compute/index.js';
import { rulesOf, type Configuration } from '../configuration/index.js';
import { fail, ok, type EventLog, type Result } from '../domain/index.js';

/** The bundles that come with the product; two folders up both from src/cli/ and from dist/cli/. */
export const SHIPPED_BUNDLES = fileURLToPath(new URL('../../models', import.meta.url));

/** A shipped bundle by its name. The error is a sentence for the administrator. */
export async function shippedBundle(name: string): Promise<Result<Bundle, string>> {
  const loaded = await loadBundle(join(SHIPPED_BUNDLES, name));
  if (loaded.ok) return loaded;
  const { folder, file, says } = loaded.error;
  return fail(`the bundle ${name} cannot be used: ${join(folder, file)} ${says}`);
}

/** The bundle that rules of a configuration ask for; undefined where none does. */
export const bundleAskedFor = async (configuration: Configuration): Promise<Result<Bundle | undefined, string>> =>
  rulesOf(configuration).some((rule) => rule.method === 'cosegmentation')
    ? shippedBundle(configuration.segmentation.bundle)
    : ok(undefined);

/** A shipped bundle at work, once it runs. */
export async function openReadyNetwork(
  name: string,
  kernels: KernelPool,
  options: Pick<InferenceOptions, 'device'>,
): Promise<Result<Cosegmentation, string>> {
  const bundle = await shippedBundle(name);
  return bundle.ok ? readyNetwork(bundle.value, kernels, options) : bundle;
}

/** A bundle at work, once it runs. */
export async function readyNetwork(
  bundle: Bundle,
  kernels: KernelPool,
  options: Pick<InferenceOptions, 'device'>,
): Promise<Result<Cosegmentation, string>> {
  const network = startCosegmentation(bundle, kernels, options);
  const state = await network.settled();
  if (state.kind === 'ready') return ok(network);
  await network.close();
  return fail(`the bundle ${bundle.manifest.name} does not run: ${state.kind === 'down' ? state.because : state.kind}`);
}

/** Says in the log which device the network runs on, and when it is down; once each. */
export const loggedStates = (bundle: string, log: EventLog): Pick<InferenceOptions, 'onState'> => ({
  onState: (state) => {
    if (state.kind === 'ready') log.event('model.ready', { bundle, provider: state.provider, version: state.version });
    else if (state.kind === 'down') log.event('model.failing', { bundle, reason: state.reason });
  },
});
