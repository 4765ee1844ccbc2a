import { beforeAll, describe, expect, test } from '@jest/globals';
import { join } from 'node:path';
import { readPart10 } from '../../src/dicom/index.js';
import { TAG, type DataSet, type MeasurementKey, type SegmentedLesion } from '../../src/domain/index.js';
import {
  checkSegmentation,
  compareReadBack,
  ownSegments,
  segmentMask,
  writeSegmentations,
  type LesionSlice,
  type SegmentationRequest,
  type SegmentationType,
} from '../../src/seg-writer/index.js';
import { dciodvfy, describeWith, python } from '../environment/peers.js';
import { fixtures, imagesIn, imagesOf, type CtImage } from './ct-images.js';
import { edited, valueOf } from './editing.js';
import { errorsOfDciodvfy, readWithHighdicom, type Case, type Verdict } from './judges.js';
import { footMask, lesionOn, requestFor } from './lesions.js';

const phantom = imagesIn(join(fixtures, 'phantom'));
const tilt = imagesIn(join(fixtures, 'tilt'));
const multiFrame = imagesOf(join(fixtures, 'ct24x38/mf.dcm'));
const odd = imagesIn(join(fixtures, 'ct23x38'), /IMG/);

/** A lesion that wanders from slice to slice, with a probability that fades beyond the mask. */
const wandering = (images: readonly CtImage[], start: readonly [number, number]): readonly LesionSlice[] =>
  images.map(({ slice }, n) => {
    const { rows, columns } = slice.plane;
    const mask = footMask(rows, columns, [start[0] + 0.02 * n, start[1] + 0.03 * n]);
    const probability = Float32Array.from(mask.bits, (bit, at) =>
      bit === 1 ? 0.55 + 0.05 * (at % 9) : mask.bits[at - 1] === 1 ? 0.2 : 0,
    );
    return { slice, mask, probability };
  });

interface Made {
  readonly name: string;
  readonly lesions: readonly SegmentedLesion[];
  readonly images: readonly CtImage[];
  readonly slicesOf: ReadonlyMap<MeasurementKey, readonly LesionSlice[]>;
  /** How many objects of each form. */
  readonly objects: Readonly<Record<SegmentationType, number>>;
}

function made(
  name: string,
  images: readonly CtImage[],
  onSlices: readonly (readonly number[])[],
  objects: Made['objects'],
  starts: readonly (readonly [number, number])[],
): Made {
  const lesions = onSlices.map((on, n) => lesionOn(images[on[0]!]!.slice, n + 1));
  const slices = onSlices.map((on, n) =>
    wandering(
      on.map((index) => images[index]!),
      starts[n]!,
    ),
  );
  const slicesOf = new Map(lesions.map(({ located }, n) => [located.measurement.key, slices[n]!]));
  return {
    name,
    images,
    lesions: lesions.map((lesion, n) => ({ ...lesion, mask: slices[n]![0]!.mask })),
    slicesOf,
    objects,
  };
}

const APART = [
  [0.1, 0.1],
  [0.5, 0.5],
] as const;
const OVER_EACH_OTHER = [
  [0.3, 0.3],
  [0.32, 0.33],
] as const;
const MADE: readonly Made[] = [
  made(
    'two lesions on several slices',
    phantom,
    [
      [0, 1, 2, 3],
      [2, 1],
    ],
    { binary: 1, labelmap: 1, fractional: 1 },
    APART,
  ),
  made(
    'lesions that share pixels',
    phantom,
    [
      [0, 1],
      [1, 2],
    ],
    { binary: 2, labelmap: 2, fractional: 2 },
    OVER_EACH_OTHER,
  ),
  made(
    'a tilted gantry: a lesion on three slices is three objects',
    tilt,
    [[0, 1, 2]],
    { binary: 3, labelmap: 3, fractional: 3 },
    APART,
  ),
  made('frames of a multi-frame image', multiFrame, [[0, 1, 2]], { binary: 1, labelmap: 1, fractional: 1 }, APART),
  // 38 x 23: no whole bytes, whatever is appended
  made('odd sizes', odd, [[0, 1, 2]], { binary: 1, labelmap: 1, fractional: 1 }, APART),
];
const TYPES: readonly SegmentationType[] = ['binary', 'labelmap', 'fractional'];

