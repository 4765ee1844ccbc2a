import { afterAll, describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readPart10 } from '../../src/dicom/index.js';
import {
  asReadUid,
  imagePoint,
  SOP_CLASS,
  TAG,
  type DataSet,
  type Mask,
  type Measurement,
  type SegmentationObject,
} from '../../src/domain/index.js';
import { isOwnObject } from '../../src/sr-parser/index.js';
import {
  checkSegmentation,
  explainObject,
  marksSha256,
  ownSegments,
  writeSegmentations,
  type LesionSlice,
  type SegmentationType,
} from '../../src/seg-writer/index.js';
import { fixtures, imagesIn, madeImages, type CtImage } from './ct-images.js';
import { edited, items, setShort, setText, textOf, valueOf, within, type Tree } from './editing.js';
import { footMask, lesionOn, requestFor } from './lesions.js';

const folder = mkdtempSync(join(tmpdir(), 'seg-writer-'));
afterAll(() => rmSync(folder, { recursive: true }));
const phantom = imagesIn(join(fixtures, 'phantom')).slice(0, 3);
/** Frames of 38 x 23 pixels are no whole bytes. */
const odd = madeImages(phantom, join(folder, 'odd'), (tree) => {
  setShort(tree, TAG.Rows, 38);
  setShort(tree, TAG.Columns, 23);
  tree.set(TAG.PixelData, { vr: 'OW', bytes: new Uint8Array(38 * 23 * 2) });
});

interface Made {
  readonly object: SegmentationObject;
  /** Values of each segment's frames, one byte a pixel, in the order of the frames. */
  readonly frames: readonly (readonly Uint8Array[])[];
  readonly images: readonly CtImage[];
}

/** The first lesion on three slices, the second on one. */
function made(images: readonly CtImage[], type: SegmentationType, policyName = 'default'): Made {
  const slices = images.map(({ slice }) => slice);
  const lesions = [lesionOn(slices[0]!, 1), lesionOn(slices[1]!, 2)];
  const { rows, columns } = slices[0]!.plane;
  const masks = [0.05, 0.35, 0.5].map((top): Mask => footMask(rows, columns, [top, 0.05]));
  const probabilityOf = ({ bits }: Mask): Float32Array =>
    Float32Array.from(bits, (bit, k) => (bit === 1 ? 0.75 : k % 97 === 5 ? 0.25 : 0));
  const onSlices = masks.map((mask, n): LesionSlice => ({ slice: slices[n]!, mask, probability: probabilityOf(mask) }));
  const alone: LesionSlice = {
    slice: slices[1]!,
    mask: lesions[1]!.mask,
    probability: probabilityOf(lesions[1]!.mask),
  };
  const written = writeSegmentations(
    requestFor(lesions, {
      segmentationType: type,
      policyName,
      slicesOf: new Map([
        [lesions[0]!.located.measurement.key, onSlices],
        [lesions[1]!.located.measurement.key, [alone]],
      ]),
    }),
  );
  expect(written.refused).toEqual([]);
  const values = ({ mask, probability }: LesionSlice): Uint8Array =>
    type === 'fractional' ? Uint8Array.from(probability!, (p) => Math.round(p * 255)) : mask.bits;
  return { object: written.objects[0]!, frames: [onSlices.map(values), [values(alone)]], images };
}

const dataSetOf = (bytes: Uint8Array): DataSet => {
  const file = readPart10(bytes);
  if (!file.ok) throw new Error(file.error.code);
  return file.value.dataSet;
};
const parametersIn = (tree: Tree, segment = 0): { readonly text: string; readonly item: Tree } => {
  const item = within(items(tree, TAG.SegmentSequence)[segment]!, TAG.SegmentationAlgorithmIdentificationSequence);
  return { item, text: textOf(item, TAG.AlgorithmParameters) };
};
const parametersOf = (bytes: Uint8Array, segment = 0): string =>
  dataSetOf(bytes)
    .items(TAG.SegmentSequence)
    [segment]!.items(TAG.SegmentationAlgorithmIdentificationSequence)[0]!
    .text(TAG.AlgorithmParameters)!;

