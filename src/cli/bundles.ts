import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openCosegmentation, type Cosegmentation, type InferenceOptions, type KernelPool } from '../compute/index.js';
import { fail, ok, type EventLog, type Result } from '../domain/index.js';

/** The bundles that come with the product; two folders up both from src/cli/ and from dist/cli/. */
export const SHIPPED_BUNDLES = fileURLToPath(new URL('../../models', import.meta.url));

/** Opens a bundle by its name and starts its process. The error is a sentence for the administrator. */
export async function openNetwork(
  bundle: string,
  kernels: KernelPool,
  options: Pick<InferenceOptions, 'device'> & Partial<InferenceOptions>,
): Promise<Result<Cosegmentation, string>> {
  const opened = await openCosegmentation(join(SHIPPED_BUNDLES, bundle), kernels, options);
  if (opened.ok) return opened;
  const { folder, file, says } = opened.error;
  return fail(`the bundle ${bundle} cannot be used: ${join(folder, file)} ${says}`);
}

/** The same, waiting until it runs. */
export async function openReadyNetwork(
  bundle: string,
  kernels: KernelPool,
  options: Pick<InferenceOptions, 'device'>,
): Promise<Result<Cosegmentation, string>> {
  const opened = await openNetwork(bundle, kernels, options);
  if (!opened.ok) return opened;
  const state = await opened.value.settled();
  if (state.kind === 'ready') return ok(opened.value);
  await opened.value.close();
  return fail(`the bundle ${bundle} does not run: ${state.kind === 'down' ? state.because : state.kind}`);
}

/** Says in the log which device the network runs on and why, and when it is down; once each. */
export const loggedStates = (bundle: string, log: EventLog): Pick<InferenceOptions, 'onState'> => ({
  onState: (state) => {
    if (state.kind === 'ready') log.event('model.ready', { bundle, provider: state.provider, version: state.version });
    else if (state.kind === 'down') log.event('model.failing', { bundle, reason: state.reason });
  },
});
