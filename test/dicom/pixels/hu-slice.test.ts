import { describe, expect, test } from '@jest/globals';
import { huSliceOf } from '../../../src/dicom/index.js';
import { TAG, tag, type Tag } from '../../../src/domain/index.js';
import { SYNTAX } from '../part10/hand-made.js';
import { fileOf, slice, words, type Value } from './hand-made-image.js';
import { read } from './fixtures.js';

type Change = readonly [Tag, Value | undefined];

const PIXELS = [-1024, -500, 0, 40, 100, 3071];

const huOf = (pixels: readonly number[], ...changed: Change[]) => {
  const result = huSliceOf(read(fileOf(slice(pixels, changed))), undefined);
  return result.ok ? [...result.value.hu] : result.error;
};

const bits = (allocated: number, stored: number, high: number, representation: number): Change[] => [
  [TAG.BitsAllocated, ['US', allocated]],
  [TAG.BitsStored, ['US', stored]],
  [TAG.HighBit, ['US', high]],
  [TAG.PixelRepresentation, ['US', representation]],
];

describe('stored values', () => {
  test('signed words of 16 bits', () => expect(huOf(PIXELS)).toEqual(PIXELS));

  test('unsigned words of 16 bits', () =>
    expect(huOf([0, 1, 32767, 32768, 65535, 1024], ...bits(16, 16, 15, 0))).toEqual([0, 1, 32767, 32768, 65535, 1024]));

  test('12 bits: what lies above them belongs to others (overlays), and bit 11 is the sign', () => {
    const overlaid = [0x1000, 0xffff, 0x07ff, 0x0800, 0x2fff, 0x4001];
    expect(huOf(overlaid, ...bits(16, 12, 11, 1))).toEqual([0, -1, 2047, -2048, -1, 1]);
    expect(huOf(overlaid, ...bits(16, 12, 11, 0))).toEqual([0, 4095, 2047, 2048, 4095, 1]);
  });

  test('12 bits at the top of the word', () => {
    const shifted = [0x0010, 0xfff0, 0x7ff0, 0x8000, 0x001f, 0x0000];
    expect(huOf(shifted, ...bits(16, 12, 15, 1))).toEqual([1, -1, 2047, -2048, 1, 0]);
    expect(huOf(shifted, ...bits(16, 12, 15, 0))).toEqual([1, 4095, 2047, 2048, 1, 0]);
  });

  test('bytes, with one to make the length even', () => {
    const odd: Change[] = [
      [TAG.Rows, ['US', 1]],
      [TAG.PixelData, ['OB', Buffer.from([0, 127, 255, 0])]],
    ];
    expect(huOf([], ...bits(8, 8, 7, 0), ...odd)).toEqual([0, 127, 255]);
    expect(huOf([], ...bits(8, 8, 7, 1), ...odd)).toEqual([0, 127, -1]);
  });

  test('words of 32 bits', () => {
    const data = Buffer.alloc(24);
    [-1024, 0, 3071, -2, 70_000, 1].forEach((value, i) => data.writeInt32LE(value, 4 * i));
    expect(huOf([], ...bits(32, 32, 31, 1), [TAG.PixelData, ['OW', data]])).toEqual([-1024, 0, 3071, -2, 70_000, 1]);
    expect(huOf([], ...bits(32, 32, 31, 0), [TAG.PixelData, ['OW', data]])).toBe('pixels-not-hu');
  });

  test.each([
    ['17 bits stored of 16', bits(16, 17, 16, 0)],
    ['a high bit below the stored bits', bits(16, 12, 10, 0)],
    ['a high bit outside the word', bits(16, 12, 16, 0)],
    ['12 bits allocated', bits(12, 12, 11, 0)],
    ['no pixel representation', [[TAG.PixelRepresentation, undefined] as Change]],
    ['no bits stored', [[TAG.BitsStored, undefined] as Change]],
  ])('%s: refused', (_, changed) => expect(huOf(PIXELS, ...changed)).toBe('pixel-length-mismatch'));
});

