import { fail, ok, type HuSlice, type Ms, type ReasonCode, type Result } from '../domain/index.js';
import type { Candidates, CarryAnswer, LesionMask, Network, SegmentationTask } from '../segmentation/index.js';
import type {
  CarryTask,
  ContourTask,
  KernelAnswer,
  KernelTask,
  PictureSize,
  Refinement,
  SlicePicture,
} from './kernel-messages.js';
import { KernelSeat, type PendingTask } from './kernel-seat.js';

/**
 * Codecs and kernels off the main thread. Each call is a task; a worker that ends in the middle of one answers it with `worker-crashed` and is
 * replaced, and the other tasks go on.
 */
export interface KernelPool {
  /** A Part 10 file to Hounsfield units. `frame` counts from 1; undefined for a single-frame image. */
  decode(bytes: Uint8Array, frame: number | undefined): Promise<Result<HuSlice, ReasonCode>>;
  segment(task: SegmentationTask): Promise<Result<LesionMask, ReasonCode>>;
  /** The same, refined if so, with the time that the kernels alone took; undefined where the worker did not answer. */
  segmentTimed(task: SegmentationTask, refinement: Refinement): Promise<TimedSegmentation>;
  /** A lesion as a network sees it. */
  patch(task: SegmentationTask, network: Network): Promise<TimedResult<Float32Array>>;
  /** A lesion's mask from what a network said of its patch. */
  contour(lesion: ContourTask, refinement: Refinement): Promise<TimedSegmentation>;
  /** A tighter and a wider outline of the same. */
  candidates(lesion: ContourTask): Promise<Result<Candidates, ReasonCode>>;
  /** A lesion on its next slice (`startPropagation`). */
  carry(task: CarryTask): Promise<Result<CarryAnswer, ReasonCode>>;
  /** A Part 10 file to a picture of its Hounsfield units, without them coming this way. */
  slicePicture(bytes: Uint8Array, frame: number | undefined): Promise<Result<SlicePicture, ReasonCode>>;
  /** The same of a slice that was decoded before. */
  huPicture(slice: Pick<HuSlice, 'hu'> & { readonly plane: PictureSize }): Promise<Result<Uint8Array, ReasonCode>>;
  /** Labels (rows x columns) as an 8-bit grey PNG. */
  labelPicture(size: PictureSize, labels: Uint8Array): Promise<Result<Uint8Array, ReasonCode>>;
  /** Refuses new tasks (`worker-crashed`), waits for those in hand, and ends the workers. */
  close(): Promise<void>;
}

export interface TimedResult<T> {
  readonly result: Result<T, ReasonCode>;
  readonly tookMs: Ms | undefined;
}
export type TimedSegmentation = TimedResult<LesionMask>;

export interface KernelPoolOptions {
  readonly threads: number;
  /** Tasks that may wait for a worker; one more is answered `unexpected-error`: who submits has lost count. */
  readonly mostWaiting?: number;
  /** A task that takes longer is given up, and its worker with it. */
  readonly deadlineMs?: number;
  /** Told what a worker ended by, for the log: an exception, or undefined where it ended without one. */
  readonly onCrash?: (error: Error | undefined) => void;
}

const MOST_WAITING = 1024;
/** The largest slices of the slowest codec take seconds; a lesion takes milliseconds. */
const DEADLINE_MS = 60_000;

export function startKernelPool(options: KernelPoolOptions): KernelPool {
  const mostWaiting = options.mostWaiting ?? MOST_WAITING;
  const waiting: PendingTask[] = [];
  let closing: 'no' | 'yes' = 'no';
  let whenIdle: (() => void)[] = [];

  const seats = Array.from(
    { length: options.threads },
    () =>
      new KernelSeat({
        deadlineMs: options.deadlineMs ?? DEADLINE_MS,
        crashed: options.onCrash ?? (() => undefined),
        free: () => feed(),
      }),
  );

  /** Gives waiting tasks to free seats. */
  function feed(): void {
    for (const seat of seats) {
      if (seat.busy) continue;
      const next = waiting.shift();
      if (!next) break;
      seat.work(next);
    }
    if (waiting.length > 0 || seats.some((seat) => seat.busy)) return;
    for (const done of whenIdle) done();
    whenIdle = [];
  }

  function submit(task: KernelTask): Promise<KernelAnswer | ReasonCode> {
    if (closing === 'yes') return Promise.resolve('worker-crashed');
    if (waiting.length >= mostWaiting) return Promise.resolve('unexpected-error');
    return new Promise((settle) => {
      waiting.push({ task, settle });
      feed();
    });
  }

  async function lesionOf(task: KernelTask & { kind: 'segment' | 'contour' }): Promise<TimedSegmentation> {
    const answer = await submit(task);
    if (typeof answer === 'string') return { result: fail(answer), tookMs: undefined };
    return answer.kind === 'segment' || answer.kind === 'contour' ? answer : wrongAnswer();
  }
  async function png(
    task: KernelTask & { kind: 'hu-picture' | 'label-picture' },
  ): Promise<Result<Uint8Array, ReasonCode>> {
    const answer = await submit(task);
    if (typeof answer === 'string') return fail(answer);
    return answer.kind === 'hu-picture' || answer.kind === 'label-picture' ? ok(answer.png) : wrongAnswer();
  }
  const segmentTimed = (task: SegmentationTask, refinement: Refinement) =>
    lesionOf({ kind: 'segment', task, refinement });

  return {
    async decode(bytes, frame) {
      const answer = await submit({ kind: 'decode', bytes, frame });
      if (typeof answer === 'string') return fail(answer);
      return answer.kind === 'decode' ? answer.result : wrongAnswer();
    },
    segment: async (task) => (await segmentTimed(task, 'none')).result,
    segmentTimed,
    async patch(task, network) {
      const answer = await submit({ kind: 'patch', task, network });
      if (typeof answer === 'string') return { result: fail(answer), tookMs: undefined };
      return answer.kind === 'patch' ? answer : wrongAnswer();
    },
    contour: (lesion, refinement) => lesionOf({ kind: 'contour', refinement, ...lesion }),
    async candidates(lesion) {
      const answer = await submit({ kind: 'candidates', ...lesion });
      if (typeof answer === 'string') return fail(answer);
      return answer.kind === 'candidates' ? answer.result : wrongAnswer();
    },
    async carry(task) {
      const answer = await submit({ kind: 'carry', ...task });
      if (typeof answer === 'string') return fail(answer);
      return answer.kind === 'carry' ? ok(answer.answer) : wrongAnswer();
    },
    async slicePicture(bytes, frame) {
      const answer = await submit({ kind: 'slice-picture', bytes, frame });
      if (typeof answer === 'string') return fail(answer);
      return answer.kind === 'slice-picture' ? answer.result : wrongAnswer();
    },
    huPicture: ({ hu, plane: { rows, columns } }) =>
      png({ kind: 'hu-picture', slice: { hu, plane: { rows, columns } } }),
    labelPicture: ({ rows, columns }, labels) => png({ kind: 'label-picture', size: { rows, columns }, labels }),
    async close() {
      closing = 'yes';
      await new Promise<void>((done) => {
        whenIdle.push(done);
        feed();
      });
      await Promise.all(seats.map((seat) => seat.end()));
    },
  };
}

function wrongAnswer(): never {
  throw new Error('a kernel worker answered another question than it was asked');
}
