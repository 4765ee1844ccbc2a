import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startInference, type Bundle, type Inference } from '../../src/compute/index.js';
import { patchOf } from '../../src/segmentation/index.js';
import { measureMarks } from '../../src/segmentation/lesion-frame.js';
import { patchGeometry } from '../../src/segmentation/cosegmentation/patch-geometry.js';
import { probabilityAt } from '../../src/segmentation/cosegmentation/slice-probability.js';
import { bundleAt, everyBundle, goldenCases, largestDifference, type GoldenCase } from './bundles.js';
import { demandCompiled } from './compiled.js';

beforeAll(demandCompiled);

/** What SciPy or NumPy made of the slice and PyTorch of the patch, by code that shares nothing with this one. */
describe.each(everyBundle())('golden numbers of %s', (folder) => {
  let bundle: Bundle;
  let cases: readonly GoldenCase[];
  let inference: Inference;
  beforeAll(async () => {
    bundle = await bundleAt(folder);
    cases = goldenCases(bundle);
    inference = startInference(bundle, { device: 'cpu' });
  });
  afterAll(() => inference.close());

  it('there are as many as the manifest says', () => {
    expect(cases).toHaveLength(bundle.manifest.golden.cases);
    expect(cases.length).toBeGreaterThan(0);
  });

  it('slice and marks to patch', () => {
    for (const { task, patch } of cases) {
      const own = patchOf(task, bundle.manifest);
      if (!own.ok) throw new Error(own.error);
      expect(largestDifference(own.value, patch)).toBeLessThanOrEqual(1e-4);
    }
  });

  it('patch to gate, embedding, cluster, partner and probability', async () => {
    const { cpu } = bundle.manifest.golden.tolerance;
    for (const golden of cases) {
      const answer = await inference.run(golden.patch, 1);
      if (!answer.ok) throw new Error(answer.error);
      const [own] = answer.value;
      expect(own!.cluster).toBe(golden.cluster);
      for (const name of ['gate', 'embedding', 'partner', 'probability'] as const)
        expect(largestDifference(own![name], golden[name])).toBeLessThanOrEqual(cpu);
    }
  });

  it('probability to slice', () => {
    for (const { task, probability, slice } of cases) {
      const marks = measureMarks(task.marks, task.spacing);
      if (!marks.ok) throw new Error(marks.error);
      const geometry = patchGeometry(marks.value, bundle.manifest.sizePx, bundle.manifest.patch);
      const window = { left: 0, top: 0, width: task.columns, height: task.rows };
      expect(largestDifference(probabilityAt(probability, geometry, window), slice)).toBeLessThanOrEqual(1e-4);
    }
  });
});
