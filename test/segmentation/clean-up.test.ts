import { describe, expect, it } from '@jest/globals';
import { cleanUp, createCleanUpScratch } from '../../src/segmentation/clean-up.js';
import { padded, paddedIndex, unpadded } from './padded.js';
import { slowCleanUp } from './reference/components.js';
import { drawn, numbersFrom, picture, type Picture } from './reference/picture.js';

function cleaned(mask: Picture, marks: readonly number[]): Picture {
  const { plan, bits } = padded(mask);
  const markPixels = Int32Array.from(marks, (m) => paddedIndex(plan, m));
  cleanUp(bits, plan, markPixels, createCleanUpScratch(plan.pixels));
  return unpadded(plan, bits);
}

describe('clean-up of a mask', () => {
  it('keeps the component at the marks, not the largest, and fills its holes', () => {
    const mask = picture(
      '..........', //
      '.###.####.',
      '.#.#.####.',
      '.###.####.',
      '......###.',
    );
    expect(drawn(cleaned(mask, [11, 12, 13]))).toEqual([
      '..........', //
      '.###......',
      '.###......',
      '.###......',
      '..........',
    ]);
  });

  it('does not join pixels that touch at a corner, nor lets a hole escape through one', () => {
    const mask = picture(
      '###...', //
      '#.#...',
      '##....',
      '...##.',
    );
    expect(drawn(cleaned(mask, [0]))).toEqual([
      '###...', //
      '###...',
      '##....',
      '......',
    ]);
  });

  it('keeps the component nearest to the marks where none is on them', () => {
    const mask = picture('##.......#');
    expect(drawn(cleaned(mask, [6]))).toEqual(['.........#']);
  });

  it('equals spreading by hand on thousands of random masks', () => {
    const numbers = numbersFrom(5);
    for (let round = 0; round < 2000; round++) {
      const width = 1 + numbers(9);
      const height = 1 + numbers(9);
      const fill = 2 + numbers(4);
      const bits = Uint8Array.from({ length: width * height }, () => (numbers(6) < fill ? 1 : 0));
      const inMask = [...bits.keys()].filter((p) => bits[p] === 1);
      if (inMask.length === 0) continue;
      const marks = Array.from({ length: 1 + numbers(5) }, () => inMask[numbers(inMask.length)]!);
      const mask = { width, height, bits };
      expect(drawn(cleaned(mask, marks))).toEqual(drawn({ ...mask, bits: slowCleanUp(mask, marks) }));
    }
  });
});
