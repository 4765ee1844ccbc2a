import { createHash } from 'node:crypto';
import type { Bundle } from '../compute/index.js';
import { rulesOf, type Configuration } from '../configuration/index.js';
import { KERNEL_REVISION } from '../domain/index.js';
import type { RunDigests } from '../ledger/index.js';

/**
 * What a run is made under: another policy, kernel, model or extent makes a new run of each report. A bundle that cannot be used is as none: what
 * is decided without it is decided again once it is there.
 */
export function runDigests(configuration: Configuration, bundle: Bundle | undefined): RunDigests {
  const { extent } = configuration.segmentation;
  return {
    policyDigest: digestOf(rulesOf(configuration)),
    methodDigest: digestOf({
      kernel: KERNEL_REVISION,
      bundle: bundle?.sha256 ?? null,
      ...(extent === 'volume' ? { extent } : {}),
    }),
  };
}

const digestOf = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('hex');
