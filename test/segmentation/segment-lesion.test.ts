import { describe, expect, it } from '@jest/globals';
import { countPixels, type MethodName, type PixelMarks } from '../../src/domain/index.js';
import {
  dice,
  segmentLesion,
  segmentLesionOn,
  WorkspaceShelf,
  type LesionMask,
  type SegmentationTask,
} from '../../src/segmentation/index.js';
import { marksAt, spacingOf } from './marks.js';
import { phantom } from './phantom.js';
import { numbersFrom } from './reference/picture.js';

const METHODS: readonly MethodName[] = ['ellipse', 'superellipse', 'grabcut', 'grabcut-paper'];

function segmented(task: SegmentationTask): LesionMask {
  const result = segmentLesion(task);
  if (!result.ok) throw new Error(result.error);
  return result.value;
}

const codes = (lesion: LesionMask): string[] => lesion.findings.map((f) => f.code);

describe('a lesion that can be seen', () => {
  it.each(METHODS)('is found by %s', (method) => {
    const { task, truth } = phantom({ method });
    const lesion = segmented(task);
    expect(dice(truth, lesion.mask)).toBeGreaterThan(0.9);
    expect(lesion.method).toBe(method);
    expect(lesion.agreement).toBeGreaterThan(0.8);
    expect(lesion.findings).toEqual([]);
  });

  it('is found in its true extent where the marks are short', () => {
    const { task, truth } = phantom({ half: [16, 12] });
    const shrunk = phantom({ half: [16 * 0.8, 12 * 0.8] }).task.marks;
    const lesion = segmented({ ...task, marks: shrunk });
    expect(dice(truth, lesion.mask)).toBeGreaterThan(0.95);
    expect(dice(truth, segmented({ ...task, marks: shrunk, method: 'superellipse' }).mask)).toBeLessThan(0.85);
  });

  it('comes with its area and its axes in mm', () => {
    const { task } = phantom({ noise: 1 });
    const lesion = segmented({ ...task, spacing: spacingOf(0.5, 2) });
    expect(lesion.areaPx).toBe(countPixels(lesion.mask));
    expect(lesion.areaMm2).toBeCloseTo(lesion.areaPx, 9);
    for (const { column, row } of lesion.axes.longAxis) expect(lesion.mask.bits[row * task.columns + column]).toBe(1);
  });

  it('does not leak into an equal organ beside it', () => {
    const { task, truth } = phantom({ contrast: 200 });
    const hu = task.hu.map((v, p) => (p % task.columns > 46 ? 220 : v));
    expect(dice(truth, segmented({ ...task, hu }).mask)).toBeGreaterThan(0.95);
  });
});

describe('the same work', () => {
  it('gives the same mask again, in new memory or used', () => {
    const shelf = new WorkspaceShelf();
    for (const method of METHODS)
      for (let seed = 1; seed <= 6; seed++) {
        const { task } = phantom({ method, seed, half: [3 + 3 * seed, 3 + 2 * seed] });
        const kept = segmentLesionOn(shelf, task);
        expect(kept).toEqual(segmentLesion(task));
        expect(kept.ok && kept.value.mask.bits).toEqual(segmented(task).mask.bits);
      }
  });
});

/** A way to lay a slice: where pixel (column, row) goes, for a slice of so many columns and rows. */
interface Laying {
  readonly name: string;
  readonly swaps: 'axes' | 'nothing';
  readonly place: (x: number, y: number, columns: number, rows: number) => readonly [number, number];
}

const LAYINGS: readonly Laying[] = [
  { name: 'flipped left to right', swaps: 'nothing', place: (x, y, columns) => [columns - 1 - x, y] },
  { name: 'flipped top to bottom', swaps: 'nothing', place: (x, y, _, rows) => [x, rows - 1 - y] },
  { name: 'turned by 180 degrees', swaps: 'nothing', place: (x, y, columns, rows) => [columns - 1 - x, rows - 1 - y] },
  { name: 'transposed', swaps: 'axes', place: (x, y) => [y, x] },
  { name: 'turned by 90 degrees', swaps: 'axes', place: (x, y, _, rows) => [rows - 1 - y, x] },
  { name: 'turned by 270 degrees', swaps: 'axes', place: (x, y, columns) => [y, columns - 1 - x] },
];

