import { describe, expect, it } from '@jest/globals';
import type { PixelMarks, PixelSpacing } from '../../src/domain/index.js';
import { gridPlan } from '../../src/segmentation/grabcut/grid.js';
import {
  ellipseFrame,
  measureMarks,
  obliqueFrame,
  type LesionFrame,
  type MeasuredMarks,
} from '../../src/segmentation/lesion-frame.js';
import { rhoInto } from '../../src/segmentation/prior.js';
import { windowAround } from '../../src/segmentation/window.js';
import { marksAt, spacingOf } from './marks.js';
import { numbersFrom } from './reference/picture.js';

function measured(marks: PixelMarks, spacing = spacingOf(1)): MeasuredMarks {
  const result = measureMarks(marks, spacing);
  if (!result.ok) throw new Error(result.error);
  return result.value;
}

/** rho at whole pixels. */
function rhoAt(frame: LesionFrame, spacing: PixelSpacing, column: number, row: number): number {
  const plan = gridPlan(1, 1);
  const rho = new Float64Array(plan.pixels);
  rhoInto(rho, frame, spacing, { left: column, top: row, width: 1, height: 1 }, plan);
  return rho[plan.stride + 1]!;
}

describe('the frame of two marks', () => {
  const oblique = marksAt([10, 20], [40, 30], [24, 34], [26, 12]);

  it('has rho 0 where they cross and 1 at their four ends, whatever the angle and the pixels', () => {
    for (const spacing of [spacingOf(1), spacingOf(0.7), spacingOf(0.5, 2)]) {
      const frame = obliqueFrame(measured(oblique, spacing));
      expect(frame.kind).toBe('crossing');
      for (const [column, row] of [
        [10, 20],
        [40, 30],
        [24, 34],
        [26, 12],
      ] as const)
        expect(rhoAt(frame, spacing, column, row)).toBeCloseTo(1, 12);
    }
    const cross = obliqueFrame(measured(marksAt([10, 20], [40, 20], [20, 10], [20, 40])));
    expect(rhoAt(cross, spacingOf(1), 20, 20)).toBe(0);
  });

  it('has four half-lengths of its own', () => {
    const frame = obliqueFrame(measured(marksAt([10, 20], [40, 20], [20, 15], [20, 28]), spacingOf(2)));
    [frame.backward, frame.forward, frame.right, frame.left].forEach((half, i) =>
      expect(half).toBeCloseTo([20, 40, 10, 16][i]!, 12),
    );
    expect(frame.radiusMm).toBe(Math.sqrt(60 * 26) / 2);
  });

  it('is homogeneous: twice as far from the centre is twice rho', () => {
    const frame = obliqueFrame(measured(marksAt([10, 20], [40, 20], [20, 15], [22, 28])));
    const crossing = obliqueFrame(measured(marksAt([10, 20], [40, 20], [20, 15], [20, 28])));
    expect(frame.sine).not.toBe(1);
    for (const [x, y] of [
      [3, 4],
      [-5, 2],
      [-1, -3],
      [6, -2],
    ] as const)
      expect(rhoAt(crossing, spacingOf(1), 20 + 2 * x, 20 + 2 * y)).toBeCloseTo(
        2 * rhoAt(crossing, spacingOf(1), 20 + x, 20 + y),
        12,
      );
  });

  it('takes the longer mark as the long axis, and says so', () => {
    const marks = measured(marksAt([24, 34], [26, 12], [10, 20], [40, 30]));
    expect(marks.findings.map((f) => f.code)).toEqual(['axes.exchanged']);
    expect(marks.long.lengthMm).toBeCloseTo(Math.hypot(30, 10), 12);
    expect(measured(marksAt([0, 0], [20, 0], [10, -9], [10, 9]), spacingOf(0.5, 2)).findings).toHaveLength(1);
  });

  it('moves a crossing that misses a mark by little onto the long axis', () => {
    // the short mark begins 1.25 px beyond the long one, an eighth of its 10 px
    const frame = obliqueFrame(measured(marksAt([0, 20], [30, 20], [15, 21.25], [15, 31.25])));
    expect(frame.kind).toBe('crossing');
    expect([frame.left, frame.right]).toEqual([11.25, 0.5]);
    expect(rhoAt(frame, spacingOf(1), 15, 20)).toBe(0);
  });

  it.each([
    ['miss each other', marksAt([0, 20], [30, 20], [15, 23], [15, 33])],
    ['are parallel', marksAt([0, 20], [30, 20], [2, 25], [28, 27])],
    ['lie on one line', marksAt([0, 20], [30, 20], [5, 20], [20, 20])],
  ])('of marks that %s is upright about their middle', (_, marks) => {
    const frame = obliqueFrame(measured(marks));
    expect(frame.kind).toBe('not-crossing');
    expect(frame.sine).toBe(1);
    const { long, short } = measured(marks);
    for (const half of [frame.forward, frame.backward]) expect(half).toBeGreaterThanOrEqual(long.lengthMm / 4);
    for (const half of [frame.left, frame.right]) expect(half).toBeGreaterThanOrEqual(short!.lengthMm / 4);
  });

  it('of one mark is an ellipse of the usual proportions', () => {
    const marks = measured(marksAt([10, 20], [30, 20]));
    const frame = obliqueFrame(marks);
    expect(marks.findings.map((f) => f.code)).toEqual(['axes.single']);
    expect(frame.kind).toBe('single');
    expect([frame.forward, frame.backward, frame.left, frame.right]).toEqual([10, 10, 7.5, 7.5]);
  });

  it('has half-lengths of at least half a pixel', () => {
    const frame = obliqueFrame(measured(marksAt([10, 20], [10.5, 20], [10, 19.9], [10, 20.1]), spacingOf(0.8)));
    for (const half of [frame.forward, frame.backward, frame.left, frame.right])
      expect(half).toBeGreaterThanOrEqual(0.4);
  });

  it('needs marks with a length, and numbers', () => {
    const zero = [marksAt([5, 5], [5, 5], [1, 1], [2, 2]), marksAt([1, 1], [2, 2], [5, 5], [5, 5])];
    for (const marks of zero)
      expect(measureMarks(marks, spacingOf(1))).toEqual({ ok: false, error: 'axes-zero-length' });
    expect(measureMarks(marksAt([NaN, 5], [5, 5]), spacingOf(1))).toEqual({ ok: false, error: 'marks-off-slice' });
  });
});

