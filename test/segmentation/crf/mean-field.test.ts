import { describe, expect, it } from '@jest/globals';
import { mm } from '../../../src/domain/index.js';
import type { CrfPicture } from '../../../src/segmentation/crf/crf-layout.js';
import type { CrfSettings } from '../../../src/segmentation/crf/crf-settings.js';
import { createCrfWorkspace, meanField, meanFieldInto } from '../../../src/segmentation/crf/mean-field.js';
import { spacingOf } from '../marks.js';
import { gridMeanField } from '../reference/grid-mean-field.js';
import { meanFieldByForce } from '../reference/mean-field.js';
import { numbersFrom } from '../reference/picture.js';

const long = process.env['CALIPER_LONG'] === '1';

const settings = (
  [spatialSigma, spatialWeight, sigma, sigmaHu, weight]: readonly [number, number, number, number, number],
  more: Partial<CrfSettings> = {},
): CrfSettings => ({
  mode: 'exact',
  iterations: 10,
  spatial: { sigmaMm: mm(spatialSigma), weight: spatialWeight },
  bilateral: { sigmaMm: mm(sigma), sigmaHu, weight },
  selfTerm: 'kept',
  ...more,
});

/** pydensecrf's readme, the same with smaller reach, and two of a lesion's size. */
const PARAMETERS = [
  [3, 3, 80, 13, 10],
  [3, 3, 30, 13, 10],
  [2, 2, 8, 10, 4],
  [1, 3, 15, 6, 5],
] as const;

interface DiscOptions {
  readonly columns?: number;
  readonly rows?: number;
  readonly spacing?: CrfPicture['spacing'];
  readonly seed?: number;
  readonly radius?: number;
}

/** A disc of 150 in 90 with noise, grey levels 0 to 255, and an unsure opinion of it that is wrong in places. */
function disc({ columns = 32, rows = 32, spacing = spacingOf(1), seed = 1, radius = 9 }: DiscOptions = {}): CrfPicture {
  const numbers = numbersFrom(seed);
  const inside = Array.from(
    { length: rows * columns },
    (_, p) => Math.hypot((p % columns) - 0.47 * columns, Math.floor(p / columns) - 0.52 * rows) < radius,
  );
  return {
    rows,
    columns,
    spacing,
    hu: inside.map((is) => (is ? 150 : 90) + numbers(20 * seed) + numbers(20 * seed) - 20 * seed),
    probability: inside.map((is) => (is === numbers(20) > seed ? 0.8 : 0.2)),
  };
}

const largest = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Math.max(...Array.from(a, (v, i) => Math.abs(v - b[i]!)));
const mean = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a, (v, i) => Math.abs(v - b[i]!)).reduce((sum, v) => sum + v, 0) / a.length;

