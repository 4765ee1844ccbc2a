import { describe } from '@jest/globals';
import { existsSync, readdirSync, readFileSync } from 'node:fs';

/** Processes of this one that run the inference child (Linux). */
export function inferenceChildren(): number[] {
  return readdirSync(`/proc/${process.pid}/task`)
    .flatMap((thread) => readFileSync(`/proc/${process.pid}/task/${thread}/children`, 'utf8').split(' '))
    .filter((pid) => pid !== '' && existsSync(`/proc/${pid}/cmdline`))
    .filter((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('inference-child'))
    .map(Number);
}

/** Only /proc tells which process is the child: elsewhere there is nothing to kill by number. */
export const describeOnLinux = existsSync(`/proc/${process.pid}/task/${process.pid}/children`)
  ? describe
  : describe.skip;
