import { describe, expect, it } from '@jest/globals';
import { lengthMm, mm, type MeasuredAxes } from '../../src/domain/index.js';
import { measureAxes } from '../../src/segmentation/axes.js';
import { padded } from './padded.js';
import { numbersFrom, picture, type Picture } from './reference/picture.js';
import { slowAxes } from './reference/slow-axes.js';

function axesOf(mask: Picture, betweenColumns = 1, betweenRows = 1, left = 0, top = 0): MeasuredAxes {
  const { plan, bits } = padded(mask);
  const spacing = { betweenColumns: mm(betweenColumns), betweenRows: mm(betweenRows) };
  return measureAxes(bits, { left, top, width: mask.width, height: mask.height }, plan, spacing);
}

const ends = (axis: MeasuredAxes['longAxis']): number[][] => axis.map(({ column, row }) => [column, row]);

describe('axes of a mask', () => {
  it('are the longest distance between pixel centres and the extent across it', () => {
    const axes = axesOf(
      picture(
        '.......', //
        '...#...',
        '.#####.',
        '...#...',
      ),
      0.5,
      0.5,
      10,
      20,
    );
    expect(axes.longAxisMm).toBe(2);
    expect(axes.shortAxisMm).toBe(1);
    expect(ends(axes.longAxis)).toEqual([
      [11, 22],
      [15, 22],
    ]);
    expect(ends(axes.shortAxis)).toEqual([
      [13, 21],
      [13, 23],
    ]);
  });

  it('are half a pixel long where there is only one pixel, or one line of them', () => {
    const one = axesOf(picture('...', '.#.'), 0.8, 0.8);
    expect([one.longAxisMm, one.shortAxisMm]).toEqual([0.4, 0.4]);
    expect(ends(one.longAxis)).toEqual([
      [0.75, 1],
      [1.25, 1],
    ]);
    expect(ends(one.shortAxis)).toEqual([
      [1, 0.75],
      [1, 1.25],
    ]);
    const line = axesOf(picture('####'));
    expect([line.longAxisMm, line.shortAxisMm]).toEqual([3, 0.5]);
  });

  it('are measured in mm, so that the longer side in pixels may be the shorter one', () => {
    const bar = picture('#####', '#####', '#####');
    const axes = axesOf(bar, 0.1, 3);
    expect(axes.longAxisMm).toBeCloseTo(Math.hypot(0.4, 6), 12);
  });

  it('equal trying all pairs of pixels on random masks, square pixels or not', () => {
    const numbers = numbersFrom(8);
    for (let round = 0; round < 800; round++) {
      const width = 1 + numbers(10);
      const height = 1 + numbers(10);
      const fill = 1 + numbers(6);
      const bits = Uint8Array.from({ length: width * height }, () => (numbers(6) < fill ? 1 : 0));
      if (!bits.includes(1)) continue;
      const [sx, sy] = [
        [1, 1],
        [0.7, 0.7],
        [0.5, 2],
        [3, 0.25],
      ][numbers(4)] as [number, number];
      const axes = axesOf({ width, height, bits }, sx, sy);
      const slow = slowAxes({ width, height, bits }, sx, sy);
      expect(axes.longAxisMm).toBeCloseTo(slow.long, 9);
      expect(axes.shortAxisMm).toBeCloseTo(slow.short, 9);
      const spacing = { betweenColumns: mm(sx), betweenRows: mm(sy) };
      expect(lengthMm(spacing, axes.longAxis)).toBeCloseTo(slow.long, 9);
      expect(lengthMm(spacing, axes.shortAxis)).toBeCloseTo(slow.short, 9);
    }
  });

  it('need a pixel', () => {
    expect(() => axesOf(picture('...'))).toThrow(RangeError);
  });
});