describe('the plain ellipse', () => {
  it('stands on the middle of the four ends with half the lengths', () => {
    const frame = ellipseFrame(measured(marksAt([10, 20], [40, 20], [20, 10], [20, 20])));
    expect([frame.forward, frame.backward, frame.left, frame.right]).toEqual([15, 15, 5, 5]);
    expect([frame.origin.x + frame.centre.x, frame.origin.y + frame.centre.y]).toEqual([22.5, 17.5]);
  });
});

describe('the window around a frame', () => {
  it('holds every pixel within rho, and the margin', () => {
    const numbers = numbersFrom(11);
    for (let round = 0; round < 100; round++) {
      const at = (): [number, number] => [30 + numbers(400) / 10, 30 + numbers(400) / 10];
      const spacing = spacingOf(0.5 + numbers(10) / 10, 0.5 + numbers(10) / 10);
      const result = measureMarks(marksAt(at(), at(), at(), at()), spacing);
      if (!result.ok) continue;
      const frame = obliqueFrame(result.value);
      const size = { rows: 110, columns: 100 };
      const window = windowAround(frame, 1.5, 2, spacing, size);
      const plan = gridPlan(size.columns, size.rows);
      const rho = new Float64Array(plan.pixels);
      rhoInto(rho, frame, spacing, { left: 0, top: 0, width: size.columns, height: size.rows }, plan);
      const outside: number[] = [];
      for (let row = 0; row < size.rows; row++)
        for (let column = 0; column < size.columns; column++) {
          const within =
            column >= window.left &&
            column < window.left + window.width &&
            row >= window.top &&
            row < window.top + window.height;
          if (!within && rho[(row + 1) * plan.stride + column + 1]! <= 1.5) outside.push(row, column);
        }
      expect(outside).toEqual([]);
    }
  });
});
