import { describe, expect, it } from '@jest/globals';
import { countPixels } from '../../../src/domain/index.js';
import { patchGeometry } from '../../../src/segmentation/cosegmentation/patch-geometry.js';
import { probabilityAt } from '../../../src/segmentation/cosegmentation/slice-probability.js';
import {
  candidatesOn,
  contourOn,
  dice,
  patchOf,
  segmentLesion,
  WorkspaceShelf,
  type Network,
  type PatchProbability,
  type SegmentationTask,
} from '../../../src/segmentation/index.js';
import { measureMarks } from '../../../src/segmentation/lesion-frame.js';
import { marksAt, spacingOf } from '../marks.js';
import { phantom } from '../phantom.js';
import { oneWindow } from './network.js';

/** A network that sees the shape between the marks, on a fine patch. */
const network: Network = {
  ...oneWindow,
  sizePx: 64,
  channels: [{ kind: 'superellipse-distance', exponent: 2, clampPx: 20 }],
};

/** What a perfect network would say of the shape: a smooth step over its outline, moved by some patch pixels. */
function shapeProbability(task: SegmentationTask, outwardsPx = 0): PatchProbability {
  const patch = patchOf(task, network);
  if (!patch.ok) throw new Error(patch.error);
  return patch.value.map((distance) => 1 / (1 + Math.exp(20 * distance - outwardsPx)));
}

const contour = (task: SegmentationTask, probability: PatchProbability, of = network) => {
  const lesion = contourOn(new WorkspaceShelf(), task, of, probability);
  if (!lesion.ok) throw new Error(lesion.error);
  return lesion.value;
};

describe('a contour from a probability', () => {
  it.each([
    ['square pixels', {}],
    ['over the edges of its slice', { centre: [13, 9] as const }],
    [
      'large: patch pixels larger than those of the slice',
      { half: [60, 44] as const, columns: 200, rows: 180, centre: [100, 92] as const },
    ],
    ['small', { half: [2.5, 2] as const }],
  ])('is the shape that the network sees: %s', (_, options) => {
    const { task } = phantom(options);
    const lesion = contour(task, shapeProbability(task));
    const shape = segmentLesion({ ...task, method: 'ellipse' });
    if (!shape.ok) throw new Error(shape.error);
    expect(lesion.method).toBe('cosegmentation');
    // the phantom's axes halve each other: the same shape, but for pixels on its outline
    expect(dice(shape.value.mask, lesion.mask)).toBeGreaterThan(0.95);
    expect(lesion.areaPx).toBe(countPixels(lesion.mask));
    expect(lesion.findings).toEqual([]);
  });

  it('lies where it lies on the slice with pixels that are not square', () => {
    const task: SegmentationTask = {
      hu: new Float32Array(80 * 60),
      columns: 80,
      rows: 60,
      spacing: spacingOf(0.5, 1.1),
      marks: marksAt([29.75, 30], [54.25, 30], [42, 26], [42, 34]),
      method: 'cosegmentation',
    };
    const { bits } = contour(task, shapeProbability(task)).mask;
    const row = (y: number) => bits.subarray(80 * y, 80 * (y + 1)).reduce((sum, bit) => sum + bit, 0);
    expect([row(25), row(30), row(35)]).toEqual([0, 25, 0]);
    expect([bits[80 * 30 + 30], bits[80 * 30 + 54], bits[80 * 27 + 42], bits[80 * 33 + 42]]).toEqual([1, 1, 1, 1]);
  });

  it('does not depend on what the memory was used for before', () => {
    const { task } = phantom();
    const shelf = new WorkspaceShelf();
    const fresh = contourOn(shelf, task, network, shapeProbability(task));
    const large = phantom({ half: [60, 44], columns: 200, rows: 180, centre: [100, 92] }).task;
    contourOn(shelf, large, network, new Float32Array(64 * 64).fill(1));
    expect(contourOn(shelf, task, network, shapeProbability(task))).toEqual(fresh);
  });

  it('is one piece without holes: the one at the marks', () => {
    const { task } = phantom();
    const probability = shapeProbability(task);
    const whole = contour(task, probability);
    probability[32 * 64 + 32] = 0;
    probability.fill(1, 0, 3);
    expect(contour(task, probability).mask).toEqual(whole.mask);
  });

  it('is nothing off the patch', () => {
    const { task } = phantom({ columns: 120, rows: 110, centre: [60, 55] });
    const marks = measureMarks(task.marks, task.spacing);
    if (!marks.ok) throw new Error(marks.error);
    const geometry = patchGeometry(marks.value, network.sizePx, network.patch);
    const window = { left: 0, top: 0, width: 120, height: 110 };
    const at = probabilityAt(new Float32Array(64 * 64).fill(1), geometry, window);
    const reach = (geometry.pitchMm * 32) / 0.75;
    at.forEach((p, i) => {
      const off = Math.max(Math.abs((i % 120) - geometry.centre.x), Math.abs(Math.floor(i / 120) - geometry.centre.y));
      expect(p).toBe(off <= reach ? 1 : 0);
    });
  });
});

