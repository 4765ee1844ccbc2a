import { describe, expect, it } from '@jest/globals';
import { averageDistance, IN_PIXELS } from '../../src/segmentation/average-distance.js';
import { squaredDistances } from '../../src/segmentation/distance-transform.js';
import { overlapOf } from '../../src/segmentation/overlap.js';
import { numbersFrom } from './reference/picture.js';

const boxMask = (columns: number, rows: number, from: number, to: number, top: number, bottom: number) => ({
  rows,
  columns,
  bits: Uint8Array.from({ length: rows * columns }, (_, p) => {
    const [x, y] = [p % columns, Math.floor(p / columns)];
    return x >= from && x <= to && y >= top && y <= bottom ? 1 : 0;
  }),
});

describe('the Euclidean distance transform', () => {
  it('equals the least of all distances', () => {
    const numbers = numbersFrom(4);
    for (let round = 0; round < 300; round++) {
      const width = 1 + numbers(12);
      const height = 1 + numbers(12);
      const rare = 2 + numbers(30);
      const set = Uint8Array.from({ length: width * height }, () => (numbers(rare) === 0 ? 1 : 0));
      const [sx, sy] = [1 + numbers(3) / 2, 1 + numbers(3) / 4];
      const square = squaredDistances(set, width, height, sx, sy);
      const slow = Array.from(square, (_, p) =>
        Math.min(
          Infinity,
          ...[...set.keys()]
            .filter((q) => set[q] === 1)
            .map(
              (q) =>
                (((p % width) - (q % width)) * sx) ** 2 + ((Math.floor(p / width) - Math.floor(q / width)) * sy) ** 2,
            ),
        ),
      );
      const off = slow.filter((v, p) => v !== square[p] && Math.abs(v - square[p]!) > 1e-9);
      expect(off).toEqual([]);
    }
  });
});

describe('two boxes that can be counted by hand', () => {
  const truth = boxMask(12, 10, 2, 5, 3, 6);
  const mask = boxMask(12, 10, 4, 8, 3, 6);

  it('overlap by 8 of 16 and 20 pixels', () => {
    const overlap = overlapOf(truth, mask);
    expect(overlap.recall).toBe(0.5);
    expect(overlap.precision).toBe(0.4);
    expect(overlap.dice).toBeCloseTo(16 / 36, 12);
    expect(overlap.volumeSimilarity).toBeCloseTo(1 - 4 / 36, 12);
    expect(overlap.empty).toBe('none');
  });

  it.each([
    [IN_PIXELS, 0.975],
    [{ betweenColumns: 0.8, betweenRows: 0.8 }, 0.78],
    [{ betweenColumns: 0.5, betweenRows: 0.7 }, 0.4875],
  ])('are %j apart by %d', (steps, expected) => {
    expect(averageDistance(truth, mask, steps)).toBeCloseTo(expected, 12);
  });
});

describe('empty masks', () => {
  const empty = boxMask(12, 10, 20, 20, 0, 0);
  const truth = boxMask(12, 10, 2, 5, 3, 6);

  it('score nothing, and are named', () => {
    expect(overlapOf(truth, empty)).toEqual({ recall: 0, precision: 0, dice: 0, volumeSimilarity: 0, empty: 'mask' });
    expect(overlapOf(empty, truth).empty).toBe('truth');
    expect(overlapOf(empty, empty)).toEqual({ recall: 1, precision: 1, dice: 1, volumeSimilarity: 1, empty: 'both' });
  });

  it('are as far away as the truth is wide', () => {
    expect(averageDistance(truth, empty, IN_PIXELS)).toBeCloseTo(Math.sqrt((4 * 16) / Math.PI), 12);
    expect(averageDistance(empty, empty, IN_PIXELS)).toBe(0);
  });

  it('must be of the same slice', () => {
    expect(() => overlapOf(truth, boxMask(10, 12, 0, 1, 0, 1))).toThrow(RangeError);
    expect(() => averageDistance(truth, boxMask(10, 12, 0, 1, 0, 1), IN_PIXELS)).toThrow(RangeError);
  });
});
