import { resolve } from 'node:path';
import { startKernelPool } from '../compute/index.js';
import { createLesionSet } from '../dataset/index.js';
import { KERNEL_REVISION, REASONS } from '../domain/index.js';
import { makeSeeds } from '../evaluation/index.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import { openLesionSet, tellLeftOut } from './lesion-set.js';
import { startProgress } from './progress.js';
import { softwareVersion } from './software-version.js';
import type { Terminal } from './terminal.js';

export interface SeedsOptions {
  readonly data: string;
  readonly out: string;
  readonly threads: number;
}

/** `caliper seeds`: a data set with a weak label for every row, made from the reader's marks. */
export async function seeds(options: SeedsOptions, terminal: Terminal): Promise<ExitCode> {
  const set = await openLesionSet(options.data, terminal);
  if (!set) return EXIT.usage;
  if (set.rows.length === 0) {
    terminal.err(`${options.data} has no row`);
    return EXIT.usage;
  }
  const writer = await createLesionSet(options.out, set);
  if (!writer.ok) {
    terminal.err(`${resolve(options.out)} is not empty: give a new folder`);
    return EXIT.usage;
  }
  const kernels = startKernelPool({ threads: options.threads });
  try {
    const progress = startProgress(set.rows.length, 'rows', terminal, () => performance.now());
    const counts = await makeSeeds(set, writer.value, kernels, options.threads + 1, () => progress.step());
    progress.end();
    await writer.value.close({ name: 'caliper seeds', version: `${softwareVersion()}, kernel ${KERNEL_REVISION}` });
    tellLeftOut(counts.leftOut, terminal);
    for (const [reason, count] of counts.refused)
      terminal.err(`${count} rows without a seed (${reason}): ${REASONS[reason].says}`);
    terminal.out(`${counts.seeds} seed masks in ${options.out}`);
    const unreadable = [...counts.leftOut.keys()].some((code) => code !== 'image-missing');
    return counts.refused.size > 0 || unreadable || set.refused.length > 0 || counts.seeds === 0
      ? EXIT.someFailed
      : EXIT.done;
  } finally {
    await kernels.close();
  }
}