const dataSetOf = (bytes: Uint8Array): DataSet => {
  const file = readPart10(bytes);
  if (!file.ok) throw new Error(file.error.code);
  return file.value.dataSet;
};
const written = MADE.flatMap((each) =>
  TYPES.map((type) => {
    const request: SegmentationRequest = requestFor(each.lesions, { segmentationType: type, slicesOf: each.slicesOf });
    return { ...each, type, ...writeSegmentations(request) };
  }),
);
const cases = written.flatMap(({ name, type, lesions, images, slicesOf, objects }) =>
  objects.map((object): Case & { title: string; type: SegmentationType } => ({
    title: `${type}: ${name}`,
    type,
    object,
    lesions,
    images,
    slicesOf: type === 'fractional' ? slicesOf : withoutProbabilities(slicesOf),
  })),
);
function withoutProbabilities(slicesOf: Made['slicesOf']): Made['slicesOf'] {
  return new Map([...slicesOf].map(([key, slices]) => [key, slices.map(({ slice, mask }) => ({ slice, mask }))]));
}

describe('forms of segmentations', () => {
  test.each(written)('$type: $name', ({ type, objects, refused, objects: { length }, images, ...each }) => {
    expect(refused).toEqual([]);
    expect(length).toBe(MADE.find(({ name }) => name === each.name)!.objects[type]);
    const slices = images.map(({ slice }) => slice);
    for (const { bytes, segments } of objects) {
      const problems = checkSegmentation(bytes, slices).filter(({ severity }) => severity === 'error');
      expect(problems).toEqual([]);
      const own = ownSegments(dataSetOf(bytes));
      expect(own.map(({ maskMatches }) => maskMatches)).toEqual(segments.map(() => true));
      expect(own.map(({ receipt }) => receipt.maskSha256)).toEqual(segments.map(({ maskSha256 }) => maskSha256));
      expect(compareReadBack(bytes, bytes)).toEqual({ kind: 'equal' });
    }
  });
  test('of the same lesions are objects of their own', () => {
    const uids = written
      .filter(({ name }) => name === MADE[0]!.name)
      .flatMap(({ objects }) => objects.map(({ sopInstanceUID }) => sopInstanceUID));
    expect(new Set(uids).size).toBe(3);
  });
  test.each(['labelmap', 'fractional'] as const)('%s: one value changed shows in receipt and read-back', (type) => {
    const { object } = cases.find((each) => each.type === type)!;
    const at = dataSetOf(object.bytes)
      .bytes(TAG.PixelData)!
      .findIndex((value) => value > 0);
    const changed = edited(object.bytes, (tree) => {
      valueOf(tree, TAG.PixelData)[at] = type === 'labelmap' ? 0 : 1;
    });
    expect(ownSegments(dataSetOf(changed)).map(({ maskMatches }) => maskMatches)).toEqual([false, true]);
    expect(compareReadBack(object.bytes, changed)).toEqual({ kind: 'differs', where: 'PixelData' });
  });
  test('masks are read back from every form; of a probability what is more likely than not', () => {
    for (const { object, lesions, type } of cases.filter(({ title }) => title.endsWith(MADE[0]!.name)))
      for (const [n, { mask }] of lesions.entries()) {
        // the second lesion was given with its upper slice first
        const expected = n === 0 ? mask : MADE[0]!.slicesOf.get(lesions[1]!.located.measurement.key)![1]!.mask;
        expect([type, segmentMask(dataSetOf(object.bytes), n + 1)]).toEqual([type, expected]);
      }
  });
});