describe('the length of the pixel data', () => {
  test.each([
    [words(PIXELS.slice(1)), 'pixel-length-mismatch'],
    [words([...PIXELS, 1]), 'pixel-length-mismatch'],
    [words(PIXELS).subarray(0, 11), 'pixel-length-mismatch'],
    [Buffer.alloc(0), 'no-pixel-data'],
  ])('%#', (data, reason) => expect(huOf([], [TAG.PixelData, ['OW', data]])).toBe(reason));

  test('no pixel data at all', () => expect(huOf([], [TAG.PixelData, undefined])).toBe('no-pixel-data'));

  test('a file cut inside its pixels', () => {
    const whole = fileOf(slice(PIXELS));
    for (let length = whole.length - 12; length < whole.length; length++) {
      const result = huSliceOf(read(whole.subarray(0, length)), undefined);
      expect(result.ok).toBe(false);
    }
  });
});

describe('from stored values to Hounsfield units', () => {
  test('slope and intercept, computed in double precision', () => {
    const rescaled = huOf(PIXELS, [TAG.RescaleSlope, ['DS', '0.1']], [TAG.RescaleIntercept, ['DS', '-1024.5']]);
    expect(rescaled).toEqual(PIXELS.map((value) => Math.fround(value * 0.1 - 1024.5)));
  });

  test.each<[string, Change[], readonly number[]]>([
    ['one value', [[TAG.PixelPaddingValue, ['SS', -500]]], [-1024, -1024, 0, 40, 100, 3071]],
    ['written with the wrong VR', [[TAG.PixelPaddingValue, ['US', 65036]]], [-1024, -1024, 0, 40, 100, 3071]],
    [
      'a range',
      [
        [TAG.PixelPaddingValue, ['SS', 40]],
        [TAG.PixelPaddingRangeLimit, ['SS', -500]],
      ],
      [-1024, -1024, -1024, -1024, 100, 3071],
    ],
    [
      'given in stored values, before the rescale',
      [
        [TAG.PixelPaddingValue, ['SS', 100]],
        [TAG.RescaleIntercept, ['DS', '-100']],
      ],
      [-1124, -600, -100, -60, -1024, 2971],
    ],
    ['a limit without a value', [[TAG.PixelPaddingRangeLimit, ['SS', 3000]]], PIXELS],
  ])('padding becomes air: %s', (_, changed, expected) => expect(huOf(PIXELS, ...changed)).toEqual(expected));

  test.each([
    ['', PIXELS],
    ['HU', PIXELS],
    ['US', PIXELS],
    ['Houndsfield Unit', PIXELS],
    ['Hounsfield Units', PIXELS],
    ['HOUNSFIELD', PIXELS],
    ['hu', PIXELS],
    ['OD', 'pixels-not-hu'],
    ['HU_MOD', 'pixels-not-hu'],
    ['MGML', 'pixels-not-hu'],
    ['Z_EFF', 'pixels-not-hu'],
    ['ED', 'pixels-not-hu'],
    ['PCT', 'pixels-not-hu'],
  ])('rescale type %p', (type, expected) => expect(huOf(PIXELS, [TAG.RescaleType, ['LO', type]])).toEqual(expected));

  test.each<[string, Change[]]>([
    ['no slope', [[TAG.RescaleSlope, undefined]]],
    ['no intercept', [[TAG.RescaleIntercept, undefined]]],
    ['an empty slope', [[TAG.RescaleSlope, ['DS', '']]]],
    ['a slope that is no number', [[TAG.RescaleSlope, ['DS', 'one']]]],
    ['a slope of nothing', [[TAG.RescaleSlope, ['DS', '0']]]],
    ['a slope beyond all numbers', [[TAG.RescaleSlope, ['DS', '1e38']]]],
    [
      'a table in place of a rescale',
      [[TAG.ModalityLUTSequence, ['SQ', [new Map([[tag(0x00283004), ['LO', 'OD']]])]]]],
    ],
    [
      'colour',
      [
        [TAG.PhotometricInterpretation, ['CS', 'RGB']],
        [TAG.SamplesPerPixel, ['US', 3]],
      ],
    ],
    ['a palette', [[TAG.PhotometricInterpretation, ['CS', 'PALETTE COLOR']]]],
    ['a perfusion map', [[TAG.ImageType, ['CS', 'DERIVED\\PRIMARY\\PERFUSION\\RCBF']]]],
    ['a map of transit times', [[TAG.ImageType, ['CS', 'DERIVED\\SECONDARY\\AXIAL\\MTT']]]],
    ['an effective atomic number', [[TAG.ImageType, ['CS', 'DERIVED\\PRIMARY\\AXIAL\\EFF_ATOMIC_NUM']]]],
  ])('%s: not Hounsfield units', (_, changed) => expect(huOf(PIXELS, ...changed)).toBe('pixels-not-hu'));

  test.each([
    'ORIGINAL\\PRIMARY\\PERFUSION\\NONE',
    'DERIVED\\PRIMARY\\PERFUSION\\MEAN',
    'DERIVED\\SECONDARY\\MPR',
    'DERIVED\\PRIMARY\\AXIAL\\VMI',
  ])('an image type that is in Hounsfield units: %s', (type) =>
    expect(huOf(PIXELS, [TAG.ImageType, ['CS', type]])).toEqual(PIXELS),
  );
});

