import { fork, type ChildProcess } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { delimiter } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FromInferenceChild, ToInferenceChild } from './child-protocol.js';
import { entryUrl } from './entry.js';

/** What ended the process, in words for the log. */
export interface Ended {
  readonly kind: 'ended';
  readonly because: string;
}

interface Limits {
  readonly deadlineMs: number;
  /** Of the process's memory; looked at while it works where the system tells it (Linux). */
  readonly mostResidentMb?: number;
}

const MEMORY_LOOK_MS = 200;

/** One inference child: asked one thing at a time, killed when it does not answer in time or grows beyond its bound. */
export class InferenceProcess {
  readonly #child: ChildProcess;
  readonly #exited: Promise<void>;
  #answer: ((answer: FromInferenceChild | Ended) => void) | undefined;
  #end: Ended | undefined;
  /** Why we killed it. */
  #killedBecause: string | undefined;

  /** `onEnd` is told when it ends, whatever the cause. */
  constructor(onEnd: (ended: Ended) => void) {
    // its standard error holds the runtime's own coloured lines about providers that are not there: the answer says it in words
    this.#child = fork(entryUrl('inference-child'), {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      execArgv: [],
      env: { ...process.env, LD_LIBRARY_PATH: libraryPath() },
    });
    this.#child.on('message', (message: FromInferenceChild) => this.#settle(message));
    this.#exited = new Promise((exited) => {
      const ended = (because: string): void => {
        if (this.#end) return;
        this.#end = { kind: 'ended', because: this.#killedBecause ?? because };
        this.#settle(this.#end);
        onEnd(this.#end);
        exited();
      };
      this.#child.on('exit', (code, signal) => ended(`the child process ended (${signal ?? `code ${code}`})`));
      // a child that was never there does not exit
      this.#child.on('error', (error) => {
        if (this.#child.pid === undefined) ended(`the child process cannot be started: ${error.name}`);
      });
    });
  }

  /** Only while nothing else is asked. Never rejects: what happens to the child is an answer. */
  async ask(message: ToInferenceChild, { deadlineMs, mostResidentMb }: Limits): Promise<FromInferenceChild | Ended> {
    if (this.#end) return this.#end;
    const deadline = setTimeout(() => void this.kill(`no answer within ${deadlineMs} ms`), deadlineMs);
    const looking =
      mostResidentMb === undefined ? undefined : setInterval(() => void this.#look(mostResidentMb), MEMORY_LOOK_MS);
    const answer = await new Promise<FromInferenceChild | Ended>((settle) => {
      this.#answer = settle;
      // a child that is gone says so by its exit
      this.#child.send(message, () => undefined);
    });
    clearTimeout(deadline);
    clearInterval(looking);
    if (mostResidentMb !== undefined) await this.#look(mostResidentMb);
    return answer;
  }

  /** What ended it; undefined while it lives. */
  get ended(): Ended | undefined {
    return this.#end;
  }

  /** Ends it at once, also in the middle of a computation or stopped. */
  async kill(because: string): Promise<void> {
    this.#killedBecause ??= because;
    this.#child.kill('SIGKILL');
    await this.#exited;
  }

  async #look(mostResidentMb: number): Promise<void> {
    const resident = this.#child.pid === undefined ? undefined : await residentMbOf(this.#child.pid);
    if (resident !== undefined && resident > mostResidentMb)
      await this.kill(`it used ${Math.round(resident)} MB of the ${mostResidentMb} MB that it may`);
  }

  #settle(answer: FromInferenceChild | Ended): void {
    const settle = this.#answer;
    this.#answer = undefined;
    settle?.(answer);
  }
}

/** Where `npm run setup:cuda` gathers the libraries that ONNX Runtime's CUDA provider is linked against: they are looked for when a process starts. */
const CUDA_LIBRARIES = fileURLToPath(new URL('../../.cuda/lib', import.meta.url));

const libraryPath = (): string =>
  [CUDA_LIBRARIES, process.env['LD_LIBRARY_PATH']].filter((path) => path !== undefined && path !== '').join(delimiter);

/** proc(5): the second number is pages in memory. Undefined where there is no such file. */
async function residentMbOf(pid: number): Promise<number | undefined> {
  try {
    const pages = Number((await readFile(`/proc/${pid}/statm`, 'utf8')).split(' ')[1]);
    return (pages * PAGE_BYTES) / 2 ** 20;
  } catch (error) {
    if (typeof error === 'object' && error !== null && 'code' in error) return undefined;
    throw error;
  }
}

const PAGE_BYTES = 4096;
