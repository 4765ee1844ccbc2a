import { READ_LIMITS } from './limits.js';

/**
 * `truncated`: the bytes end before the data set does. `data-set-invalid`: the structure contradicts itself or a limit was reached.
 * `offset` counts bytes from the start of the file (of the inflated data set where it was deflated).
 */
export interface ReadProblem {
  readonly code: 'not-dicom' | 'truncated' | 'data-set-invalid';
  readonly offset: number;
}

export class ProblemList {
  readonly list: ReadProblem[] = [];

  add(code: ReadProblem['code'], offset: number): void {
    if (this.list.length < READ_LIMITS.problems) this.list.push({ code, offset });
  }
}
