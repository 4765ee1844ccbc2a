import { describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { KERNEL_REVISION, type MethodName } from '../../src/domain/index.js';
import { segmentLesion } from '../../src/segmentation/index.js';
import { phantom } from './phantom.js';

/**
 * Digests of masks. They may change only together with KERNEL_REVISION (src/domain/equipment.ts), which is part of every UID and receipt: whoever
 * sees this test fail and meant the masks to change raises the revision and writes the new digests here.
 */
const GOLDEN: { revision: number; digests: Record<string, string> } = {
  revision: 2,
  digests: {
    'ellipse, faint': '2b96520d862ea381',
    'ellipse, large': '9e97ad09ff2c51aa',
    'ellipse, small': '2a77ac65a15197df',
    'ellipse, usual': '7abb840d0eb1f471',
    'grabcut, faint': '0b0a7a1924794a04',
    'grabcut, large': 'f2f358e8774e38e4',
    'grabcut, small': '5f8ef55026b33eba',
    'grabcut, usual': '1165e3383f92a8c6',
    'grabcut-paper, faint': '5a1c0f72898a69b2',
    'grabcut-paper, large': '72fcf46385602c4a',
    'grabcut-paper, small': '5f8ef55026b33eba',
    'grabcut-paper, usual': 'a3f27b0b6e31fb78',
    'superellipse, faint': '9758d4c8b6b9a900',
    'superellipse, large': 'e203e798cd626551',
    'superellipse, small': '2a77ac65a15197df',
    'superellipse, usual': 'bb19393a96617990',
  },
};

const METHODS: readonly MethodName[] = ['ellipse', 'superellipse', 'grabcut', 'grabcut-paper'];

/** Name, half axes in pixels, and HU above the surroundings. */
const LESIONS = [
  ['small', [2.5, 2], 60],
  ['usual', [12, 8], 60],
  ['large', [40, 31], 60],
  ['faint', [18, 14], 15],
] as const;

describe('masks', () => {
  it(`are those of kernel revision ${GOLDEN.revision}`, () => {
    const digests: Record<string, string> = {};
    for (const method of METHODS)
      for (const [size, half, contrast] of LESIONS) {
        const sides = 24 + 6 * half[0];
        const centre = [sides / 2 + 0.3, sides / 2 - 0.2] as const;
        const place = { half, centre, columns: sides, rows: sides };
        const { task } = phantom({ method, contrast, noise: 45, seed: half[1], ...place });
        const lesion = segmentLesion(task);
        if (!lesion.ok) throw new Error(lesion.error);
        const digest = createHash('sha256').update(lesion.value.mask.bits).digest('hex');
        digests[`${method}, ${size}`] = digest.slice(0, 16);
      }
    expect({ revision: KERNEL_REVISION, digests }).toEqual(GOLDEN);
  });
});
