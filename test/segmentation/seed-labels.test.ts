import { describe, expect, it } from '@jest/globals';
import { seedLabels } from '../../src/segmentation/index.js';
import type { Mask } from '../../src/domain/index.js';

const maskOf = (...lines: string[]): Mask => ({
  rows: lines.length,
  columns: lines[0]!.length,
  bits: Uint8Array.from(lines.join(''), (c) => (c === '#' ? 1 : 0)),
});

/** `.` background, `?` uncertain, `#` lesion. */
const drawn = (mask: Mask, other: Mask): string[] => {
  const labels = [...seedLabels(mask, other)].map((l) => ({ 0: '.', 128: '?', 255: '#' })[l] ?? '!').join('');
  return Array.from({ length: mask.rows }, (_, row) => labels.slice(row * mask.columns, (row + 1) * mask.columns));
};

describe('a seed mask', () => {
  it('leaves the pixels on both sides of the outline open', () => {
    const mask = maskOf('.......', '.#####.', '.#####.', '.#####.', '.#####.', '.#####.', '.......');
    expect(drawn(mask, mask)).toEqual(['.?????.', '???????', '??###??', '??###??', '??###??', '???????', '.?????.']);
  });

  it('leaves open where two opinions differ', () => {
    const mask = maskOf('.........', '.......#.', '.#######.', '.#######.', '.#######.', '.........');
    const other = maskOf('........#', '.........', '.###.....', '.###.....', '.###.....', '.........');
    const labels = drawn(mask, other);
    expect(labels[0]![8]).toBe('?');
    // as deep in the mask as any pixel, so it stays lesion though the other opinion differs
    expect(labels[3]!).toBe('??#####??');
    expect(labels[0]!.slice(0, 6)).toBe('......');
  });

  it('is never uncertain throughout', () => {
    const mask = maskOf('....', '.#..', '....');
    expect(drawn(mask, maskOf('....', '....', '....'))).toEqual(['.?..', '?#?.', '.?..']);
  });

  it('of everything has no outline', () => expect(drawn(maskOf('##', '##'), maskOf('##', '##'))).toEqual(['##', '##']));
});
