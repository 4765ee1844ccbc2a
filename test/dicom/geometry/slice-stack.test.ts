import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { imagePlaneOf, stackOf } from '../../../src/dicom/index.js';
import {
  cross,
  mm,
  patientPoint,
  TAG,
  type FrameOfReferenceUid,
  type ImagePlane,
  type Vector3,
} from '../../../src/domain/index.js';
import { describeWith, shared } from '../../environment/peers.js';
import { read } from '../pixels/fixtures.js';

const along = (from: Vector3, direction: Vector3, distance: number): Vector3 => [
  from[0] + direction[0] * distance,
  from[1] + direction[1] * distance,
  from[2] + direction[2] * distance,
];

function plane(position: Vector3, changed: Partial<ImagePlane> = {}): ImagePlane {
  return {
    rows: 512,
    columns: 512,
    spacing: { betweenRows: mm(0.7), betweenColumns: mm(0.7) },
    position: patientPoint(...position),
    rowDirection: [1, 0, 0],
    columnDirection: [0, 1, 0],
    frameOfReferenceUID: undefined,
    ...changed,
  };
}

const axial = (...heights: number[]): ImagePlane[] => heights.map((z) => plane([0, 0, z]));

describe('a stack of axial slices', () => {
  test('none and one', () => {
    expect(stackOf([])).toEqual({ kind: 'single', order: [] });
    expect(stackOf(axial(7))).toEqual({ kind: 'single', order: [0] });
  });

  test('regular, in whatever order', () => {
    expect(stackOf(axial(0, 2.5, 5, 7.5))).toEqual({ kind: 'regular', step: 2.5, order: [0, 1, 2, 3] });
    expect(stackOf(axial(7.5, 5, 2.5, 0))).toEqual({ kind: 'regular', step: 2.5, order: [3, 2, 1, 0] });
    expect(stackOf(axial(5, 0, 7.5, 2.5))).toEqual({ kind: 'regular', step: 2.5, order: [1, 3, 0, 2] });
  });

  test('regular to the rounding of two decimals', () => {
    const heights = Array.from({ length: 60 }, (_, i) => Math.round(i * 1.2475 * 100) / 100);
    const stack = stackOf(axial(...heights));
    expect(stack.kind).toBe('regular');
    expect(stack).toMatchObject({ step: expect.closeTo(1.2475, 3) });
  });

  test('with slices missing', () => {
    expect(stackOf(axial(0, 2.5, 7.5, 10))).toEqual({ kind: 'gaps', step: 2.5, order: [0, 1, 2, 3] });
    expect(stackOf(axial(0, 10, 2.5))).toEqual({ kind: 'gaps', step: 2.5, order: [0, 2, 1] });
  });

  test('irregular', () => {
    expect(stackOf(axial(0, 2.9, 5, 7.9, 10)).kind).toBe('irregular');
    expect(stackOf(axial(0, 2.5, 5.05)).kind).toBe('irregular');
    // each step is right to a hundredth, their sum is not
    expect(stackOf(axial(...Array.from({ length: 40 }, (_, i) => i * 5 + (i > 20 ? (i - 20) * 0.02 : 0)))).kind).toBe(
      'irregular',
    );
  });

  test('two at one place', () => {
    expect(stackOf(axial(0, 2.5, 2.5, 5)).kind).toBe('duplicate');
    expect(stackOf(axial(0, 2.5, 2.505, 5)).kind).toBe('duplicate');
    expect(stackOf([plane([0, 0, 0]), plane([10, 0, 0])]).kind).toBe('duplicate');
  });

  test('sheared: a tilted gantry moves each slice within its plane', () => {
    const tilted = [0, 1, 2].map((k) => plane([0, 0.65 * k, 2.41 * k]));
    expect(stackOf(tilted)).toEqual({ kind: 'sheared', order: [0, 1, 2], shift: expect.closeTo(0.65, 9) });
    expect(stackOf([0, 1, 2].map((k) => plane([0.009 * k, 0, 2.5 * k]))).kind).toBe('regular');
    expect(stackOf([0, 1, 2].map((k) => plane([0.011 * k, 0, 2.5 * k]))).kind).toBe('sheared');
    // the shift is that of a step, also over a gap
    expect(stackOf([0, 1, 5].map((k) => plane([0.009 * k, 0, 2.5 * k]))).kind).toBe('gaps');
  });

  test('orientations or frames of reference that differ', () => {
    const coronal = plane([0, 0, 0], { columnDirection: [0, 0, -1] });
    expect(stackOf([...axial(0, 2.5), coronal])).toEqual({ kind: 'mixed' });
    const flipped = plane([0, 0, 5], { columnDirection: [0, -1, 0] });
    expect(stackOf([...axial(0, 2.5), flipped])).toEqual({ kind: 'mixed' });
    const elsewhere = plane([0, 0, 5], { frameOfReferenceUID: '1.2' as FrameOfReferenceUid });
    expect(stackOf([...axial(0, 2.5), elsewhere])).toEqual({ kind: 'mixed' });
  });
});