describe('LABELMAP', () => {
  test('more than 255 lesions start another object', () => {
    const rows = 64;
    const columns = 72;
    const { slice } = phantom[0]!;
    const lesions = Array.from({ length: 300 }, (_, n) => {
      const bits = new Uint8Array(rows * columns);
      bits[n * 3] = 1;
      return { ...lesionOn(slice, n + 1), mask: { rows, columns, bits } };
    });
    const { objects, refused } = writeSegmentations(requestFor(lesions, { segmentationType: 'labelmap' }));
    expect(refused).toEqual([]);
    expect(objects.map(({ segments }) => segments.length)).toEqual([255, 45]);
  });
});

describe('FRACTIONAL', () => {
  const [lesion] = MADE[0]!.lesions;
  const { mask } = MADE[0]!.slicesOf.get(lesion!.located.measurement.key)![0]!;
  const { slice } = lesion!.located;
  const withProbability = (probability?: Float32Array): ReturnType<typeof writeSegmentations> =>
    writeSegmentations(
      requestFor([lesion!], {
        segmentationType: 'fractional',
        slicesOf: new Map([
          [lesion!.located.measurement.key, [probability ? { slice, mask, probability } : { slice, mask }]],
        ]),
      }),
    );
  test('needs a probability for every pixel, from 0 to 1', () => {
    expect(() => withProbability()).toThrow('needs a probability');
    expect(() => withProbability(new Float32Array(3))).toThrow('needs a probability');
    expect(() => withProbability(new Float32Array(mask.bits.length).fill(1.5))).toThrow('outside 0 to 1');
    expect(() => withProbability(new Float32Array(mask.bits.length).fill(NaN))).toThrow('outside 0 to 1');
  });
  test('without any is refused', () => {
    const { refused } = withProbability(new Float32Array(mask.bits.length));
    expect(refused.map(({ reason }) => reason)).toEqual(['mask-empty']);
  });
  test('says that probabilities overlap where they do, though masks do not', () => {
    const { rows, columns } = mask;
    const even = new Float32Array(rows * columns).fill(0.25);
    const two = [lesionOn(slice, 1), lesionOn(slice, 2)];
    const overlapping = new Map(
      two.map((each) => [each.located.measurement.key, [{ slice, mask: each.mask, probability: even }]]),
    );
    const [object] = writeSegmentations(
      requestFor(two, { segmentationType: 'fractional', slicesOf: overlapping }),
    ).objects;
    expect(dataSetOf(object!.bytes).text(TAG.SegmentsOverlap)).toBe('YES');
    expect(dataSetOf(cases.find(({ type }) => type === 'fractional')!.object.bytes).text(TAG.SegmentsOverlap)).toBe(
      'NO',
    );
  });
});

describeWith({ python: python() }, 'pydicom and highdicom', (peers) => {
  let verdicts: readonly Verdict[] = [];
  beforeAll(() => {
    verdicts = readWithHighdicom(peers.python, cases);
  });
  test.each(cases.map(({ title }, index) => [title, index] as const))(
    '%s (%i): every value, by image and by geometry',
    (_, index) => {
      expect(verdicts[index]!.faults).toEqual([]);
    },
  );
  test('a lesion that was split lies on all of its slices', () => {
    for (const type of TYPES) {
      const split = cases.flatMap((each, n) => (each.title === `${type}: ${MADE[2]!.name}` ? [verdicts[n]!] : []));
      expect(split.reduce((sum, { frames }) => sum + frames, 0)).toBe(3);
    }
  });
});

describeWith({ dciodvfy: dciodvfy() }, 'dciodvfy', (peers) => {
  // it does not know label maps
  test.each(cases.filter(({ type }) => type !== 'labelmap'))('$title: no error', ({ object }) => {
    expect(errorsOfDciodvfy(peers.dciodvfy, object.bytes)).toEqual([]);
  });
});
