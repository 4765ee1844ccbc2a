import { fail, ok, type ReasonCode, type Result } from '../domain/index.js';
import type { Bundle } from './bundle/load-bundle.js';
import type { FromInferenceChild, NetworkAnswer, Provider } from './child-protocol.js';
import { InferenceProcess, type Ended } from './inference-process.js';
import { providersOf, type Device } from './inference-probe.js';

/**
 * A network in a supervised child process. A child that crashes, hangs or grows beyond its bound is killed; what it was asked is answered with
 * `inference-failed`, and another one is started: at once the first time, then at growing intervals, during which nothing is tried.
 */
export interface Inference {
  /** One patch after the other, in one array; answers in their order. They wait for a child that is starting, not for one that is down. */
  run(patches: Float32Array, count: number): Promise<Result<readonly NetworkAnswer[], InferenceReason>>;
  /** As it is now: for health and metrics. */
  readonly state: InferenceState;
  /** The state after starting has come to an end, one way or the other. */
  settled(): Promise<InferenceState>;
  /** Refuses new work, waits for what is in hand, ends the child. */
  close(): Promise<void>;
}

export type InferenceReason = Extract<ReasonCode, 'inference-failed' | 'device-unavailable' | 'bundle-unavailable'>;

export type InferenceState =
  | { readonly kind: 'starting' }
  | { readonly kind: 'ready'; readonly provider: Provider; readonly because: string; readonly version: string }
  | { readonly kind: 'down'; readonly reason: InferenceReason; readonly because: string }
  | { readonly kind: 'closed' };

export interface InferenceOptions {
  /** auto: CUDA where it works, else the CPU, and the state says why. */
  readonly device: Device;
  /** Of the CPU. */
  readonly threads: number;
  /** A message's answer takes no longer, or the child hangs. A message has at most `PATCHES_A_MESSAGE` patches. */
  readonly timeoutMs: number;
  /** Loading and the first run; a GPU's libraries take seconds. */
  readonly startTimeoutMs: number;
  /** The child's whole memory. */
  readonly mostResidentMb: number;
  /** Waits between starts that fail: the first of them, and the longest. */
  readonly backoffMs: { readonly first: number; readonly most: number };
  /** Told of every change of state, for the log. */
  readonly onState: (state: InferenceState) => void;
}

const INFERENCE_DEFAULTS: InferenceOptions = {
  device: 'auto',
  threads: 1,
  timeoutMs: 60_000,
  startTimeoutMs: 60_000,
  mostResidentMb: 1024,
  backoffMs: { first: 1000, most: 300_000 },
  onState: () => undefined,
};

/** What bounds the memory of a message, and of the child's work on it. */
const PATCHES_A_MESSAGE = 16;

interface Waiting {
  readonly patches: Float32Array;
  readonly count: number;
  readonly settle: (result: Result<readonly NetworkAnswer[], InferenceReason>) => void;
}

