import { fork } from 'node:child_process';
import type { FromInferenceChild, Provider, ToInferenceChild } from './child-protocol.js';
import { entryUrl } from './entry.js';

/** Whether a network could run here: by which version, on which provider, and why not on a faster one. */
export type InferenceProbe = FromInferenceChild;

export interface ProbeOptions {
  readonly device: 'auto' | Provider;
  /** A child that has not answered by then is killed. */
  readonly deadlineMs: number;
}

const DEFAULTS: ProbeOptions = { device: 'auto', deadlineMs: 20_000 };

/** Starts ONNX Runtime in a child process and has it compute something. Never rejects: what happens to the child is the answer. */
export function probeInference(options: ProbeOptions = DEFAULTS): Promise<InferenceProbe> {
  const providers: readonly Provider[] = options.device === 'auto' ? ['cuda', 'cpu'] : [options.device];
  return new Promise((resolve) => {
    // its standard error holds the runtime's own coloured lines about providers that are not there: the answer says it in words
    const child = fork(entryUrl('inference-child'), {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      execArgv: [],
    });
    let answer: InferenceProbe | undefined;
    const fails = (because: string): InferenceProbe => ({ kind: 'fails', version: undefined, because });
    const end = (probe: InferenceProbe): void => {
      answer ??= probe;
      child.kill('SIGKILL');
    };
    const deadline = setTimeout(() => end(fails(`no answer within ${options.deadlineMs} ms`)), options.deadlineMs);
    const settle = (probe: InferenceProbe): void => {
      clearTimeout(deadline);
      resolve(probe);
    };
    child.on('message', (message: FromInferenceChild) => end(message));
    child.on('exit', (code, signal) =>
      settle(answer ?? fails(`the child process ended (${signal ?? `code ${code}`})`)),
    );
    // a child that was never there does not exit
    child.on('error', (error) => {
      if (child.pid === undefined) settle(fails(`the child process cannot be started: ${error.name}`));
    });
    child.send({ kind: 'probe', providers } satisfies ToInferenceChild);
  });
}
