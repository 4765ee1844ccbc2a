import { beforeAll, describe, expect, test } from '@jest/globals';
import { join } from 'node:path';
import { writeSegmentations } from '../../src/seg-writer/index.js';
import { dcentvfy, dciodvfy, describeWith, python } from '../environment/peers.js';
import { fixtures, imagesIn, imagesOf, type CtImage } from './ct-images.js';
import { errorsOfDciodvfy, attributesAtOdds, readWithHighdicom, type Case, type Verdict } from './judges.js';
import { lesionOn, requestFor } from './lesions.js';

interface Geometry {
  readonly name: string;
  readonly images: readonly CtImage[];
  /** Lesions are put on these images, in this order. */
  readonly on: readonly number[];
  readonly objects: number;
}

const GEOMETRIES: readonly Geometry[] = [
  {
    name: 'regular axial stack, Latin-1 name',
    images: imagesIn(join(fixtures, 'phantom')),
    on: [0, 2, 2, 3],
    objects: 1,
  },
  { name: 'one slice', images: imagesIn(join(fixtures, 'phantom')), on: [1], objects: 1 },
  { name: 'gantry tilt: one object a slice', images: imagesIn(join(fixtures, 'tilt')), on: [0, 1, 1, 2], objects: 3 },
  { name: 'anisotropic pixels', images: imagesIn(join(fixtures, 'aniso')), on: [1, 0], objects: 1 },
  {
    name: '38 x 23, two frames of whole bytes in sum',
    images: imagesIn(join(fixtures, 'ct23x38'), /IMG/),
    on: [0, 1, 2],
    objects: 1,
  },
  {
    name: 'legacy converted multi-frame',
    images: imagesOf(join(fixtures, 'ct24x38/mf.dcm')),
    on: [0, 2, 1],
    objects: 1,
  },
  {
    name: 'legacy converted multi-frame, odd size',
    images: imagesOf(join(fixtures, 'ct23x38/mf.dcm')),
    on: [2],
    objects: 1,
  },
];

const written = GEOMETRIES.map((geometry) => {
  const lesions = geometry.on.map((index, n) => lesionOn(geometry.images[index]!.slice, n + 1));
  return { geometry, lesions, ...writeSegmentations(requestFor(lesions)) };
});
const cases = written.flatMap(({ geometry, lesions, objects }) =>
  objects.map((object): Case & { name: string } => ({ name: geometry.name, object, lesions, images: geometry.images })),
);

describe('lesions become objects', () => {
  test.each(written)('$geometry.name', ({ geometry, lesions, objects, refused }) => {
    expect(refused).toEqual([]);
    expect(objects).toHaveLength(geometry.objects);
    expect(objects.flatMap((object) => object.segments)).toHaveLength(lesions.length);
    expect(new Set(objects.map((object) => object.seriesInstanceUID)).size).toBe(objects.length);
  });
});

describeWith({ python: python() }, 'pydicom and highdicom', (peers) => {
  let verdicts: readonly Verdict[] = [];
  beforeAll(() => {
    verdicts = readWithHighdicom(peers.python, cases);
  });
  test.each(cases.map((each, index) => [each.name, index] as const))(
    '%s (%i): every voxel by source image and by geometry',
    (_, index) => {
      expect(verdicts[index]!.faults).toEqual([]);
    },
  );
});

describeWith({ dciodvfy: dciodvfy() }, 'dciodvfy', (peers) => {
  test.each(cases)('$name: no error', ({ object }) => {
    expect(errorsOfDciodvfy(peers.dciodvfy, object.bytes)).toEqual([]);
  });
});

describeWith({ dcentvfy: dcentvfy() }, 'dcentvfy', (peers) => {
  test.each(cases)('$name: patient and study are those of the images', ({ object, images }) => {
    expect(attributesAtOdds(peers.dcentvfy, object.bytes, images)).toEqual([]);
  });
});
