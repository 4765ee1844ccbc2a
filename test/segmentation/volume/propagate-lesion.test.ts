import { describe, expect, it } from '@jest/globals';
import { countPixels, type Mask } from '../../../src/domain/index.js';
import {
  carryMask,
  marksOf,
  propagateLesion,
  startPropagation,
  WorkspaceShelf,
  type LesionVolume,
  type WholeVolumeTask,
} from '../../../src/segmentation/index.js';
import { diceOfStacks } from '../reference/stacks.js';
import { cylinder, ellipsoid, stackPhantom } from './stack-phantom.js';

const shelf = new WorkspaceShelf();

function propagated(task: WholeVolumeTask): LesionVolume {
  const result = propagateLesion(shelf, task);
  if (!result.ok) throw new Error(result.error);
  return result.value;
}
const extent = ({ masks }: LesionVolume): number[] => [...masks.keys()].filter((i) => masks[i] !== undefined);

describe('a lesion is carried from its marked slice to the others', () => {
  const [a, b, c] = [15, 11, 12];
  const ball = stackPhantom({ solid: ellipsoid(a, b, c), marked: [a, b] });

  it.each([
    ['2 mm slices', 2, 25, 0.05],
    ['thin slices of 1 mm', 1, 41, 0.05],
    // three fifths of the slices hold its edge; their half-tones are partly counted in
    ['thick slices of 5 mm', 5, 11, 0.12],
  ])('an ellipsoid on %s: its volume', (_, stepMm, slices, within) => {
    const { task, truth } = stackPhantom({ solid: ellipsoid(a, b, c), marked: [a, b], stepMm, slices });
    const volume = propagated(task);
    const whole = (4 / 3) * Math.PI * a * b * c;
    const { dice } = diceOfStacks(truth, volume.masks);
    process.stderr.write(
      `ellipsoid, ${stepMm} mm: ${(volume.volumeMm3! / whole).toFixed(3)} of its volume, Dice ${dice.toFixed(3)}, ${JSON.stringify(volume.stopped)}\n`,
    );
    expect(Math.abs(volume.volumeMm3! / whole - 1)).toBeLessThan(within);
    expect(dice).toBeGreaterThan(0.93);
    expect(volume.findings).toEqual([]);
  });

  it('a cylinder: to both ends, with ends that are as wide', () => {
    const { task, truth } = stackPhantom({ solid: cylinder(14, 13), marked: [14, 14] });
    const volume = propagated(task);
    const { dice } = diceOfStacks(truth, volume.masks);
    process.stderr.write(`cylinder: Dice ${dice.toFixed(3)}, ${JSON.stringify(volume.stopped)}\n`);
    expect(extent(volume)).toEqual([...truth.keys()].filter((i) => countPixels(truth[i]!) > 0));
    expect(dice).toBeGreaterThan(0.95);
  });

  it('a lesion of half the contrast', () => {
    const { task, truth } = stackPhantom({ solid: ellipsoid(a, b, c), marked: [a, b], contrast: 30 });
    const { dice } = diceOfStacks(truth, propagated(task).masks);
    process.stderr.write(`ellipsoid, 30 HU: Dice ${dice.toFixed(3)}\n`);
    expect(dice).toBeGreaterThan(0.88);
  });

  it.each([
    ['beside it', 24, 0],
    ['beside and above it', 17, 17],
    ['above it', 0, 22],
  ])('does not leak into a like ball that touches it %s', (_, dx, dz) => {
    const radius = Math.hypot(dx, dz) / 2;
    const one = ellipsoid(radius, radius, radius);
    const { task, truth } = stackPhantom({
      solid: one,
      marked: [radius, radius],
      other: (x, y, z) => one(x - dx, y, z - dz),
    });
    const volume = propagated(task);
    const { dice, precision } = diceOfStacks(truth, volume.masks);
    process.stderr.write(`touching balls: Dice ${dice.toFixed(3)}, precision ${precision.toFixed(3)}\n`);
    expect(precision).toBeGreaterThan(0.85);
    expect(dice).toBeGreaterThan(0.85);
  });

  it('leaves the mask on the marked slice as it is', () => {
    expect(propagated(ball.task).masks[ball.task.key]).toEqual(ball.task.mask);
  });

  it('whatever the order of the slices', () => {
    const { slices } = ball.task;
    const orders = [slices.toReversed(), [...slices.slice(7), ...slices.slice(0, 7)]];
    const straight = propagated(ball.task);
    for (const order of orders) {
      const other = propagated({ ...ball.task, slices: order, key: order.indexOf(slices[ball.task.key]!) });
      expect(slices.map((s) => other.masks[order.indexOf(s)])).toEqual([...straight.masks]);
      expect(other.volumeMm3).toBe(straight.volumeMm3);
    }
  });

  it('up and down change places with the direction of the stack', () => {
    const turned = propagated({
      ...ball.task,
      slices: ball.task.slices.map((s) => ({ ...s, positionMm: -s.positionMm })),
    });
    const straight = propagated(ball.task);
    expect(turned.masks).toEqual(straight.masks);
    expect(turned.stopped).toEqual({ up: straight.stopped.down, down: straight.stopped.up });
  });

  it('one slice only: its own mask, no volume', () => {
    const only = propagated({ ...ball.task, slices: [ball.task.slices[ball.task.key]!], key: 0 });
    expect(only).toEqual({
      masks: [ball.task.mask],
      stopped: { up: 'end-of-series', down: 'end-of-series' },
      volumeMm3: undefined,
      findings: [],
    });
  });

  it('not across a gap', () => {
    const { slices, key } = ball.task;
    const withGap = slices.filter((_, i) => i !== key + 2 && i !== key + 3);
    const volume = propagated({ ...ball.task, slices: withGap });
    expect(volume.stopped.up).toBe('gap');
    expect(extent(volume).at(-1)).toBe(key + 1);
  });

  it('past a slice that is missing where the others lie close enough, and only once where two lie at one place', () => {
    const { slices, key } = ball.task;
    const twice = [...slices, { ...slices[key + 1]!, name: 'zzz', hu: new Float32Array(slices[key]!.hu.length) }];
    const volume = propagated({ ...ball.task, slices: twice });
    expect(volume.masks.slice(0, slices.length)).toEqual(propagated(ball.task).masks);
    expect(volume.masks.at(-1)).toBeUndefined();
  });

  it('not to slices without Hounsfield units or of another size', () => {
    const { slices, key } = ball.task;
    const spoilt = slices.map((s, i) =>
      i === key + 1
        ? { ...s, hu: s.hu.map((v, p) => (p === 5 ? NaN : v)) }
        : i === key - 1
          ? { ...s, hu: s.hu.slice(1) }
          : s,
    );
    const volume = propagated({ ...ball.task, slices: spoilt });
    expect(volume.stopped).toEqual({ up: 'slice-unusable', down: 'slice-unusable' });
    expect(extent(volume)).toEqual([key]);
  });

  it('a lesion that grows away from its marked slice is not followed, and that is said', () => {
    const small = stackPhantom({ solid: ellipsoid(15, 15, 15), marked: [15, 15] });
    // marks on a slice near the pole
    const { task } = stackPhantom({ solid: (x, y, z) => ellipsoid(15, 15, 15)(x, y, z + 13.5), marked: [6.5, 6.5] });
    const volume = propagated(task);
    expect(volume.findings.map((f) => f.code)).toEqual(['mask.larger-off-slice']);
    expect(propagated(small.task).findings).toEqual([]);
  });

  it('refuses an empty mask', () => {
    const empty = { ...ball.task.mask, bits: new Uint8Array(ball.task.mask.bits.length) };
    expect(propagateLesion(shelf, { ...ball.task, mask: empty })).toEqual({ ok: false, error: 'mask-empty' });
  });
});