describe('what is no CT slice', () => {
  test.each<[string, Change[], string]>([
    ['another modality', [[TAG.Modality, ['CS', 'PT']]], 'wrong-modality'],
    [
      'no modality and another class',
      [
        [TAG.Modality, undefined],
        [TAG.SOPClassUID, ['UI', '1.2.840.10008.5.1.4.1.1.128']],
      ],
      'wrong-modality',
    ],
    ['no position', [[TAG.ImagePositionPatient, undefined]], 'no-plane'],
    ['no spacing', [[TAG.PixelSpacing, undefined]], 'no-plane'],
  ])('%s', (_, changed, reason) => expect(huOf(PIXELS, ...changed)).toBe(reason));

  test('no modality, but the class of CT', () => expect(huOf(PIXELS, [TAG.Modality, undefined])).toEqual(PIXELS));

  test.each([
    [undefined, true],
    [1, true],
    [2, false],
    [0, false],
    [1.5, false],
    [-1, false],
    [NaN, false],
  ])('frame %p of an image of one frame', (frame, there) => {
    const result = huSliceOf(read(fileOf(slice(PIXELS))), frame);
    expect(result).toMatchObject(there ? { ok: true } : { ok: false, error: 'frame-not-in-image' });
  });

  test('an empty NumberOfFrames says nothing', () =>
    expect(huOf(PIXELS, [TAG.NumberOfFrames, ['IS', '']])).toEqual(PIXELS));

  test.each(['0', '-1', '1.5', 'many'])('NumberOfFrames %p', (frames) =>
    expect(huOf(PIXELS, [TAG.NumberOfFrames, ['IS', frames]])).toBe('frame-not-in-image'),
  );
});

describe('transfer syntax', () => {
  const under = (uid: string) => {
    const result = huSliceOf(read(fileOf(slice(PIXELS), uid)), undefined);
    return result.ok ? 'read' : result.error;
  };

  test.each([
    '1.2.840.10008.1.2.4.100',
    '1.2.840.10008.1.2.4.107',
    '1.2.840.10008.1.2.8.1',
    '1.2.840.10008.1.2.1.98',
    '1.2.3.4',
  ])('%s is not read', (uid) => expect(under(uid)).toBe('unsupported-transfer-syntax'));

  test.each(['1.2.840.10008.1.2.5', '1.2.840.10008.1.2.4.70', '1.2.840.10008.1.2.4.90'])(
    '%s over pixels that are not encapsulated contradicts itself',
    (uid) => expect(under(uid)).toBe('codestream-invalid'),
  );

  test('uncompressed', () => expect(under(SYNTAX.explicit)).toBe('read'));
});

describe('lossy', () => {
  test.each([
    [undefined, false],
    ['00', false],
    ['01', true],
  ])('LossyImageCompression %p of uncompressed pixels', (said, lossy) => {
    const change: Change = [TAG.LossyImageCompression, said === undefined ? undefined : ['CS', said]];
    expect(huSliceOf(read(fileOf(slice(PIXELS, [change]))), undefined)).toMatchObject({ ok: true, value: { lossy } });
  });
});
