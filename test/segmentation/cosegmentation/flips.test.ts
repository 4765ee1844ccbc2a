import { describe, expect, it } from '@jest/globals';
import { mirrored, unmirroredMean, viewsOf } from '../../../src/segmentation/index.js';

// two channels of 2 x 2
const PATCH = Float32Array.of(...[1, 2], ...[3, 4], ...[5, 6], ...[7, 8]);

describe('mirror images', () => {
  it('of a patch: as it is, left and right, top and bottom, both; each channel by itself', () => {
    expect([...mirrored(PATCH, 2, 'four')]).toEqual([
      ...[1, 2, 3, 4, 5, 6, 7, 8],
      ...[2, 1, 4, 3, 6, 5, 8, 7],
      ...[3, 4, 1, 2, 7, 8, 5, 6],
      ...[4, 3, 2, 1, 8, 7, 6, 5],
    ]);
    expect([...mirrored(PATCH, 2, 'none')]).toEqual([...PATCH]);
    expect([viewsOf('none'), viewsOf('four')]).toEqual([1, 4]);
  });

  it("are turned back before they are averaged: a patch's own images have the patch for their mean", () => {
    const one = Float32Array.of(0.125, 0.25, 0.5, 1);
    expect([...unmirroredMean(mirrored(one, 2, 'four'), 2, 'four')]).toEqual([...one]);
  });

  it('of several partners follow one another', () => {
    const one = Float32Array.of(0, 0.25, 0.5, 1);
    const other = Float32Array.of(1, 0.75, 0.5, 0);
    const views = Float32Array.of(...mirrored(one, 2, 'four'), ...mirrored(other, 2, 'four'));
    expect([...unmirroredMean(views, 2, 'four')]).toEqual([0.5, 0.5, 0.5, 0.5]);
    expect([...unmirroredMean(Float32Array.of(...one, ...other, ...other, ...one), 2, 'none')]).toEqual([
      0.5, 0.5, 0.5, 0.5,
    ]);
  });
});
