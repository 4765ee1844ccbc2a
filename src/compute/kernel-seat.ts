import { Worker } from 'node:worker_threads';
import { entryUrl } from './entry.js';
import type { KernelAnswer, KernelTask } from './kernel-messages.js';

/** A task and where its answer goes. */
export interface PendingTask {
  readonly task: KernelTask;
  readonly settle: (answer: KernelAnswer | 'worker-crashed') => void;
}

interface SeatOptions {
  readonly deadlineMs: number;
  readonly crashed: (error: Error | undefined) => void;
  /** Called whenever the seat has nothing to do any more. */
  readonly free: () => void;
}

/**
 * One place for a worker thread: at most one task at a time, and at most one worker, made anew when a task comes after the last one ended. A worker
 * that cannot even start thus costs each task one attempt, not the machine an endless loop.
 */
export class KernelSeat {
  readonly #options: SeatOptions;
  #worker: Worker | undefined;
  #task: PendingTask | undefined;
  #deadline: NodeJS.Timeout | undefined;
  #problem: Error | undefined;

  constructor(options: SeatOptions) {
    this.#options = options;
    this.#worker = this.#start();
  }

  get busy(): boolean {
    return this.#task !== undefined;
  }

  /** Only while not busy. */
  work(pending: PendingTask): void {
    const worker = (this.#worker ??= this.#start());
    const message = withOwnPixels(pending.task);
    worker.postMessage(message.task, message.pixels);
    this.#task = pending;
    this.#deadline = setTimeout(() => void worker.terminate(), this.#options.deadlineMs);
  }

  /** Only while not busy. */
  async end(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }

  #start(): Worker {
    const worker = new Worker(entryUrl('kernel-worker'));
    worker.on('message', (answer: KernelAnswer) => this.#settle(answer));
    // an uncaught exception ends the thread; `exit` follows
    worker.on('error', (error) => (this.#problem = error));
    worker.on('exit', () => {
      if (this.#worker !== worker) return;
      this.#worker = undefined;
      this.#options.crashed(this.#problem);
      this.#problem = undefined;
      this.#settle('worker-crashed');
    });
    return worker;
  }

  #settle(answer: KernelAnswer | 'worker-crashed'): void {
    clearTimeout(this.#deadline);
    const task = this.#task;
    this.#task = undefined;
    task?.settle(answer);
    this.#options.free();
  }
}

/** A task as it is sent, and what of it is handed over. */
interface Message {
  readonly task: KernelTask;
  readonly pixels: readonly ArrayBuffer[];
}

function withOwnPixels(task: KernelTask): Message {
  switch (task.kind) {
    case 'decode':
    case 'slice-picture': {
      const bytes = new Uint8Array(task.bytes);
      return { task: { ...task, bytes }, pixels: [bytes.buffer] };
    }
    case 'carry': {
      const { hu, pixels } = ownHu(task.hu);
      return { task: { ...task, hu }, pixels };
    }
    case 'hu-picture': {
      const { hu, pixels } = ownHu(task.slice.hu);
      return { task: { ...task, slice: { ...task.slice, hu } }, pixels };
    }
    case 'label-picture': {
      const labels = new Uint8Array(task.labels);
      return { task: { ...task, labels }, pixels: [labels.buffer] };
    }
    default: {
      const { hu, pixels } = ownHu(task.task.hu);
      return { task: { ...task, task: { ...task.task, hu } }, pixels };
    }
  }
}

/** A copy of just the pixels of this task: a view would take its whole buffer along, and the caller goes on using it. Shared memory goes as it is. */
function ownHu(hu: Float32Array): { hu: Float32Array; pixels: readonly ArrayBuffer[] } {
  if (hu.buffer instanceof SharedArrayBuffer) return { hu, pixels: [] };
  const copy = new Float32Array(hu);
  return { hu: copy, pixels: [copy.buffer] };
}
