import { expect, test } from '@jest/globals';
import type { Answer } from './answer.js';
import { faultOf, type TrueSegment } from './judge.js';
import type { TrueImage } from './series.js';

/** Two slices of 4 rows and 5 columns, 2 mm apart; rows are 1.5 mm apart, columns 0.5 mm. */
const image = (z: number): TrueImage => ({
  path: '',
  sop: `1.${z}`,
  series: '1',
  frameOfReference: '1',
  frame: null,
  frames: 1,
  rows: 4,
  columns: 5,
  origin: [10, 20, z],
  alongRow: [0.5, 0, 0],
  alongColumn: [0, 1.5, 0],
});
const SEGMENTS: readonly TrueSegment[] = [
  { number: 1, image: image(0), pixels: [0, 5, 6] },
  { number: 2, image: image(2), pixels: [13, 19] },
];
const AFFINE = [
  [0.5, 0, 0, 10],
  [0, 1.5, 0, 20],
  [0, 0, 2, 0],
  [0, 0, 0, 1],
];
const VOXELS = {
  1: [
    [0, 0, 0],
    [0, 1, 0],
    [1, 1, 0],
  ],
  2: [
    [3, 2, 1],
    [4, 3, 1],
  ],
};
const volume = (
  affine: readonly (readonly number[])[],
  voxels: Record<string, number[][]>,
  shape = [5, 4, 2],
): Answer => ({
  kind: 'volume',
  affine,
  shape,
  segments: voxels,
});

test('a volume is right whichever way its axes run', () => {
  expect(faultOf(volume(AFFINE, VOXELS), SEGMENTS)).toBeUndefined();
  // slices first, the highest first
  const turned = [
    [0, 0, 0.5, 10],
    [0, 1.5, 0, 20],
    [-2, 0, 0, 2],
    [0, 0, 0, 1],
  ];
  const voxels = {
    1: [
      [1, 0, 0],
      [1, 1, 0],
      [1, 1, 1],
    ],
    2: [
      [0, 2, 3],
      [0, 3, 4],
    ],
  };
  expect(faultOf(volume(turned, voxels, [2, 4, 5]), SEGMENTS)).toBeUndefined();
});

test.each<[string, Answer]>([
  ['a refusal', { kind: 'refused', says: 'no' }],
  ['an empty volume', volume(AFFINE, {})],
  ['a voxel too few', volume(AFFINE, { ...VOXELS, 2: [[3, 2, 1]] })],
  ['a voxel too many', volume(AFFINE, { ...VOXELS, 2: [...VOXELS[2], [0, 0, 1]] })],
  ['labels exchanged', volume(AFFINE, { 1: VOXELS[2], 2: VOXELS[1] })],
  ['one slice off', volume([AFFINE[0]!, AFFINE[1]!, [0, 0, 2, 2], AFFINE[3]!], VOXELS)],
  ['spacings exchanged', volume([[1.5, 0, 0, 10], [0, 0.5, 0, 20], AFFINE[2]!, AFFINE[3]!], VOXELS)],
  ['rows flipped', volume([AFFINE[0]!, [0, -1.5, 0, 24.5], AFFINE[2]!, AFFINE[3]!], VOXELS)],
  ['a spacing a hundredth off', volume([[0.505, 0, 0, 10], AFFINE[1]!, AFFINE[2]!, AFFINE[3]!], VOXELS)],
  ['the right pixels on the wrong images', bySource('1.2', '1.0')],
  [
    'a frame at another place',
    {
      kind: 'placed',
      frames: SEGMENTS.map(({ number, pixels }) => ({ segment: number, ...placeOf(image(1)), pixels })),
    },
  ],
])('%s is a fault', (_, answer) => {
  expect(faultOf(answer, SEGMENTS)).toBeDefined();
});

test('pixels on the images that are named, and frames at their places, are right', () => {
  expect(faultOf(bySource('1.0', '1.2'), SEGMENTS)).toBeUndefined();
  const frames = SEGMENTS.map((segment) => ({
    segment: segment.number,
    ...placeOf(segment.image),
    pixels: segment.pixels,
  }));
  expect(faultOf({ kind: 'placed', frames }, SEGMENTS)).toBeUndefined();
});

function bySource(...sops: readonly string[]): Answer {
  const planes = SEGMENTS.map(({ number, pixels }, n) => ({ segment: number, sop: sops[n]!, frame: null, pixels }));
  return { kind: 'by-source', planes };
}

function placeOf({ origin, alongRow, alongColumn }: TrueImage) {
  return { origin: origin!, alongRow: alongRow!, alongColumn: alongColumn! };
}
