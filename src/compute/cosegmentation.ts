import { ms, ok, type Ms, type ReasonCode, type Result } from '../domain/index.js';
import type { Candidates, LesionMask, PatchProbability, SegmentationTask } from '../segmentation/index.js';
import { loadBundle, type Bundle, type BundleProblem } from './bundle/load-bundle.js';
import type { NetworkAnswer } from './child-protocol.js';
import { startInference, type Inference, type InferenceOptions, type InferenceState } from './inference.js';
import type { Refinement } from './kernel-messages.js';
import type { KernelPool } from './kernel-pool.js';

/**
 * A bundle at work: patches and masks in the kernels' threads, the network in its child process, and nothing on the thread that asks but copies of
 * pixels.
 */
export interface Cosegmentation {
  readonly bundle: Bundle;
  /**
   * The lesions of one report, each with its own answer in their order. `task.method` is not looked at. A mask depends on its own task alone, never
   * on its neighbours, their order or number. Errors: as `segmentLesion`, and `inference-failed`, `device-unavailable`, `bundle-unavailable` where
   * the network could not run: then whoever asks may take the seed mask, wait, or hold.
   */
  cosegment(tasks: readonly SegmentationTask[]): Promise<readonly Result<CosegmentedLesion, ReasonCode>[]>;
  /** The same, with the time that patch, network and mask took by themselves, and with a dense CRF on each mask if so. */
  cosegmentTimed(tasks: readonly SegmentationTask[], refinement: Refinement): Promise<readonly TimedCosegmentation[]>;
  /** A tighter and a wider outline from the probability that `cosegment` gave. */
  candidates(task: SegmentationTask, probability: PatchProbability): Promise<Result<Candidates, ReasonCode>>;
  readonly state: InferenceState;
  settled(): Promise<InferenceState>;
  /** Ends the child process; the kernels are whose they are. */
  close(): Promise<void>;
}

/** `method` is `cosegmentation`, or what took its place where the network's mask failed (finding `mask.from-seed`). */
export interface CosegmentedLesion extends LesionMask {
  /** On the lesion's patch. */
  readonly probability: PatchProbability;
  readonly cluster: number | undefined;
}

export interface TimedCosegmentation {
  readonly result: Result<CosegmentedLesion, ReasonCode>;
  readonly tookMs: Ms | undefined;
}

/** Whether a reason says that the network did not run, rather than something about the lesion. */
export const isInferenceFailure = (reason: ReasonCode): boolean =>
  reason === 'inference-failed' || reason === 'device-unavailable' || reason === 'bundle-unavailable';

/** Loads a bundle and starts it. */
export async function openCosegmentation(
  folder: string,
  kernels: KernelPool,
  options: Partial<InferenceOptions> = {},
): Promise<Result<Cosegmentation, BundleProblem>> {
  const bundle = await loadBundle(folder);
  return bundle.ok ? ok(startCosegmentation(bundle.value, kernels, options)) : bundle;
}

/** Starts the child process of a bundle; whether that one comes up is seen from its state. */
export const startCosegmentation = (
  bundle: Bundle,
  kernels: KernelPool,
  options: Partial<InferenceOptions> = {},
): Cosegmentation => cosegmentationWith(bundle, kernels, startInference(bundle, options));

function cosegmentationWith(bundle: Bundle, kernels: KernelPool, inference: Inference): Cosegmentation {
  const network = bundle.manifest;

  async function cosegmentTimed(
    tasks: readonly SegmentationTask[],
    refinement: Refinement,
  ): Promise<readonly TimedCosegmentation[]> {
    const patches = await Promise.all(tasks.map((task) => kernels.patch(task, network)));
    const seen = patches.flatMap(({ result }) => (result.ok ? [result.value] : []));
    const ran = await inference.run(joined(seen), seen.length);
    let next = 0;
    return Promise.all(
      patches.map(async ({ result, tookMs }, i): Promise<TimedCosegmentation> => {
        if (!result.ok) return { result, tookMs };
        if (!ran.ok) return { result: ran, tookMs: undefined };
        const answer = ran.value[next++]!;
        const { probability, cluster } = answer;
        const contour = await kernels.contour({ task: tasks[i]!, network, probability }, refinement);
        return {
          result: contour.result.ok ? ok({ ...contour.result.value, probability, cluster }) : contour.result,
          tookMs: sum(tookMs, answer, contour.tookMs),
        };
      }),
    );
  }

  return {
    bundle,
    cosegment: async (tasks) => (await cosegmentTimed(tasks, 'none')).map(({ result }) => result),
    cosegmentTimed,
    candidates: (task, probability) => kernels.candidates({ task, network, probability }),
    get state() {
      return inference.state;
    },
    settled: () => inference.settled(),
    close: () => inference.close(),
  };
}

function joined(patches: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(patches.reduce((length, patch) => length + patch.length, 0));
  let at = 0;
  for (const patch of patches) {
    whole.set(patch, at);
    at += patch.length;
  }
  return whole;
}

const sum = (patch: Ms | undefined, { tookMs }: NetworkAnswer, contour: Ms | undefined): Ms | undefined =>
  patch === undefined || contour === undefined ? undefined : ms(patch + tookMs + contour);