function laid(task: SegmentationTask, { swaps, place }: Laying): SegmentationTask {
  const [columns, rows] = swaps === 'axes' ? [task.rows, task.columns] : [task.columns, task.rows];
  const hu = new Float32Array(task.hu.length);
  task.hu.forEach((v, p) => {
    const [x, y] = place(p % task.columns, Math.floor(p / task.columns), task.columns, task.rows);
    hu[y * columns + x] = v;
  });
  const { betweenColumns, betweenRows } = task.spacing;
  return {
    ...task,
    hu,
    rows,
    columns,
    spacing: swaps === 'axes' ? spacingOf(betweenRows, betweenColumns) : task.spacing,
    marks: moved(task.marks, (x, y) => place(x, y, task.columns, task.rows)),
  };
}

function moved(marks: PixelMarks, place: (x: number, y: number) => readonly [number, number]): PixelMarks {
  const [a, b, c, d] = [...marks.longAxis, ...(marks.shortAxis ?? [])].map((end) => place(end.column, end.row));
  return marksAt(a!, b!, c, d);
}

/** A noisy slice with several blobs, marks anywhere near its middle: nothing symmetrical. */
function untidy(seed: number): SegmentationTask {
  const numbers = numbersFrom(seed);
  const columns = 40 + numbers(30);
  const rows = 40 + numbers(30);
  const blobs = Array.from({ length: 5 }, () => [numbers(columns), numbers(rows), 3 + numbers(10), numbers(300) - 150]);
  const lung = numbers(2) === 0 ? -800 : 30;
  const hu = Float32Array.from({ length: rows * columns }, (_, p) => {
    const inBlobs = blobs.filter(([x, y, r]) => Math.hypot((p % columns) - x!, Math.floor(p / columns) - y!) < r!);
    return lung + inBlobs.reduce((sum, [, , , v]) => sum + v! - lung / 2, 0) + numbers(60) / 2;
  });
  const near = (): [number, number] => [columns / 2 - 10 + numbers(160) / 8, rows / 2 - 10 + numbers(160) / 8];
  const marks = numbers(5) === 0 ? marksAt(near(), near()) : marksAt(near(), near(), near(), near());
  const spacing = numbers(3) === 0 ? spacingOf(0.6, 1.1) : spacingOf(0.703125);
  return { hu, rows, columns, spacing, marks, method: METHODS[seed % 4]! };
}

describe('how a slice lies', () => {
  it.each(LAYINGS.map((laying) => [laying.name, laying] as const))('does not matter: %s', (_, laying) => {
    const different: number[] = [];
    for (let seed = 0; seed < 48; seed++) {
      const task = untidy(seed);
      const straight = segmentLesion(task);
      const other = segmentLesion(laid(task, laying));
      if (!straight.ok || !other.ok) {
        expect(other).toEqual(straight);
        continue;
      }
      const expected = new Uint8Array(task.hu.length);
      const columns = laying.swaps === 'axes' ? task.rows : task.columns;
      straight.value.mask.bits.forEach((bit, p) => {
        const [x, y] = laying.place(p % task.columns, Math.floor(p / task.columns), task.columns, task.rows);
        expected[y * columns + x] = bit;
      });
      if (Buffer.compare(expected, other.value.mask.bits) !== 0) different.push(seed);
      expect(other.value.agreement).toBeCloseTo(straight.value.agreement, 9);
      expect(other.value.axes.shortAxisMm).toBeCloseTo(straight.value.axes.shortAxisMm, 9);
    }
    expect(different).toEqual([]);
  });

  it('nor does where on it the lesion is', () => {
    for (let seed = 0; seed < 24; seed++) {
      const { task } = phantom({ seed, method: METHODS[seed % 4]!, noise: 60, half: [4 + (seed % 5), 4] });
      const numbers = numbersFrom(seed);
      const [right, down] = [numbers(300), numbers(200)];
      const columns = task.columns + right + numbers(9);
      const rows = task.rows + down + numbers(9);
      const hu = new Float32Array(rows * columns);
      task.hu.forEach((v, p) => (hu[(Math.floor(p / task.columns) + down) * columns + (p % task.columns) + right] = v));
      const marks = moved(task.marks, (x, y) => [x + right, y + down]);
      const there = segmented({ ...task, hu, rows, columns, marks }).mask.bits;
      const back = task.hu.map(
        (_, p) => there[(Math.floor(p / task.columns) + down) * columns + (p % task.columns) + right]!,
      );
      expect(Array.from(back)).toEqual(Array.from(segmented(task).mask.bits));
    }
  });
});

