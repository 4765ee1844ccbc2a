import { describe, expect, it } from '@jest/globals';
import { clusterOf, gateNumbers, partnerGates, partnersOf } from '../../../src/segmentation/index.js';

const SHAPE = { clusters: 2, partnersPerCluster: 2, gateLength: 3, embeddingLength: 2 };
// centres, two gates of the first cluster, two of the second, the neutral one
const NUMBERS = Float32Array.of(
  ...[1, 0],
  ...[0, 1],
  ...[0, 0.5, 1],
  ...[1, 0.5, 0],
  ...[0.25, 0.25, 0.25],
  ...[0.75, 0.25, 1],
  ...[0.1, 0.2, 0.3],
);
const gates = partnerGates(NUMBERS, SHAPE);
const own = Float32Array.of(0.9, 0.8, 0.7);

describe('a lesion without its partner', () => {
  it('belongs to the nearest centre, whatever the length of its embedding', () => {
    expect(clusterOf(Float32Array.of(3, 1), gates)).toBe(0);
    expect(clusterOf(Float32Array.of(0.001, 0.003), gates)).toBe(1);
    expect(clusterOf(Float32Array.of(-5, -4), gates)).toBe(1);
  });

  it('belongs to the first of equally near ones', () => {
    expect(clusterOf(Float32Array.of(2, 2), gates)).toBe(0);
    expect(clusterOf(Float32Array.of(0, 0), gates)).toBe(0);
  });

  it.each([
    ['prototype-mean', 0, [[0.5, 0.5, 0.5]]],
    ['prototype-mean', 1, [[0.5, 0.25, 0.625]]],
    [
      'prototype-each',
      1,
      [
        [0.25, 0.25, 0.25],
        [0.75, 0.25, 1],
      ],
    ],
    ['self', 1, [[0.9, 0.8, 0.7]]],
    ['none', 1, [[1, 1, 1]]],
    ['neutral', 1, [[0.1, 0.2, 0.3]]],
  ] as const)('by %s in cluster %d is gated by', (rule, cluster, expected) => {
    const partners = partnersOf(rule, own, cluster, gates);
    expect(partners.map((partner) => [...partner])).toEqual(expected.map((partner) => [...Float32Array.from(partner)]));
  });

  it('needs a cluster only where the rule does', () => {
    const none = { clusters: 0, partnersPerCluster: 0, gateLength: 3, embeddingLength: 2 };
    const without = partnerGates(Float32Array.of(0.1, 0.2, 0.3), none);
    expect(clusterOf(Float32Array.of(1, 0), without)).toBeUndefined();
    expect(partnersOf('neutral', own, undefined, without)).toHaveLength(1);
    expect(() => partnersOf('prototype-mean', own, undefined, without)).toThrow(RangeError);
  });

  it('is not given numbers of another shape', () => {
    expect(gateNumbers(SHAPE)).toBe(NUMBERS.length);
    expect(() => partnerGates(NUMBERS.subarray(1), SHAPE)).toThrow(RangeError);
  });
});