const unit = (v: Vector3): Vector3 => {
  const length = Math.hypot(...v);
  return [v[0] / length, v[1] / length, v[2] / length];
};

const anyDirection = fc
  .tuple(
    fc.double({ min: -1, max: 1, noNaN: true }),
    fc.double({ min: -1, max: 1, noNaN: true }),
    fc.double({ min: -1, max: 1, noNaN: true }),
  )
  .filter((v) => Math.hypot(...v) > 0.1)
  .map(unit);

const anyAxes = fc
  .tuple(anyDirection, anyDirection)
  .filter(([a, b]) => Math.hypot(...cross(a, b)) > 0.1)
  .map(([a, b]) => ({ rowDirection: a, columnDirection: unit(cross(cross(a, b), a)) }));

test('any orientation, step, start and order; with one slice taken out, shifted or repeated', () => {
  fc.assert(
    fc.property(
      anyAxes,
      fc.double({ min: 0.3, max: 10, noNaN: true }),
      fc.integer({ min: 4, max: 40 }),
      fc.double({ min: -500, max: 500, noNaN: true }),
      fc.nat(),
      (axes, step, count, start, pick) => {
        const normal = cross(axes.rowDirection, axes.columnDirection);
        const at = (k: number, shift = 0): ImagePlane =>
          plane(along(along([start, -start, start / 2], normal, k * step), axes.rowDirection, shift), axes);
        const stack = Array.from({ length: count }, (_, k) => at(k));
        const inner = 1 + (pick % (count - 2));
        const turned = [...stack.slice(inner), ...stack.slice(0, inner)];

        const regular = stackOf(turned);
        expect(regular).toMatchObject({ kind: 'regular', step: expect.closeTo(step, 6) });
        if (regular.kind === 'regular') expect(regular.order.map((i) => turned[i])).toEqual(stack);
        expect(stackOf(stack.filter((_, k) => k !== inner)).kind).toBe('gaps');
        expect(stackOf([...stack, at(inner)]).kind).toBe('duplicate');
        expect(stackOf(stack.map((p, k) => (k === inner ? at(k + 0.3) : p))).kind).toBe('irregular');
        expect(stackOf(stack.map((_, k) => at(k, 0.05 * k))).kind).toBe('sheared');
      },
    ),
    { seed: 20_261_124, numRuns: 200 },
  );
});

const planesBelow = (folder: string): ImagePlane[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .sort()
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
    .map((path) => read(readFileSync(path)).dataSet)
    .filter((header) => header.has(TAG.Rows))
    .map((header) => {
      const found = imagePlaneOf(header, undefined);
      if (!found.ok) throw new Error(found.error);
      return found.value;
    });

const fixture = (name: string): string => join(process.cwd(), 'test/fixtures/ct', name);

describe('slices of files', () => {
  test('a phantom and the same with tilt', () => {
    expect(stackOf(planesBelow(fixture('phantom')))).toMatchObject({ kind: 'regular', step: expect.closeTo(2.5, 9) });
    expect(stackOf(planesBelow(fixture('tilt')))).toMatchObject({
      kind: 'sheared',
      shift: expect.closeTo(2.5 * Math.sin(Math.PI / 12), 3),
    });
  });
});

describeWith({ shared: shared() }, 'series of real machines', ({ shared }) => {
  test.each([
    ['data/studies/variety/ge-head-tilt-gaps', { kind: 'sheared' }],
    // the table moves 2.5 mm, the planes lie 2.37 mm apart
    [
      'data/studies/variety/philips-phantom-tilt',
      { kind: 'sheared', shift: expect.closeTo(2.5 * Math.sin((18.5 * Math.PI) / 180), 2) },
    ],
    ['data/studies/variety/toshiba-coronal-sagittal', { kind: 'mixed' }],
    ['data/studies/variety/tiny-23x38x3/image', { kind: 'regular', step: expect.closeTo(2.5, 6) }],
    ['data/studies/variety/sts-008/CT/image', { kind: 'regular', step: expect.closeTo(3.27, 6) }],
    ['data/studies/ircad-1-17/PATIENT_DICOM', { kind: 'regular', step: expect.closeTo(1.6, 6) }],
    ['data/studies/variety/hitachi-ja-tilt-j2k', { kind: 'single' }],
  ])('%s', (folder, expected) => expect(stackOf(planesBelow(join(shared, folder)))).toMatchObject(expected));
});
