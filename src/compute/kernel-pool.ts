import { Worker } from 'node:worker_threads';
import { fail, type HuSlice, type ReasonCode, type Result } from '../domain/index.js';
import type { LesionMask, SegmentationTask } from '../segmentation/index.js';
import { entryUrl } from './entry.js';
import type { KernelAnswer, KernelTask } from './kernel-messages.js';

/**
 * Codecs and kernels off the main thread. Each call is a task; a worker that ends in the middle of one answers it with `worker-crashed` and is
 * replaced, and the other tasks go on.
 */
export interface KernelPool {
  /** A Part 10 file to Hounsfield units. `frame` counts from 1; undefined for a single-frame image. */
  decode(bytes: Uint8Array, frame: number | undefined): Promise<Result<HuSlice, ReasonCode>>;
  segment(task: SegmentationTask): Promise<Result<LesionMask, ReasonCode>>;
  /** Waits for tasks in hand and refuses new ones. */
  close(): Promise<void>;
}

interface Pending {
  readonly task: KernelTask;
  readonly settle: (answer: KernelAnswer | 'worker-crashed') => void;
}

interface Seat {
  worker: Worker;
  busy: Pending | undefined;
}

export function startKernelPool(options: { readonly threads: number }): KernelPool {
  const waiting: Pending[] = [];
  const seats: Seat[] = [];
  let closing = false;
  let idle: () => void = () => undefined;

  const feed = (seat: Seat): void => {
    const next = waiting.shift();
    seat.busy = next;
    if (next) seat.worker.postMessage(next.task);
    else if (closing && seats.every((s) => !s.busy)) idle();
  };
  const seatFor = (): Seat => {
    const seat: Seat = { worker: new Worker(entryUrl('kernel-worker')), busy: undefined };
    const watch = (worker: Worker): void => {
      worker.on('message', (answer: KernelAnswer) => {
        seat.busy?.settle(answer);
        feed(seat);
      });
      // an uncaught exception ends the thread: `exit` follows and does what is to be done
      worker.on('error', () => undefined);
      worker.on('exit', () => {
        const lost = seat.busy;
        seat.busy = undefined;
        if (closing && waiting.length === 0 && !lost) return;
        seat.worker = new Worker(entryUrl('kernel-worker'));
        watch(seat.worker);
        lost?.settle('worker-crashed');
        feed(seat);
      });
    };
    watch(seat.worker);
    return seat;
  };
  for (let i = 0; i < options.threads; i++) seats.push(seatFor());

  const submit = (task: KernelTask): Promise<KernelAnswer | 'worker-crashed'> => {
    if (closing) return Promise.resolve('worker-crashed');
    return new Promise((settle) => {
      waiting.push({ task, settle });
      const free = seats.find((seat) => !seat.busy);
      if (free) feed(free);
    });
  };

  return {
    async decode(bytes, frame) {
      const answer = await submit({ kind: 'decode', bytes, frame });
      return answer === 'worker-crashed' || answer.kind !== 'decode' ? fail('worker-crashed') : answer.result;
    },
    async segment(task) {
      const answer = await submit({ kind: 'segment', task });
      return answer === 'worker-crashed' || answer.kind !== 'segment' ? fail('worker-crashed') : answer.result;
    },
    async close() {
      closing = true;
      if (waiting.length > 0 || seats.some((seat) => seat.busy)) await new Promise<void>((done) => (idle = done));
      await Promise.all(seats.map((seat) => seat.worker.terminate()));
    },
  };
}
