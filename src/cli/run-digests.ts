import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { loadBundle } from '../compute/index.js';
import { rulesOf, type Configuration } from '../configuration/index.js';
import { KERNEL_REVISION } from '../domain/index.js';
import type { RunDigests } from '../ledger/index.js';
import { SHIPPED_BUNDLES } from './bundles.js';

/**
 * What a run is made under: another policy, kernel or model makes a new run of each report. A bundle that cannot be used is as none: what is
 * decided without it is decided again once it is there.
 */
export async function runDigests(configuration: Configuration): Promise<RunDigests> {
  const rules = rulesOf(configuration);
  const bundle = rules.some((rule) => rule.method === 'cosegmentation')
    ? await loadBundle(join(SHIPPED_BUNDLES, configuration.segmentation.bundle))
    : undefined;
  return {
    policyDigest: digestOf(rules),
    methodDigest: digestOf({ kernel: KERNEL_REVISION, bundle: bundle?.ok ? bundle.value.sha256 : null }),
  };
}

const digestOf = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('hex');
