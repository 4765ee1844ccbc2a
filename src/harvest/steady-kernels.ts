import type { KernelPool } from '../compute/index.js';
import type { ReasonCode, Result } from '../domain/index.js';

/** How often a task is given to a worker, in all. */
const TRIES = 3;

/** The same kernels; a task whose worker ended in the middle is given to another one before it counts as lost (`worker-crashed`). */
export const steady = (kernels: KernelPool): KernelPool => ({
  ...kernels,
  decode: (bytes, frame) => tried(() => kernels.decode(bytes, frame)),
  segment: (task) => tried(() => kernels.segment(task)),
  slicePicture: (bytes, frame) => tried(() => kernels.slicePicture(bytes, frame)),
  huPicture: (slice) => tried(() => kernels.huPicture(slice)),
  labelPicture: (size, labels) => tried(() => kernels.labelPicture(size, labels)),
});

async function tried<T>(ask: () => Promise<Result<T, ReasonCode>>): Promise<Result<T, ReasonCode>> {
  let answer = await ask();
  for (let tries = 1; !answer.ok && answer.error === 'worker-crashed' && tries < TRIES; tries++) answer = await ask();
  return answer;
}