const sha256 = (...parts: readonly Uint8Array[]): string => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
};
/** The definition of version 2, pixel by pixel. */
function digestByHand(frames: readonly Uint8Array[], bits: 1 | 8, empty: number): string {
  const parts: Uint8Array[] = [];
  for (const frame of [...frames, ...Array.from({ length: empty }, () => new Uint8Array(8))]) {
    const stored = bits === 8 ? [...frame] : [];
    if (bits === 1) frame.forEach((value, k) => (stored[k >> 3] = (stored[k >> 3] ?? 0) + value * 2 ** (k % 8)));
    const set = stored.flatMap((byte, at) => (byte === 0 ? [] : [at]));
    const [first, last] = [set[0] ?? 0, set.at(-1) ?? -1];
    const place = Buffer.alloc(8);
    place.writeUInt32LE(first, 0);
    place.writeUInt32LE(last - first + 1, 4);
    parts.push(place, Uint8Array.from(stored.slice(first, last + 1)));
  }
  return sha256(...parts);
}

const TYPES: readonly SegmentationType[] = ['binary', 'labelmap', 'fractional'];
const OBJECTS = TYPES.flatMap((type) =>
  [phantom, odd].map((images) => ({ type, size: images === odd ? '38 x 23' : '64 x 72', ...made(images, type) })),
);

describe.each(OBJECTS)('the receipt of a $type object of $size', ({ type, object, frames, images }) => {
  const dataSet = dataSetOf(object.bytes);
  /** Frames without pixels that the size rule asked for; they are the last segment's. */
  const empty = (dataSet.number(TAG.NumberOfFrames) ?? 0) - (type === 'labelmap' ? 3 : 4);

  test('is of version 2 and of the pixels', () => {
    const own = ownSegments(dataSet);
    expect(own.map(({ receipt }) => receipt.version)).toEqual([2, 2]);
    expect(own.map(({ maskMatches }) => maskMatches)).toEqual([true, true]);
    const bits = type === 'fractional' ? 8 : 1;
    // at most two positions of the second segment are free
    expect(own.map(({ receipt }) => receipt.maskSha256)).toEqual([
      digestByHand(frames[0]!, bits, Math.max(0, empty - 2)),
      digestByHand(frames[1]!, bits, Math.min(2, empty)),
    ]);
  });
  test('of version 1, as earlier objects have it, is still verified', () => {
    const pixels = images[0]!.slice.plane.rows * images[0]!.slice.plane.columns;
    const none = (count: number): readonly Uint8Array[] => Array.from({ length: count }, () => new Uint8Array(pixels));
    const before = edited(object.bytes, (tree) => {
      frames.forEach((ofSegment, segment) => {
        const { item, text } = parametersIn(tree, segment);
        const digest = sha256(...ofSegment, ...none(segment === 1 ? Math.min(2, empty) : Math.max(0, empty - 2)));
        setText(
          item,
          TAG.AlgorithmParameters,
          text.replace(/mask=[0-9a-f]{64}/, `mask=${digest}`).replace(/;receipt=2.*$/, ''),
        );
      });
    });
    const own = ownSegments(dataSetOf(before));
    expect(own.map(({ receipt }) => receipt.version)).toEqual([1, 1]);
    expect(own.map(({ maskMatches }) => maskMatches)).toEqual([true, true]);
    const errors = checkSegmentation(
      before,
      images.map(({ slice }) => slice),
    ).filter(({ severity }) => severity === 'error');
    expect(errors).toEqual([]);
    const damaged = edited(before, (tree) => {
      const stored = valueOf(tree, TAG.PixelData);
      stored[stored.findIndex((byte) => byte !== 0)]! ^= 1;
    });
    expect(ownSegments(dataSetOf(damaged)).some(({ maskMatches }) => !maskMatches)).toBe(true);
  });
  test('of a later version is known as ours and not believed', () => {
    const later = edited(object.bytes, (tree) => {
      const { item, text } = parametersIn(tree);
      setText(item, TAG.AlgorithmParameters, text.replace('receipt=2', 'receipt=3'));
    });
    expect(ownSegments(dataSetOf(later)).map(({ maskMatches }) => maskMatches)).toEqual([false, true]);
  });
  test('makes the object known as ours, of whatever class it is', () => {
    expect(isOwnObject(dataSet)).toBe(true);
    expect(dataSet.text(TAG.SOPClassUID)).toBe(
      type === 'labelmap' ? SOP_CLASS.LabelMapSegmentation : SOP_CLASS.Segmentation,
    );
    const elsewhere = edited(object.bytes, (tree) => setText(tree, TAG.Manufacturer, 'another'));
    expect(ownSegments(dataSetOf(elsewhere))).toEqual([]);
  });
});

