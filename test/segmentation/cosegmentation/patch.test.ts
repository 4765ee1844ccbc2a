import { describe, expect, it } from '@jest/globals';
import type { Pair, PixelIndex } from '../../../src/domain/index.js';
import { patchOf, type Channel, type Network, type SegmentationTask } from '../../../src/segmentation/index.js';
import { measureMarks } from '../../../src/segmentation/lesion-frame.js';
import { patchGeometry } from '../../../src/segmentation/cosegmentation/patch-geometry.js';
import { resampleHu } from '../../../src/segmentation/cosegmentation/resample.js';
import { marksAt, spacingOf } from '../marks.js';
import { phantom } from '../phantom.js';
import { oneWindow } from './network.js';

/** A slice whose HU is a plane: linear interpolation gives it back exactly. */
const ramp = (columns: number, rows: number): Float32Array =>
  Float32Array.from({ length: columns * rows }, (_, p) => 2 * (p % columns) - 3 * Math.floor(p / columns) + 10);

function taskWith(given: Partial<SegmentationTask>): SegmentationTask {
  return {
    hu: ramp(60, 50),
    columns: 60,
    rows: 50,
    spacing: spacingOf(1),
    marks: marksAt([24, 25], [36, 25], [30, 20], [30, 30]),
    method: 'cosegmentation',
    ...given,
  };
}

function huOf(task: SegmentationTask, network: Network) {
  const marks = measureMarks(task.marks, task.spacing);
  if (!marks.ok) throw new Error(marks.error);
  const geometry = patchGeometry(marks.value, network.sizePx, network.patch);
  return { geometry, hu: resampleHu(task, geometry) };
}

function patchWith(channels: readonly Channel[], task = taskWith({}), more: Partial<Network> = {}): Float32Array {
  const patch = patchOf(task, { ...oneWindow, channels, ...more });
  if (!patch.ok) throw new Error(patch.error);
  return patch.value;
}

describe('where a patch lies', () => {
  it('round the mean of the four ends, 2.4 long axes wide', () => {
    const { geometry } = huOf(taskWith({ marks: marksAt([20, 20], [40, 20], [28, 15], [28, 29]) }), oneWindow);
    expect(geometry).toMatchObject({ centre: { x: 29, y: 21 }, pitchMm: (2.4 * 20) / 24 });
  });

  it('at least as wide as a small lesion needs, in mm', () => {
    const { geometry } = huOf(taskWith({ marks: marksAt([29, 20], [31, 20]), spacing: spacingOf(0.5, 1) }), oneWindow);
    expect(geometry).toMatchObject({ centre: { x: 30, y: 20 }, pitchMm: 1 });
  });

  it('round the box of the marks, where the network was trained so; its longer side in mm counts', () => {
    const network: Network = { ...oneWindow, patch: { scale: 'box-relative', boxMultiple: 2, minimumSideMm: 5 } };
    const { geometry } = huOf(
      taskWith({ marks: marksAt([20, 20], [40, 26], [28, 15], [28, 29]), spacing: spacingOf(0.5, 1.5) }),
      network,
    );
    expect(geometry.centre).toEqual({ x: 30, y: 22 });
    expect(geometry.pitchMm).toBeCloseTo((2 * 14 * 1.5) / 24, 12);
  });
});

describe('the slice on the grid of a patch', () => {
  it('is the plane that it was, between pixels too', () => {
    const { geometry, hu } = huOf(taskWith({}), oneWindow);
    const { centre, pitchMm } = geometry;
    hu.forEach((value, p) => {
      const x = centre.x + ((p % 24) + 0.5 - 12) * pitchMm;
      const y = centre.y + (Math.floor(p / 24) + 0.5 - 12) * pitchMm;
      expect(value).toBeCloseTo(2 * x - 3 * y + 10, 4);
    });
  });

  it('averages what a patch pixel covers: stripes of one pixel are grey where a patch pixel is two', () => {
    const stripes = Float32Array.from({ length: 100 * 100 }, (_, p) => (p % 2 === 0 ? 0 : 100));
    const wide = { hu: stripes, columns: 100, rows: 100, marks: marksAt([29.5, 49.5], [69.5, 49.5]) };
    const network: Network = {
      ...oneWindow,
      patch: { ...oneWindow.patch, scale: 'marks-relative', sideLongAxisMultiple: 1.2, minimumSideMm: 1 },
    };
    const { geometry, hu } = huOf(taskWith(wide), network);
    expect(geometry.pitchMm).toBe(2);
    for (const value of hu) expect(value).toBeCloseTo(50, 4);
  });

  it('goes on beyond the edge as the edge', () => {
    const columns = Float32Array.from({ length: 60 * 50 }, (_, p) => p % 60);
    const { hu } = huOf(taskWith({ hu: columns, marks: marksAt([0, 25], [4, 25], [2, 22], [2, 28]) }), oneWindow);
    // the patch reaches 10 pixels over the left edge
    expect([...hu.subarray(0, 10)].every((value) => value === 0)).toBe(true);
    expect(hu[12]).toBeCloseTo(2.5, 5);
    const far = huOf(taskWith({ marks: marksAt([55, 47], [59, 47], [57, 45], [57, 49]) }), oneWindow).hu;
    expect(far.at(-1)).toBe(2 * 59 - 3 * 49 + 10);
  });

  it('has no more than CT has', () => {
    const hu = ramp(60, 50).fill(-3024, 0, 1500).fill(20_000, 1500);
    const patch = huOf(taskWith({ hu }), oneWindow).hu;
    expect([patch[0], patch.at(-1)]).toEqual([-1024, 3071]);
    expect([Math.min(...patch), Math.max(...patch)]).toEqual([-1024, 3071]);
  });

  it('mirrors with slice and marks', () => {
    const { task } = phantom({ centre: [31.5, 27.5], columns: 64, rows: 56 });
    const end = ({ column, row }: PixelIndex) => [63 - column, row] as const;
    const mirror = ([a, b]: Pair<PixelIndex>) => [end(a), end(b)] as const;
    const mirrored: SegmentationTask = {
      ...task,
      hu: task.hu.map((_, p) => task.hu[p - (p % 64) + 63 - (p % 64)]!),
      marks: marksAt(...mirror(task.marks.longAxis), ...mirror(task.marks.shortAxis!)),
    };
    const channels: readonly Channel[] = [
      { kind: 'window', lowHu: -100, highHu: 300 },
      { kind: 'superellipse-distance', exponent: 2, clampPx: 5 },
      { kind: 'axis-line', axis: 'short', sigmaPx: 1.5 },
    ];
    const [here, there] = [patchWith(channels, task), patchWith(channels, mirrored)];
    const back = here.map((_, p) => there[p - (p % 24) + 23 - (p % 24)]!);
    back.forEach((value, p) => expect(value).toBeCloseTo(here[p]!, 5));
  });
});