export function startInference(bundle: Bundle, given: Partial<InferenceOptions> = {}): Inference {
  const options = { ...INFERENCE_DEFAULTS, ...given };
  const patchLength = bundle.manifest.channels.length * bundle.manifest.sizePx ** 2;
  const waiting: Waiting[] = [];
  let state: InferenceState = { kind: 'starting' };
  let child: InferenceProcess | undefined;
  let work: 'idle' | 'asking' = 'idle';
  let closing: 'no' | 'yes' = 'no';
  /** Ends in a row without an answer in between. */
  let failures = 0;
  let retry: NodeJS.Timeout | undefined;
  let whenSettled: ((state: InferenceState) => void)[] = [];
  let whenIdle: (() => void)[] = [];

  function become(next: InferenceState): void {
    state = next;
    options.onState(next);
    if (next.kind === 'starting') return;
    for (const settle of whenSettled) settle(next);
    whenSettled = [];
  }

  async function start(): Promise<void> {
    const own = new InferenceProcess((ended) => {
      // one that ends between two questions; during a question its answer says so
      if (child === own && work === 'idle') lost(ended);
    });
    child = own;
    work = 'asking';
    const { folder, sha256 } = bundle;
    const providers = providersOf(options.device);
    const answer = await own.ask(
      { kind: 'load', folder, sha256, providers, threads: options.threads },
      { deadlineMs: options.startTimeoutMs, mostResidentMb: options.mostResidentMb },
    );
    work = 'idle';
    if (answer.kind === 'ready' && !own.ended) {
      const { provider, because, version } = answer;
      become({ kind: 'ready', provider, because, version });
      void feed();
      return;
    }
    child = undefined;
    const because = own.ended?.because ?? saysOf(answer);
    await own.kill('it could not start');
    failures += failures === 0 ? 2 : 1;
    down(answer.kind === 'not-ready' ? answer.reason : 'inference-failed', because);
  }

  /** The child ended, or was killed, after it had been ready. */
  function lost({ because }: Ended): void {
    failures += 1;
    down('inference-failed', because);
  }

  function down(reason: InferenceReason, because: string): void {
    child = undefined;
    become({ kind: 'down', reason, because });
    const delay = failures < 2 ? 0 : Math.min(options.backoffMs.most, options.backoffMs.first * 2 ** (failures - 2));
    if (closing === 'no' && delay === 0) restart();
    else {
      for (const { settle } of waiting.splice(0)) settle(fail(reason));
      if (closing === 'no') retry = setTimeout(restart, delay).unref();
    }
    tellIdle();
  }

  function restart(): void {
    become({ kind: 'starting' });
    void start();
  }

  /** Asks the child what waits, one message at a time. */
  async function feed(): Promise<void> {
    while (child && state.kind === 'ready' && work === 'idle') {
      const next = waiting.shift();
      if (!next) break;
      const own = child;
      work = 'asking';
      const { patches, count } = next;
      const limits = { deadlineMs: options.timeoutMs, mostResidentMb: options.mostResidentMb };
      const answer = await own.ask({ kind: 'run', patches, count }, limits);
      work = 'idle';
      if (answer.kind === 'ran') {
        failures = 0;
        next.settle(ok(answer.answers));
      } else next.settle(fail('inference-failed'));
      // in the middle of the run, or after it because it had grown too large
      if (own.ended) lost(own.ended);
    }
    tellIdle();
  }

  function tellIdle(): void {
    if (work === 'asking' || (waiting.length > 0 && state.kind !== 'down')) return;
    for (const done of whenIdle) done();
    whenIdle = [];
  }

  function ask(patches: Float32Array, count: number): Promise<Result<readonly NetworkAnswer[], InferenceReason>> {
    if (closing === 'yes' || state.kind === 'closed') return Promise.resolve(fail('inference-failed'));
    if (state.kind === 'down') return Promise.resolve(fail(state.reason));
    return new Promise((settle) => {
      waiting.push({ patches, count, settle });
      void feed();
    });
  }

  options.onState(state);
  void start();

  return {
    get state() {
      return state;
    },
    settled: () =>
      state.kind === 'starting' ? new Promise((settle) => whenSettled.push(settle)) : Promise.resolve(state),
    async run(patches, count) {
      if (patches.length !== count * patchLength) throw new RangeError('patches are not of the size of the bundle');
      const answers: NetworkAnswer[] = [];
      for (let first = 0; first < count; first += PATCHES_A_MESSAGE) {
        const here = Math.min(PATCHES_A_MESSAGE, count - first);
        const part = await ask(patches.subarray(first * patchLength, (first + here) * patchLength), here);
        if (!part.ok) return part;
        answers.push(...part.value);
      }
      return ok(answers);
    },
    async close() {
      closing = 'yes';
      clearTimeout(retry);
      await new Promise<void>((done) => {
        whenIdle.push(done);
        tellIdle();
      });
      const last = child;
      child = undefined;
      await last?.kill('it is not needed any more');
      become({ kind: 'closed' });
    },
  };
}

const saysOf = (answer: FromInferenceChild | Ended): string =>
  'because' in answer ? answer.because : 'it answered another question';