describe('the rule', () => {
  const ruleOf = (bytes: Uint8Array): string | undefined => {
    const explained = explainObject(dataSetOf(bytes));
    return explained?.kind === 'segmentation' ? explained.segments[0]?.work.rule : undefined;
  };
  test.each(['lesions', 'Lunge; key=1;mask=2', 'Leberläsionen 100 %', '肺'])(
    '"%s" is told by the object alone',
    (name) => {
      const { object } = made(phantom, 'binary', name);
      expect(parametersOf(object.bytes).endsWith(`;rule=${encodeURIComponent(name)}`)).toBe(true);
      expect(ruleOf(object.bytes)).toBe(name);
      expect(ownSegments(dataSetOf(object.bytes)).map(({ maskMatches }) => maskMatches)).toEqual([true, true]);
    },
  );
  test('whose name is too long is left out, and that is said', () => {
    const { object } = made(phantom, 'binary', '肺'.repeat(1000));
    expect(ruleOf(object.bytes)).toBeUndefined();
    expect(object.warnings).toContain('policy.name-too-long');
    const longest = made(phantom, 'binary', 'x'.repeat(4096)).object;
    expect(ruleOf(longest.bytes)).toBe('x'.repeat(4096));
    expect(parametersOf(longest.bytes).length).toBeLessThanOrEqual(10240);
  });
});

describe('the marks in a receipt', () => {
  const measurement = (
    lines: readonly (readonly [number, number, number, number])[],
    image: { readonly sop: string; readonly frame?: number } = { sop: '1.2.3' },
  ): Measurement => {
    const axis = (line: readonly [number, number, number, number] | undefined) =>
      line && {
        points: {
          space: 'image-point' as const,
          ends: [imagePoint(line[0], line[1]), imagePoint(line[2], line[3])] as const,
        },
        reportedMm: undefined,
        reportedValue: undefined,
        unit: undefined,
        code: undefined,
        match: 'position' as const,
      };
    return {
      ...lesionOn(phantom[0]!.slice, 1).located.measurement,
      longAxis: axis(lines[0]),
      shortAxis: axis(lines[1]),
      image: { sopClassUID: undefined, sopInstanceUID: asReadUid(image.sop), frame: image.frame },
    };
  };
  const long = [10.5, 20, 30.25, 40] as const;
  const short = [12, 33, 25, 18.125] as const;
  const digest = marksSha256(measurement([long, short]));

  test('is SHA-256 over where the lines lie', () => {
    const text = 'caliper-marks-v1\n1.2.3 1\nimage-point 10500 20000 30250 40000\nimage-point 12000 33000 25000 18125';
    expect(digest).toBe(sha256(Buffer.from(text)));
  });
  test.each([
    ['the other line first', measurement([short, long])],
    ['the other end first', measurement([[30.25, 40, 10.5, 20], short])],
    ['frame 1 named', measurement([long, short], { sop: '1.2.3', frame: 1 })],
    ['a coordinate that lost its last bits', measurement([[10.5000001, 20, 30.25, 39.9999999], short])],
  ])('%s: the same marks', (_, same) => expect(marksSha256(same)).toBe(digest));
  test.each([
    ['a line moved by a hundredth of a pixel', measurement([[10.51, 20, 30.25, 40], short])],
    ['one line less', measurement([long])],
    ['another image', measurement([long, short], { sop: '1.2.4' })],
    ['another frame', measurement([long, short], { sop: '1.2.3', frame: 2 })],
  ])('%s: other marks', (_, other) => expect(marksSha256(other)).not.toBe(digest));
});