describe('mean field', () => {
  describe.each(PARAMETERS)('spatial %d px, weight %d, bilateral %d px, %d HU, weight %d', (...parameters) => {
    const discs = (long ? [1, 2, 3] : [2]).map((seed) => disc({ seed }));

    it('is within 0.01 of brute force', () => {
      for (const picture of discs) {
        const truth = meanFieldByForce(picture, settings(parameters));
        const found = meanField(picture, settings(parameters));
        expect(largest(found, truth)).toBeLessThan(0.01);
        expect(mean(found, truth)).toBeLessThan(0.0005);
        const fast = meanField(picture, settings(parameters, { mode: 'fast' }));
        expect(largest(fast, truth)).toBeLessThan(0.06);
        expect(mean(fast, truth)).toBeLessThan(0.002);
      }
    });

    it('is what the same grid gives in plain TypeScript', () => {
      const picture = disc({ columns: 19, rows: 14, radius: 5 });
      for (const [mode, perSigma] of [
        ['exact', 2],
        ['fast', 1.25],
      ] as const)
        for (const selfTerm of ['kept', 'left-out'] as const) {
          const of = settings(parameters, { mode, selfTerm, iterations: 4 });
          expect(largest(meanField(picture, of), gridMeanField(picture, of, perSigma))).toBeLessThan(1e-4);
        }
    });
  });

  it('is that of pixels that are not square', () => {
    const picture = disc({ columns: 30, rows: 22, spacing: spacingOf(0.7, 1.6) });
    const of = settings([2, 3, 6, 15, 4]);
    expect(largest(meanField(picture, of), meanFieldByForce(picture, of))).toBeLessThan(0.01);
    const square = { ...picture, spacing: spacingOf(1) };
    expect(largest(meanField(picture, of), meanField(square, of))).toBeGreaterThan(0.05);
  });

  it('counts lengths in mm: picture and settings scaled together change nothing', () => {
    const small = meanField(disc(), settings([2, 2, 8, 10, 4]));
    const large = meanField(disc({ spacing: spacingOf(2) }), settings([4, 2, 16, 10, 4]));
    expect(largest(small, large)).toBeLessThan(1e-6);
  });

  it('can leave out what a pixel says to itself', () => {
    const picture = disc({ seed: 3 });
    const of = settings([2, 2, 8, 10, 4], { selfTerm: 'left-out' });
    const truth = meanFieldByForce(picture, of);
    expect(largest(meanField(picture, of), truth)).toBeLessThan(0.005);
    expect(largest(meanField(picture, settings([2, 2, 8, 10, 4])), truth)).toBeGreaterThan(0.02);
  });

  it('goes along with flips and quarter turns, and exchanges with the classes', () => {
    const of = settings([2, 2, 8, 10, 4]);
    for (const columns of [31, 28]) {
      const picture = disc({ columns, rows: 25 });
      const straight = meanField(picture, of);
      const moved = (from: (row: number, column: number) => number, rows: number, width: number): CrfPicture => {
        const order = Array.from({ length: rows * width }, (_, p) => from(Math.floor(p / width), p % width));
        return {
          ...picture,
          rows,
          columns: width,
          hu: order.map((p) => picture.hu[p]!),
          probability: order.map((p) => picture.probability[p]!),
        };
      };
      const ways = [
        [(row: number, column: number) => row * columns + (columns - 1 - column), 25, columns],
        [(row: number, column: number) => (24 - row) * columns + column, 25, columns],
        [(row: number, column: number) => (24 - column) * columns + row, columns, 25],
      ] as const;
      for (const [from, rows, width] of ways) {
        const found = meanField(moved(from, rows, width), of);
        const expected = Float32Array.from(found, (_, p) => straight[from(Math.floor(p / width), p % width)]!);
        expect(largest(found, expected)).toBeLessThan(1e-4);
      }
      const other = meanField({ ...picture, probability: Array.from(picture.probability, (q) => 1 - q) }, of);
      expect(
        largest(
          other,
          Float32Array.from(straight, (q) => 1 - q),
        ),
      ).toBeLessThan(1e-4);
    }
  });

  it('does not depend on where on the HU scale the picture lies, but for the grid', () => {
    const picture = disc();
    const of = settings([2, 2, 8, 10, 4]);
    const lower = { ...picture, hu: Array.from(picture.hu, (v) => v - 1003) };
    expect(largest(meanField(picture, of), meanField(lower, of))).toBeLessThan(0.01);
    const byNodes = { ...picture, hu: Array.from(picture.hu, (v) => v - 1000) };
    expect(largest(meanField(picture, of), meanField(byNodes, of))).toBeLessThan(1e-4);
  });

  it('of a picture without contrast and an opinion without doubt is that opinion', () => {
    const flat = { rows: 9, columns: 11, spacing: spacingOf(1), hu: new Array<number>(99).fill(40) };
    const of = settings([2, 2, 8, 10, 4]);
    const ones = meanField({ ...flat, probability: new Array<number>(99).fill(0.8) }, of);
    const zeros = meanField({ ...flat, probability: new Array<number>(99).fill(0) }, of);
    expect(Math.min(...ones)).toBeGreaterThan(0.99);
    expect(Math.max(...zeros)).toBeLessThan(1e-5);
    const halves = meanField({ ...flat, probability: new Array<number>(99).fill(0.5) }, of);
    expect(largest(halves, new Array<number>(99).fill(0.5))).toBeLessThan(1e-6);
  });

  it.each([
    [1, 1],
    [1, 40],
    [40, 1],
    [2, 3],
    [5, 4],
  ])('of %d x %d pixels is that by brute force', (rows, columns) => {
    const picture = disc({ rows, columns, radius: 2 });
    for (const parameters of PARAMETERS) {
      const of = settings(parameters);
      expect(largest(meanField(picture, of), meanFieldByForce(picture, of))).toBeLessThan(0.01);
    }
  });

  it('is the same in a workspace that has seen larger and smaller pictures', () => {
    const workspace = createCrfWorkspace();
    const of = settings([2, 2, 8, 10, 4]);
    const sizes = [disc({ columns: 21, rows: 35 }), disc({ columns: 90, rows: 70 }), disc({ columns: 13, rows: 6 })];
    for (const picture of [...sizes, ...sizes]) {
      const out = new Float32Array(picture.rows * picture.columns);
      meanFieldInto(workspace, picture, of, out);
      expect(out).toEqual(meanField(picture, of));
    }
  });

  it('refuses what is no picture', () => {
    const picture = disc();
    const of = settings([2, 2, 8, 10, 4]);
    const withHu = (value: number): CrfPicture => ({ ...picture, hu: [value, ...Array.from(picture.hu).slice(1)] });
    for (const bad of [
      withHu(NaN),
      withHu(Infinity),
      withHu(1e9),
      { ...picture, probability: Array.from(picture.probability, (q) => q + 1) },
      { ...picture, probability: Array.from(picture.probability, () => NaN) },
      { ...picture, rows: 31 },
      { ...picture, spacing: spacingOf(0) },
    ])
      expect(() => meanField(bad, of)).toThrow(RangeError);
    expect(() => meanField(picture, settings([2, 2, 0, 10, 4]))).toThrow(RangeError);
    expect(() => meanField(picture, settings([2, 2, 8, 0, 4]))).toThrow(RangeError);
  });
});
