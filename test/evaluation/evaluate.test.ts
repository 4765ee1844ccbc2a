import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { rmSync } from 'node:fs';
import { startKernelPool, type KernelPool } from '../../src/compute/index.js';
import { readLesionSet } from '../../src/dataset/index.js';
import { KERNEL_METHODS, evaluate } from '../../src/evaluation/index.js';
import { refineByCrf, scoreOf, segmentLesion } from '../../src/segmentation/index.js';
import { demandCompiled } from '../compute/compiled.js';
import { madeRows, madeSet } from '../dataset/made-set.js';
import { spacingOf } from '../segmentation/marks.js';

let kernels: KernelPool;
const folder = madeSet();

beforeAll(() => {
  demandCompiled();
  kernels = startKernelPool({ threads: 2 });
});
afterAll(async () => {
  await kernels.close();
  rmSync(folder, { recursive: true });
});

it('gives in workers, in any order, what the kernels give one after the other', async () => {
  const set = await readLesionSet(folder);
  if (!set.ok) throw new Error(set.error.says);
  const { rows } = set.value;
  let told = 0;
  const plan = { set: set.value, rows, methods: KERNEL_METHODS, marks: 'observer', scaleMarks: 1 } as const;
  const { scores, leftOut, failed } = await evaluate(plan, { kernels, networks: new Map() }, 3, () => told++);
  expect([told, leftOut, failed]).toEqual([rows.length, [], []]);

  const expected = madeRows().flatMap(({ hu, rows: height, columns, truth, id }, i) =>
    KERNEL_METHODS.map((method) => {
      const [plain, refinement] = method.split('+') as [
        'ellipse' | 'superellipse' | 'grabcut-paper' | 'grabcut',
        'crf'?,
      ];
      const task = {
        hu,
        rows: height,
        columns,
        spacing: spacingOf(0.75),
        marks: rows[i]!.observerMarks,
        method: plain,
      };
      const lesion = segmentLesion(task);
      if (!lesion.ok) throw new Error(lesion.error);
      const made = refinement ? refineByCrf(task, lesion.value) : lesion.value;
      return { id, method, areaPx: made.areaPx, score: scoreOf(truth, made.mask, task.spacing) };
    }),
  );
  expect(
    scores.map(({ row, method, outcome, score }) => ({
      id: row.id,
      method,
      areaPx: outcome.kind === 'mask' ? outcome.areaPx : 0,
      score,
    })),
  ).toEqual(expected);
});
