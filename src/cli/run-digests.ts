import { createHash } from 'node:crypto';
import { rulesOf, type Configuration } from '../configuration/index.js';
import { KERNEL_REVISION } from '../domain/index.js';
import type { RunDigests } from '../ledger/index.js';

/** What a run is made under: another policy, kernel or model makes a new run of each report. */
export const runDigests = (configuration: Configuration): RunDigests => ({
  policyDigest: digestOf(rulesOf(configuration)),
  methodDigest: digestOf({ kernel: KERNEL_REVISION, bundle: null }),
});

const digestOf = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('hex');