describe('slice by slice', () => {
  const { task } = stackPhantom({ solid: ellipsoid(12, 12, 9), marked: [12, 12] });

  /** What a caller does that has to fetch each slice. */
  function walked(draw: (before: Mask, index: number) => Mask | undefined): { volume: LesionVolume; asked: number[] } {
    const started = startPropagation({ ...task, hu: task.slices[task.key]!.hu });
    if (!started.ok) throw new Error(started.error);
    const asked: number[] = [];
    let state = started.value.next();
    while (state.done !== true) {
      const { index, step } = state.value;
      asked.push(index);
      state = started.value.next(carryMask(shelf, step, task.slices[index]!.hu, draw(step.before, index)));
    }
    return { volume: state.value, asked };
  }

  it('asks for no slice beyond the one where the lesion ends', () => {
    const { volume, asked } = walked(() => undefined);
    expect(volume).toEqual(propagated(task));
    const found = extent(volume);
    expect([...asked].sort((x, y) => x - y)).toEqual([
      found[0]! - 1,
      ...found.filter((i) => i !== task.key),
      found.at(-1)! + 1,
    ]);
  });

  it("takes a network's mask in place of GrabCut's, under the same rules", () => {
    // it draws the mask before, for ever, and something far away
    const { volume } = walked((before) => ({ ...before, bits: before.bits.map((bit, p) => (p < 40 ? 1 : bit)) }));
    const found = extent(volume);
    expect(found.length).toBeGreaterThan(3);
    for (const i of found) expect(volume.masks[i]).toEqual(task.mask);
    expect(['faded', 'other-tissue', 'far-from-marks']).toContain(volume.stopped.up);
  });

  it('the marks that a network is asked with are the axes of the mask before', () => {
    const asked = new Set<number>();
    walked((before) => {
      const { longAxis, shortAxis } = marksOf(before, task.spacing);
      const length = ([a, b]: typeof longAxis) => Math.hypot(a.column - b.column, a.row - b.row) * 0.8;
      // sections of an ellipsoid of 24 mm by 18 mm are circles
      expect(length(longAxis)).toBeLessThan(26);
      expect(length(shortAxis!) / length(longAxis)).toBeGreaterThan(0.85);
      asked.add(Math.round(length(longAxis)));
      return undefined;
    });
    expect(asked.size).toBeGreaterThan(3);
  });

  it('stops where a network draws nothing', () => {
    const { volume } = walked((before) => ({ ...before, bits: new Uint8Array(before.bits.length) }));
    expect(volume.stopped).toEqual({ up: 'shrunk', down: 'shrunk' });
  });
});