describe('a slice that says nothing', () => {
  it.each(['grabcut', 'grabcut-paper'] as const)('leaves the decision to the shape, and %s says so', (method) => {
    for (const value of [-1024, 0, 40, 3071]) {
      const { task } = phantom({ method });
      const flat = { ...task, hu: task.hu.map(() => value) };
      const lesion = segmented(flat);
      expect(lesion.mask.bits).toEqual(segmented({ ...flat, method: 'superellipse' }).mask.bits);
      expect(lesion.method).toBe('superellipse');
      expect(codes(lesion)).toEqual(['mask.from-shape']);
    }
  });

  it('nor does one that shows only lesion', () => {
    const { task } = phantom({ columns: 9, rows: 7, centre: [4, 3], half: [4, 3] });
    const lesion = segmented({ ...task, hu: task.hu.map((_, p) => p % 50) });
    expect(lesion.areaPx).toBeGreaterThan(0);
  });
});

describe('marks at the edge of what there is', () => {
  it.each(METHODS)('a lesion of one pixel is segmented by %s', (method) => {
    const { task } = phantom({ method });
    const lesion = segmented({ ...task, marks: marksAt([30, 25], [31, 25], [30.5, 24.5], [30.5, 25.5]) });
    expect(lesion.areaPx).toBeGreaterThan(0);
    expect(lesion.areaPx).toBeLessThan(30);
    expect(lesion.axes.longAxisMm).toBeGreaterThan(0);
  });

  it.each(METHODS)('a lesion of 3 pixels is segmented by %s', (method) => {
    const { task, truth } = phantom({ method, half: [1.5, 1.5], contrast: 300, degrees: 0, centre: [30, 30] });
    expect(dice(truth, segmented(task).mask)).toBeGreaterThan(0.6);
  });

  it.each(['grabcut', 'superellipse', 'ellipse'] as const)('a lesion of 500 pixels is segmented by %s', (method) => {
    const { task, truth } = phantom({
      method,
      columns: 512,
      rows: 512,
      centre: [250, 260],
      half: [250, 240],
      degrees: 0,
      contrast: 80,
    });
    expect(dice(truth, segmented(task).mask)).toBeGreaterThan(0.97);
  });

  it('a lesion of 500 pixels leaves the paper nothing but its seeds, and they are a mask', () => {
    const place = { columns: 512, rows: 512, centre: [250, 260], half: [250, 240], degrees: 0 } as const;
    const lesion = segmented(phantom({ method: 'grabcut-paper', contrast: 80, ...place }).task);
    expect(lesion.areaPx).toBeGreaterThan(100_000);
    expect(lesion.agreement).toBeGreaterThan(0);
  });

  it.each(METHODS)('a lesion cut by the border of the slice is segmented by %s', (method) => {
    for (const centre of [
      [4, 27],
      [60, 27],
      [30, 3],
      [30, 53],
      [2, 2],
    ] as const) {
      const { task, truth } = phantom({ method, centre, degrees: 0 });
      const inside = moved(task.marks, (x, y) => [
        Math.min(Math.max(x, 0), task.columns - 1),
        Math.min(Math.max(y, 0), task.rows - 1),
      ]);
      const lesion = segmented({ ...task, marks: inside });
      expect(dice(truth, lesion.mask)).toBeGreaterThan(0.6);
    }
  });

  it('marks on the outer edge of the corner pixels still lie on the slice', () => {
    const { task } = phantom();
    const marks = marksAt([-0.5, -0.5], [10, 10], [8, 1], [1, 8]);
    expect(segmentLesion({ ...task, marks }).ok).toBe(true);
  });

  it('one mark is enough, and is said', () => {
    const { task, truth } = phantom({ half: [12, 9] });
    const lesion = segmented({ ...task, marks: { ...task.marks, shortAxis: undefined } });
    expect(dice(truth, lesion.mask)).toBeGreaterThan(0.9);
    expect(codes(lesion)).toEqual(['axes.single']);
    expect(lesion.agreement).toBeLessThanOrEqual(0.8);
  });

  it('the image gives what one mark does not: a lesion that is wider or narrower than usual', () => {
    for (const half of [
      [12, 6],
      [12, 11.5],
    ] as const) {
      const { task, truth } = phantom({ half, noise: 10 });
      const single = { ...task, marks: { ...task.marks, shortAxis: undefined } };
      expect(dice(truth, segmented(single).mask)).toBeGreaterThan(0.93);
      expect(dice(truth, segmented({ ...single, method: 'superellipse' }).mask)).toBeLessThan(0.93);
    }
  });

  it('marks that do not cross, and a longer short axis, are said', () => {
    const { task } = phantom();
    const apart = segmented({ ...task, marks: marksAt([20, 27], [42, 27], [30, 31], [30, 41]) });
    expect(codes(apart)).toEqual(['axes.do-not-cross']);
    expect(apart.agreement).toBeLessThanOrEqual(0.9);
    const { longAxis, shortAxis } = task.marks;
    const exchanged = segmented({ ...task, marks: { longAxis: shortAxis!, shortAxis: longAxis } });
    expect(codes(exchanged)).toEqual(['axes.exchanged']);
    expect(exchanged.mask.bits).toEqual(segmented(task).mask.bits);
  });
});