describe('where the mask of the network has failed, the seed mask takes its place and it is said:', () => {
  const { task } = phantom({ seed: 3 });
  const seed = segmentLesion(task);
  if (!seed.ok) throw new Error(seed.error);

  it.each([
    ['no pixel', new Float32Array(64 * 64), 0],
    ['none on the marks', new Float32Array(64 * 64).fill(1, 0, 64 * 4), 0],
    ['a leak that is far too large', new Float32Array(64 * 64).fill(1), 0.2],
    ['far too small', shapeProbability(task, -17), 0.2],
  ])('%s', (_, probability, below) => {
    const lesion = contour(task, probability);
    expect(lesion.method).toBe('grabcut');
    expect(lesion.mask).toEqual(seed.value.mask);
    const said = lesion.findings.filter(({ code }) => code === 'mask.from-seed');
    expect(said).toHaveLength(1);
    if (below === 0) expect(said[0]!.detail).toBe(0);
    else expect(said[0]!.detail).toBeLessThan(below);
  });

  it('but agreement does not choose between the two', () => {
    const somewhatSmall = contour(task, shapeProbability(task, -0.7));
    expect(somewhatSmall.method).toBe('cosegmentation');
    expect(somewhatSmall.agreement).toBeLessThan(seed.value.agreement);
  });

  it('and where the network may not be rejected, an empty mask still is', () => {
    const never = { ...network, rejectLevel: 0 };
    expect(contour(task, new Float32Array(64 * 64), never).method).toBe('grabcut');
    expect(contour(task, new Float32Array(64 * 64).fill(1), never).method).toBe('cosegmentation');
  });
});

describe('candidates', () => {
  const { task } = phantom();

  it('are the same probability at three times and a third of the odds', () => {
    const probability = shapeProbability(task);
    const candidates = candidatesOn(new WorkspaceShelf(), task, network, probability);
    if (!candidates.ok) throw new Error(candidates.error);
    const at = (threshold: number) => contour(task, probability, { ...network, threshold });
    expect(candidates.value).toEqual({ tighter: at(0.75), wider: at(0.25) });
  });

  it('there may be none that is tighter', () => {
    const unsure = shapeProbability(task).map((p) => 0.6 * p);
    const candidates = candidatesOn(new WorkspaceShelf(), task, network, unsure);
    expect(candidates).toMatchObject({ ok: true, value: { tighter: undefined } });
  });

  it('end as contours do', () => {
    const noHu = { ...task, hu: task.hu.map(() => NaN) };
    const probability = shapeProbability(task);
    const shelf = new WorkspaceShelf();
    expect(candidatesOn(shelf, noHu, network, probability)).toEqual({ ok: false, error: 'pixels-not-hu' });
    expect(contourOn(shelf, noHu, network, probability)).toEqual({ ok: false, error: 'pixels-not-hu' });
  });
});