describe('a channel', () => {
  const flat = (hu: number) => taskWith({ hu: new Float32Array(3000).fill(hu) });

  it('of a grey window runs from -1 to 1', () => {
    const at = (hu: number) => patchWith([{ kind: 'window', lowHu: -100, highHu: 300 }], flat(hu))[0];
    expect([-500, -100, 0, 100, 300, 900].map(at)).toEqual([-1, -1, -0.5, 0, 1, 1]);
  });

  it('of a grey window stands for a colour of ImageNet where the network learnt on it', () => {
    const window = { kind: 'window', lowHu: 0, highHu: 100 } as const;
    const patch = patchWith([window, window, window], flat(50), { normalisation: 'imagenet' });
    [(0.5 - 0.485) / 0.229, (0.5 - 0.456) / 0.224, (0.5 - 0.406) / 0.225].forEach((value, c) =>
      expect(patch[c * 576]).toBeCloseTo(value, 6),
    );
  });

  it('of the marks is centred on what lies between them, whatever lies around', () => {
    // 100 HU within 4 pixels of the centre of the marks, 0 elsewhere
    const hu = Float32Array.from({ length: 3000 }, (_, p) =>
      Math.hypot((p % 60) - 30, Math.floor(p / 60) - 25) < 9 ? 100 : 0,
    );
    const patch = patchWith([{ kind: 'marks-window', deviations: 2, minimumSdHu: 25 }], taskWith({ hu }));
    expect(patch[12 * 24 + 12]).toBeCloseTo(0, 6);
    expect(patch[0]).toBe(-1);
  });

  it('of the shape is 0 on its outline, grows outwards and is cut off', () => {
    const patch = patchWith(
      [{ kind: 'superellipse-distance', exponent: 2, clampPx: 4 }],
      taskWith({ marks: marksAt([24, 25], [36, 25], [30, 19], [30, 31]) }),
    );
    // a circle of 6 mm, a patch pixel of 1.2 mm: 5 patch pixels
    const at = (i: number) => patch[12 * 24 + i]!;
    const distance = (i: number) => Math.hypot(i - 11.5, 0.5) - 5;
    for (const i of [12, 14, 15, 16, 18, 23]) expect(at(i)).toBeCloseTo(Math.max(-1, Math.min(1, distance(i) / 4)), 5);
    expect(Math.min(...patch)).toBe(-1);
    expect(Math.max(...patch)).toBe(1);
  });

  it('of the shape has corners where the exponent is large', () => {
    const corner = (exponent: number) =>
      patchWith([{ kind: 'superellipse-distance', exponent, clampPx: 10 }])[15 * 24 + 15]!;
    expect(corner(8)).toBeLessThan(corner(2));
    expect(corner(1.5)).toBeGreaterThan(corner(2));
  });

  it('of an axis is 1 on it and falls off; the longer axis is the long one', () => {
    const marks = marksAt([30, 20], [30, 30], [24, 25], [36, 25]);
    const long = patchWith([{ kind: 'axis-line', axis: 'long', sigmaPx: 1.5 }], taskWith({ marks }));
    // the axis lies between rows 11 and 12 of the patch
    const beside = Math.exp(-(0.5 ** 2) / (2 * 1.5 ** 2));
    expect(long[12 * 24 + 12]).toBeCloseTo(beside, 6);
    expect(long[13 * 24 + 12]).toBeCloseTo(Math.exp(-(1.5 ** 2) / (2 * 1.5 ** 2)), 6);
    expect(long[2 * 24 + 12]).toBeLessThan(1e-6);
  });

  it('of an axis that was not drawn is empty', () => {
    const task = taskWith({ marks: marksAt([24, 25], [36, 25]) });
    expect(patchWith([{ kind: 'axis-line', axis: 'short', sigmaPx: 1.5 }], task).every((value) => value === 0)).toBe(
      true,
    );
    expect(Math.max(...patchWith([{ kind: 'axis-line', axis: 'long', sigmaPx: 1.5 }], task))).toBeGreaterThan(0.9);
  });
});

describe('a lesion that cannot be looked at', () => {
  it.each([
    ['pixels-not-hu', { hu: new Float32Array(3000).fill(NaN) }],
    ['pixel-length-mismatch', { rows: 49 }],
    ['no-plane', { spacing: spacingOf(0) }],
    ['marks-off-slice', { marks: marksAt([24, 25], [66, 25]) }],
    ['axes-zero-length', { marks: marksAt([24, 25], [24, 25]) }],
  ] as const)('%s', (reason, given) => {
    expect(patchOf(taskWith(given), oneWindow)).toEqual({ ok: false, error: reason });
  });
});
