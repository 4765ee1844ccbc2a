import type { FromInferenceChild, Provider } from './child-protocol.js';
import { InferenceProcess } from './inference-process.js';

/** Whether a network could run here: by which version, on which provider, and why not on a faster one. */
export type InferenceProbe = FromInferenceChild & { kind: 'works' | 'fails' };

export interface ProbeOptions {
  readonly device: Device;
  /** A child that has not answered by then is killed. */
  readonly deadlineMs: number;
}

/** auto: CUDA where it works, else the CPU. */
export type Device = 'auto' | Provider;

export const providersOf = (device: Device): readonly Provider[] => (device === 'auto' ? ['cuda', 'cpu'] : [device]);

const DEFAULTS: ProbeOptions = { device: 'auto', deadlineMs: 20_000 };

/** Starts ONNX Runtime in a child process and has it compute something. Never rejects: what happens to the child is the answer. */
export async function probeInference({ device, deadlineMs }: ProbeOptions = DEFAULTS): Promise<InferenceProbe> {
  const child = new InferenceProcess(() => undefined);
  const answer = await child.ask({ kind: 'probe', providers: providersOf(device) }, { deadlineMs });
  await child.kill('it has answered');
  if (answer.kind === 'works' || answer.kind === 'fails') return answer;
  const because = answer.kind === 'ended' ? answer.because : 'it answered another question';
  return { kind: 'fails', version: undefined, because };
}
