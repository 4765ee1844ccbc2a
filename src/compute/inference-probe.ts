import { fork } from 'node:child_process';
import type { FromInferenceChild, Provider, ToInferenceChild } from './child-protocol.js';
import { entryUrl } from './entry.js';

/** Whether a network could run here: on which provider, and why not on a faster one. */
export type InferenceProbe = FromInferenceChild;

export interface ProbeOptions {
  readonly device: 'auto' | Provider;
  /** A child that has not answered by then is killed. */
  readonly deadlineMs: number;
}

/** Starts ONNX Runtime in a child process and has it compute something. Never rejects: what happens to the child is the answer. */
export function probeInference(
  options: ProbeOptions = { device: 'auto', deadlineMs: 20_000 },
): Promise<InferenceProbe> {
  const providers: readonly Provider[] = options.device === 'auto' ? ['cuda', 'cpu'] : [options.device];
  return new Promise((resolve) => {
    // its standard error holds the runtime's own coloured lines about providers that are not there
    const child = fork(entryUrl('inference-child'), {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      execArgv: [],
    });
    const end = (probe: InferenceProbe): void => {
      clearTimeout(deadline);
      child.removeAllListeners();
      child.kill('SIGKILL');
      resolve(probe);
    };
    const gone = (because: string): void => end({ kind: 'fails', version: undefined, because });
    const deadline = setTimeout(() => gone(`no answer within ${options.deadlineMs} ms`), options.deadlineMs);
    child.on('message', (message: FromInferenceChild) => end(message));
    child.on('error', (error) => gone(`the child process cannot be started: ${error.name}`));
    child.on('exit', (code, signal) => gone(`the child process ended (${signal ?? `code ${code}`})`));
    child.send({ kind: 'probe', providers } satisfies ToInferenceChild);
  });
}
