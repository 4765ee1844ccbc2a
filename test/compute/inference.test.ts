import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { resolve } from 'node:path';
import { startInference, type Inference, type InferenceOptions, type InferenceState } from '../../src/compute/index.js';
import { bundleAt, copyOf, editManifest, goldenCases, TINY } from './bundles.js';
import { describeOnLinux, inferenceChildren } from './children.js';
import { demandCompiled } from './compiled.js';

const started: Inference[] = [];
beforeAll(demandCompiled);
afterEach(async () => {
  for (const inference of started.splice(0)) await inference.close();
});

/** An inference with the tiny bundle, the states it goes through, and one patch. */
async function tiny(options: Partial<InferenceOptions> = {}, folder = TINY) {
  const bundle = await bundleAt(folder);
  const states: InferenceState[] = [];
  const inference = startInference(bundle, { device: 'cpu', onState: (state) => states.push(state), ...options });
  started.push(inference);
  const [golden] = goldenCases(bundle);
  return { inference, states, patch: golden!.patch, kinds: () => states.map(({ kind }) => kind) };
}

describe('inference', () => {
  it('says once where it runs and why there', async () => {
    const { inference, states } = await tiny({ device: 'auto' });
    const state = await inference.settled();
    expect(states).toEqual([{ kind: 'starting' }, state]);
    if (state.kind !== 'ready') throw new Error(state.kind);
    // a machine without CUDA says why not; one with it has nothing to explain
    if (state.provider === 'cpu') expect(state.because).toMatch(/^cuda: \w/);
    expect(state.version).toMatch(/^1\.30\./);
  });

  it('answers every patch of a message, and messages in any number at once', async () => {
    const { inference, patch } = await tiny();
    const one = await inference.run(patch, 1);
    const many = new Float32Array(40 * patch.length);
    for (let n = 0; n < 40; n++) many.set(patch, n * patch.length);
    const answers = await Promise.all([inference.run(many, 40), inference.run(patch, 1), inference.run(many, 40)]);
    if (!one.ok) throw new Error(one.error);
    for (const answer of answers) {
      if (!answer.ok) throw new Error(answer.error);
      for (const { probability } of answer.value) expect(probability).toEqual(one.value[0]!.probability);
    }
    expect(answers.map((answer) => (answer.ok ? answer.value.length : 0))).toEqual([40, 1, 40]);
    expect(await inference.run(new Float32Array(0), 0)).toEqual({ ok: true, value: [] });
  });

  it('refuses patches of another size: they are a mistake of whoever asks', async () => {
    const { inference } = await tiny();
    await expect(inference.run(new Float32Array(7), 1)).rejects.toThrow(RangeError);
  });

  it('with cuda asked for and not there: a failure, with the reason', async () => {
    const { inference, patch } = await tiny({ device: 'cuda' });
    const state = await inference.settled();
    if (state.kind === 'ready') return expect(state.provider).toBe('cuda');
    expect(state).toMatchObject({ kind: 'down', reason: 'device-unavailable' });
    expect(state.kind === 'down' && state.because).toMatch(/^cuda: /);
    expect(await inference.run(patch, 1)).toEqual({ ok: false, error: 'device-unavailable' });
  });

  it('does not run a bundle that was exchanged after it was loaded', async () => {
    const folder = copyOf(TINY);
    const bundle = await bundleAt(folder);
    editManifest(folder, (manifest) => ({ ...manifest, threshold: 0.4 }));
    const inference = startInference(bundle, { device: 'cpu' });
    started.push(inference);
    expect(await inference.settled()).toMatchObject({ kind: 'down', reason: 'bundle-unavailable' });
    rmSync(folder, { recursive: true });
  });

  it('refuses work after it was closed, and does what it had been given', async () => {
    const { inference, patch, kinds } = await tiny();
    const inHand = inference.run(patch, 1);
    await inference.close();
    expect((await inHand).ok).toBe(true);
    expect(await inference.run(patch, 1)).toEqual({ ok: false, error: 'inference-failed' });
    expect(kinds()).toEqual(['starting', 'ready', 'closed']);
  });
});

const FAILED = { ok: false, error: 'inference-failed' };

