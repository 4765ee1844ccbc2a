import { createHash } from 'node:crypto';
import type { Bundle } from '../compute/index.js';
import { rulesOf, type Configuration } from '../configuration/index.js';
import { KERNEL_REVISION } from '../domain/index.js';
import type { Again, RunDigests } from '../ledger/index.js';

/**
 * What a run is made under: another policy, kernel, model or extent makes a new run of each report, and so does what a destination gets: in which form,
 * and whether with a result report. A new run stores no contour of a lesion that has one, in whatever form. Whether notes may be sent changes no
 * run. A replay that names its method has a run of its own beside that of the rules. A bundle that cannot be used is as none: what
 * is decided without it is decided again once it is there.
 */
export function runDigests(configuration: Configuration, bundle: Bundle | undefined, again?: Again): RunDigests {
  const { extent } = configuration.segmentation;
  // what is not asked for is left out: a setting that is new changes nothing where it is not used
  const gets = configuration.destinations
    .filter(({ segmentation, resultReport }) => segmentation !== 'binary' || resultReport)
    .map(({ archive, segmentation, resultReport }) => ({ archive, segmentation, resultReport }));
  return {
    policyDigest: digestOf(gets.length > 0 ? { rules: rulesOf(configuration), gets } : rulesOf(configuration)),
    methodDigest: digestOf({
      kernel: KERNEL_REVISION,
      bundle: bundle?.sha256 ?? null,
      ...(extent === 'volume' ? { extent } : {}),
      ...(again ? { again } : {}),
    }),
  };
}

const digestOf = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('hex');