describe('a task that cannot be done', () => {
  const { task } = phantom();
  const broken = (value: number): Float32Array => task.hu.map((v, p) => (p === 777 ? value : v));
  it.each([
    ['a value that is no number', { hu: broken(NaN) }, 'pixels-not-hu'],
    ['an infinite value', { hu: broken(-Infinity) }, 'pixels-not-hu'],
    ['too few pixels', { hu: task.hu.subarray(1) }, 'pixel-length-mismatch'],
    ['no pixels', { hu: new Float32Array(0), rows: 0, columns: 0 }, 'pixel-length-mismatch'],
    ['a spacing of nothing', { spacing: spacingOf(0, 1) }, 'no-plane'],
    ['a spacing that is no number', { spacing: spacingOf(1, NaN) }, 'no-plane'],
    ['a mark outside', { marks: marksAt([10, 10], [64, 20], [20, 5], [20, 30]) }, 'marks-off-slice'],
    ['a mark that is no number', { marks: marksAt([10, NaN], [20, 20]) }, 'marks-off-slice'],
    ['a mark without length', { marks: marksAt([10, 10], [10, 10]) }, 'axes-zero-length'],
    ['a method that needs a model', { method: 'cosegmentation' as const }, 'bundle-unavailable'],
  ])('%s ends in a reason', (_, change, reason) => {
    expect(segmentLesion({ ...task, ...change })).toEqual({ ok: false, error: reason });
  });
});
