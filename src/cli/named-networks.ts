import { startCosegmentation, type Cosegmentation, type InferenceOptions, type KernelPool } from '../compute/index.js';
import type { EventLog } from '../domain/index.js';
import { loggedStates, shippedBundle } from './bundles.js';

export interface NamedNetworks {
  readonly networkOf: (bundle: string | undefined) => Promise<Cosegmentation | undefined>;
  /** Ends those that were started here. */
  close(): Promise<void>;
}

/**
 * Networks that runs ask for by the name of their bundle. Each is started when it is first asked for, and once; the configured one, where it runs
 * already, is `configured`. A bundle that cannot be used is looked at again the next time.
 */
export function namedNetworks(
  configuredName: string,
  configured: Cosegmentation | undefined,
  kernels: KernelPool,
  options: Pick<InferenceOptions, 'device'>,
  log: EventLog,
): NamedNetworks {
  const started = new Map<string, Promise<Cosegmentation | undefined>>();
  const start = async (name: string): Promise<Cosegmentation | undefined> => {
    const bundle = await shippedBundle(name);
    if (bundle.ok) return startCosegmentation(bundle.value, kernels, { ...options, ...loggedStates(name, log) });
    log.event('model.unusable', { bundle: name, reason: 'bundle-unavailable' });
    started.delete(name);
    return undefined;
  };
  return {
    networkOf(bundle) {
      const name = bundle ?? configuredName;
      if (configured && name === configuredName) return Promise.resolve(configured);
      const running = started.get(name) ?? start(name);
      started.set(name, running);
      return running;
    },
    async close() {
      for (const network of await Promise.all(started.values())) await network?.close();
    },
  };
}
