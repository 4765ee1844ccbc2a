import { describe, expect, it } from '@jest/globals';
import { mm, type MeasuredAxes } from '../../src/domain/index.js';
import { agreementOf } from '../../src/segmentation/agreement.js';
import { measureMarks, type MeasuredMarks } from '../../src/segmentation/lesion-frame.js';
import { marksAt, spacingOf } from './marks.js';

function marksOf(longPx: number, shortPx?: number): MeasuredMarks {
  const short = shortPx === undefined ? [] : ([[50, 0] as const, [50, shortPx] as const] as const);
  const result = measureMarks(marksAt([0, 50], [longPx, 50], ...short), spacingOf(0.8));
  if (!result.ok) throw new Error(result.error);
  return result.value;
}

const axes = (longPx: number, shortPx: number): MeasuredAxes => {
  const nowhere = marksAt([0, 0], [1, 1]).longAxis;
  return {
    longAxis: nowhere,
    shortAxis: nowhere,
    longAxisMm: mm(longPx * 0.8),
    shortAxisMm: mm(shortPx * 0.8),
  };
};

const agree = (mask: MeasuredAxes, marks: MeasuredMarks, inside = 1): number =>
  agreementOf(mask, marks, inside, marks.short ? 'crossing' : 'single');

describe('agreement of a mask with its marks', () => {
  const marks = marksOf(40, 30);

  it('is full for a mask of the marks lengths, and for one that is longer by as much as marks usually are short', () => {
    expect(agree(axes(40, 30), marks)).toBe(1);
    expect(agree(axes(43, 32), marks)).toBe(1);
    expect(agree(axes(40 / 0.865, 30 / 0.865), marks)).toBeCloseTo(1, 12);
  });

  it('falls beyond that, and faster for a mask that is too small', () => {
    const larger = agree(axes((40 / 0.865) * 1.2, (30 / 0.865) * 1.2), marks);
    const smaller = agree(axes(40 / 1.2, 30 / 1.2), marks);
    expect(larger).toBeGreaterThan(0.2);
    expect(larger).toBeLessThan(0.5);
    expect(smaller).toBeLessThan(larger);
    expect(agree(axes(120, 90), marks)).toBeLessThan(0.01);
    expect(agree(axes(10, 8), marks)).toBeLessThan(0.001);
  });

  it('compares each axis with its own mark', () => {
    expect(agree(axes(40, 12), marks)).toBeLessThan(0.05);
    expect(agree(axes(30, 40), marks)).toBeLessThan(agree(axes(40, 30), marks) / 2);
  });

  it('allows a pixel on short marks, where it is a large share', () => {
    expect(agree(axes(5, 4), marksOf(6, 5))).toBeGreaterThan(agree(axes(50, 40), marksOf(60, 50)));
  });

  it('falls with the share of the marks that lies outside the mask', () => {
    expect(agree(axes(40, 30), marks, 0.6)).toBeCloseTo(0.6, 12);
    expect(agree(axes(40, 30), marks, 0)).toBe(0);
  });

  it('is capped where an axis is missing or the axes do not cross', () => {
    expect(agree(axes(40, 11), marksOf(40))).toBe(0.8);
    expect(agreementOf(axes(40, 30), marks, 1, 'not-crossing')).toBe(0.9);
  });
});