describeOnLinux('a child process', () => {
  it('that is killed in the middle of a run costs that run, and another one takes its place', async () => {
    const { inference, patch, kinds } = await tiny();
    await inference.settled();
    const [pid] = inferenceChildren();
    // stopped, so that the run is surely in hand
    process.kill(pid!, 'SIGSTOP');
    const [lost, next] = [inference.run(patch, 1), inference.run(patch, 1)];
    process.kill(pid!, 'SIGKILL');
    expect(await lost).toEqual(FAILED);
    expect((await next).ok).toBe(true);
    expect(kinds()).toEqual(['starting', 'ready', 'down', 'starting', 'ready']);
    expect(inferenceChildren()).toHaveLength(1);
    expect(inferenceChildren()).not.toContain(pid);
  });

  it('that hangs is killed after the time it may take, and another one takes its place', async () => {
    const { inference, patch, states } = await tiny({ timeoutMs: 400 });
    await inference.settled();
    process.kill(inferenceChildren()[0]!, 'SIGSTOP');
    expect(await inference.run(patch, 1)).toEqual(FAILED);
    expect(states[2]).toEqual({ kind: 'down', reason: 'inference-failed', because: 'no answer within 400 ms' });
    expect((await inference.run(patch, 1)).ok).toBe(true);
  });

  it('that hangs while it starts is killed, too, and what waits for it is answered', async () => {
    const { inference, patch, states } = await tiny({ startTimeoutMs: 1, backoffMs: { first: 60_000, most: 60_000 } });
    expect(await inference.run(patch, 1)).toEqual(FAILED);
    expect(states.at(-1)).toMatchObject({ kind: 'down', because: 'no answer within 1 ms' });
    // nothing is tried until the wait is over
    expect(await inference.run(patch, 1)).toEqual(FAILED);
    expect(inferenceChildren()).toEqual([]);
  });

  it('that ends between two runs is replaced before the next', async () => {
    const { inference, patch, kinds } = await tiny();
    await inference.settled();
    process.kill(inferenceChildren()[0]!, 'SIGKILL');
    while (kinds().at(-1) !== 'ready' || kinds().length < 4) await new Promise((wait) => setTimeout(wait, 10));
    expect((await inference.run(patch, 1)).ok).toBe(true);
    expect(kinds()).toEqual(['starting', 'ready', 'down', 'starting', 'ready']);
  });

  it('that comes back and ends again is tried at growing intervals only', async () => {
    const { inference, patch, kinds } = await tiny({ backoffMs: { first: 60_000, most: 60_000 } });
    for (const _ of [1, 2]) {
      await inference.settled();
      const [pid] = inferenceChildren();
      process.kill(pid!, 'SIGSTOP');
      const lost = inference.run(patch, 1);
      process.kill(pid!, 'SIGKILL');
      expect(await lost).toEqual(FAILED);
    }
    expect(kinds()).toEqual(['starting', 'ready', 'down', 'starting', 'ready', 'down']);
    expect(await inference.run(patch, 1)).toEqual(FAILED);
  });

  it('that grows beyond its bound is ended, and says so', async () => {
    const { inference, patch, states } = await tiny({ mostResidentMb: 20, backoffMs: { first: 60_000, most: 60_000 } });
    expect(await inference.run(patch, 1)).toEqual(FAILED);
    const down = states[1];
    expect(down).toMatchObject({ kind: 'down', reason: 'inference-failed' });
    expect(down?.kind === 'down' && down.because).toMatch(/^it used \d+ MB of the 20 MB that it may$/);
    expect(inferenceChildren()).toEqual([]);
  });

  it('ends with the process that started it, however that one ends', async () => {
    const door = pathToFileURL(resolve('dist/compute/index.js')).href;
    const script = `
      const { loadBundle, startInference } = await import(${JSON.stringify(door)});
      const bundle = await loadBundle(${JSON.stringify(TINY)});
      const inference = startInference(bundle.value, { device: 'cpu' });
      console.log((await inference.settled()).kind);`;
    const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(parent.stdout, 'data');
    const children = readFileSync(`/proc/${parent.pid}/task/${parent.pid}/children`, 'utf8').trim().split(' ');
    expect(children).toHaveLength(1);
    parent.kill('SIGKILL');
    await once(parent, 'exit');
    while (isRunning(children[0]!)) await new Promise((wait) => setTimeout(wait, 10));
  });
});

/** Not as a zombie that nobody waits for. */
const isRunning = (pid: string): boolean =>
  existsSync(`/proc/${pid}/stat`) && !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
