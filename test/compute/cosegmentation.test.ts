import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  isInferenceFailure,
  openCosegmentation,
  startKernelPool,
  type Cosegmentation,
  type CosegmentedLesion,
  type KernelPool,
} from '../../src/compute/index.js';
import type { ReasonCode, Result } from '../../src/domain/index.js';
import { patchOf, refineByCrf, segmentLesion, type SegmentationTask } from '../../src/segmentation/index.js';
import { disc, goldenCases, IMAGE, TINY } from './bundles.js';
import { demandCompiled } from './compiled.js';

let kernels: KernelPool;
let tiny: Cosegmentation;

beforeAll(async () => {
  demandCompiled();
  kernels = startKernelPool({ threads: 2 });
  tiny = await opened(TINY);
});
afterAll(async () => {
  await tiny.close();
  await kernels.close();
});

async function opened(folder: string): Promise<Cosegmentation> {
  const result = await openCosegmentation(folder, kernels, { device: 'cpu' });
  if (!result.ok) throw new Error(result.error.says);
  return result.value;
}

function lesionOf(result: Result<CosegmentedLesion, ReasonCode> | undefined): CosegmentedLesion {
  if (!result?.ok) throw new Error(result?.error ?? 'no answer');
  return result.value;
}

const SINGLE = { code: 'axes.single' };
const countOf = (probability: Float32Array, threshold: number): number =>
  probability.filter((p) => p >= threshold).length;

describe('the lesions of a report', () => {
  it('get a mask each, by the network, from the probability on their slice', async () => {
    const cases = goldenCases(tiny.bundle).filter(({ slice }) => countOf(slice, 0.5) > 50);
    expect(cases).toHaveLength(3);
    const results = await tiny.cosegment(cases.map(({ task }) => task));
    results.forEach((result, i) => {
      const lesion = lesionOf(result);
      const { slice, cluster } = cases[i]!;
      expect(lesion).toMatchObject({ method: 'cosegmentation', cluster, findings: i === 1 ? [SINGLE] : [] });
      // PyTorch's probability on the slice, of one piece in these cases
      expect(lesion.mask.bits).toEqual(Uint8Array.from(slice, (p) => (p >= 0.5 ? 1 : 0)));
      expect(lesion.areaPx).toBe(countOf(slice, 0.5));
    });
  });

  it("get the seed mask where the network's is worse than the bundle allows, and it is said", async () => {
    const { task, slice } = goldenCases(tiny.bundle).at(-1)!;
    const lesion = lesionOf((await tiny.cosegment([task]))[0]);
    const seed = segmentLesion({ ...task, method: 'grabcut' });
    if (!seed.ok) throw new Error(seed.error);
    expect(lesion.method).toBe('grabcut');
    expect(lesion.mask).toEqual(seed.value.mask);
    const said = lesion.findings.find(({ code }) => code === 'mask.from-seed');
    expect(said?.detail).toBeGreaterThan(0);
    expect(said?.detail).toBeLessThan(tiny.bundle.manifest.rejectLevel);
    expect(countOf(slice, 0.5)).toBeGreaterThan(0);
  });

  it('get the same masks, byte for byte, in any order and number', async () => {
    const tasks = Array.from({ length: 12 }, (_, i) => disc(4 + i, (i % 5) - 2));
    const together = await tiny.cosegment(tasks);
    const reversed = (await tiny.cosegment(tasks.toReversed())).toReversed();
    const alone: Result<CosegmentedLesion, ReasonCode>[] = [];
    for (const task of tasks) alone.push(...(await tiny.cosegment([task])));
    const other = await opened(TINY);
    const [restarted] = await other.cosegment(tasks.slice(3, 4));
    await other.close();
    expect(reversed).toEqual(together);
    expect(alone).toEqual(together);
    expect(restarted).toEqual(together[3]);
    expect(new Set(together.map((result) => lesionOf(result).areaPx)).size).toBe(12);
  });

  it('end each with its own reason where marks or slice are impossible', async () => {
    const off: SegmentationTask = { ...disc(6), columns: 63, hu: disc(6).hu.slice(0, 64 * 63) };
    const noHu = { ...disc(6), hu: disc(6).hu.map(() => NaN) };
    const results = await tiny.cosegment([noHu, disc(6), { ...off, rows: 1 }]);
    expect(results.map((result) => (result.ok ? 'ok' : result.error))).toEqual([
      'pixels-not-hu',
      'ok',
      'pixel-length-mismatch',
    ]);
    expect(await tiny.cosegment([])).toEqual([]);
  });

  it('are refined and timed where that is asked for', async () => {
    const [plain] = await tiny.cosegmentTimed([disc(9)], 'none');
    const [refined] = await tiny.cosegmentTimed([disc(9)], 'crf');
    expect(plain!.tookMs).toBeGreaterThan(0);
    const expected = refineByCrf(disc(9), lesionOf(plain!.result));
    expect(lesionOf(refined!.result).mask).toEqual(expected.mask);
  });

  it('have a tighter and a wider outline from the same probability', async () => {
    const task = disc(11);
    const lesion = lesionOf((await tiny.cosegment([task]))[0]);
    const candidates = await tiny.candidates(task, lesion.probability);
    if (!candidates.ok) throw new Error(candidates.error);
    const { tighter, wider } = candidates.value;
    const within = (inner: Uint8Array, outer: Uint8Array) => inner.every((bit, p) => bit <= outer[p]!);
    expect(within(tighter!.mask.bits, lesion.mask.bits)).toBe(true);
    expect(within(lesion.mask.bits, wider!.mask.bits)).toBe(true);
    expect(tighter!.areaPx).toBeLessThan(lesion.areaPx);
    expect(wider!.areaPx).toBeGreaterThan(lesion.areaPx);
  });
});

describe('a network that cannot run', () => {
  it('is a reason for every lesion that could have been segmented, not a mask', async () => {
    const closed = await opened(IMAGE);
    await closed.close();
    const noHu = { ...disc(6), hu: disc(6).hu.map(() => NaN) };
    const results = await closed.cosegment([disc(6), noHu, disc(8)]);
    const reasons = results.map((result) => (result.ok ? undefined : result.error));
    expect(reasons).toEqual(['inference-failed', 'pixels-not-hu', 'inference-failed']);
    expect(reasons.map((reason) => reason !== undefined && isInferenceFailure(reason))).toEqual([true, false, true]);
  });

  it('is no bundle at all', async () => {
    expect(await openCosegmentation('test/fixtures/no-bundle', kernels)).toMatchObject({
      ok: false,
      error: { code: 'missing', file: 'manifest.json' },
    });
  });
});

describe('kernel workers', () => {
  it('make patches, masks and candidates as the main thread would', async () => {
    const { manifest: network } = tiny.bundle;
    const task = disc(9);
    const { result } = await kernels.patch(task, network);
    expect(result).toEqual(patchOf(task, network));
    const probability = new Float32Array(network.sizePx ** 2);
    const nothing = await kernels.contour({ task, network, probability }, 'none');
    const seed = segmentLesion({ ...task, method: 'grabcut' });
    if (!seed.ok || !nothing.result.ok) throw new Error('no mask');
    expect(nothing.result.value.mask).toEqual(seed.value.mask);
    expect(nothing.result.value.findings).toContainEqual({ code: 'mask.from-seed', detail: 0 });
  });
});
