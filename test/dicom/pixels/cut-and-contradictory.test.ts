import { beforeAll, describe, expect, test } from '@jest/globals';
import { encapsulatedFragments, huSliceOf, initialiseCodecs } from '../../../src/dicom/index.js';
import { TAG, type HuSlice, type Tag } from '../../../src/domain/index.js';
import { explicit } from '../part10/hand-made.js';
import { fixtureBytes, read, singleFrameFixtures } from './fixtures.js';
import { placeOf, tagBytes, withFrame } from './rebuilt.js';

beforeAll(initialiseCodecs);

const sliceOf = (bytes: Uint8Array): HuSlice => {
  const slice = huSliceOf(read(bytes), undefined);
  if (!slice.ok) throw new Error(slice.error);
  return slice.value;
};

/** Refused, or the very pixels of the whole file. */
function refusedOrExact(bytes: Uint8Array, whole: HuSlice): 'refused' | 'exact' | 'wrong' {
  const slice = huSliceOf(read(bytes), 1);
  if (!slice.ok) return 'refused';
  return slice.value.hu.length === whole.hu.length && slice.value.hu.every((value, i) => value === whole.hu[i])
    ? 'exact'
    : 'wrong';
}

const compressed = singleFrameFixtures
  .map(({ file }) => ({ name: file, bytes: fixtureBytes(file) }))
  .map((fixture) => ({ ...fixture, pixels: encapsulatedFragments(read(fixture.bytes).dataSet) }))
  .flatMap(({ name, bytes, pixels }) => (pixels ? [{ name, bytes, frame: Buffer.concat(pixels.fragments) }] : []));

/** Decoding a damaged JPEG XL stream costs an instance of the codecs each time, of the others almost never. */
const cutsOf = (name: string, length: number): number[] => {
  const count = name.includes('jpeg-xl') ? 4 : 80;
  const spread = Array.from({ length: count }, (_, i) => Math.floor((i * length) / count));
  return [...spread, ...[1, 2, 3, 4, 5, 6].map((fromEnd) => length - fromEnd)];
};

describe('a cut code stream is refused; only padding may lack', () => {
  test.each(compressed)('$name', ({ name, bytes, frame }) => {
    const whole = sliceOf(bytes);
    const outcomes = cutsOf(name, frame.length).map((length) => ({
      lacking: frame.length - length,
      outcome: refusedOrExact(withFrame(bytes, frame.subarray(0, length)), whole),
    }));
    expect(outcomes.filter(({ outcome }) => outcome === 'wrong')).toEqual([]);
    expect(outcomes.filter(({ outcome, lacking }) => outcome === 'exact' && lacking > 1)).toEqual([]);
    // and the codecs are none the worse for it
    expect(refusedOrExact(bytes, whole)).toBe('exact');
  });
});

describe('a code stream that lost its middle but has its end', () => {
  test.each(compressed.filter(({ name }) => !name.includes('rle')))('$name', ({ bytes, frame }) => {
    const whole = sliceOf(bytes);
    const end = frame.length - 4;
    for (const [from, to] of [
      [0.9, 1],
      [0.5, 1],
      [0.6, 0.7],
    ] as const) {
      const lost = Buffer.concat([frame.subarray(0, Math.floor(from * end)), frame.subarray(Math.floor(to * end))]);
      expect(refusedOrExact(withFrame(bytes, lost), whole)).toBe('refused');
    }
  });
});

describe('what may stand at the end of a code stream', () => {
  const outcome = (name: string, change: (frame: Buffer) => Buffer) => {
    const { bytes, frame } = compressed.find((fixture) => fixture.name === name)!;
    // without the padding that the fixture may have
    const end = frame.lastIndexOf(Buffer.from([0xff, 0xd9])) + 2;
    return refusedOrExact(withFrame(bytes, change(frame.subarray(0, end))), sliceOf(bytes));
  };
  const followedBy =
    (...more: number[]) =>
    (frame: Buffer) =>
      Buffer.concat([frame, Buffer.from(more)]);

  describe.each([
    'signed16-jpeg-lossless-sv1.dcm',
    'signed16-jpeg-ls.dcm',
    'signed16-jpeg-2000.dcm',
    'signed16-htj2k.dcm',
    'unsigned8-jpeg-baseline.dcm',
  ])('%s', (name) => {
    test.each([[], [0], [0x20], [0xff], [0, 0], [0, 0, 0, 0, 0, 0]])('padding %p', (...padding) =>
      expect(outcome(name, followedBy(...padding))).toBe('exact'),
    );
    test.each([
      [1, 2],
      [0, 0, 1],
      [0xff, 0xd9, 0, 1],
    ])('bytes of something else: %p', (...more) => expect(outcome(name, followedBy(...more))).toBe('refused'));
  });

  test('JPEG may have filling before its end marker', () => {
    const filled = (frame: Buffer) => Buffer.concat([frame.subarray(0, -2), Buffer.from([0xff, 0xff, 0xff, 0xd9])]);
    expect(outcome('signed16-jpeg-lossless-sv1.dcm', filled)).toBe('exact');
  });

  test('the last tile-part of JPEG 2000 may leave its length open', () => {
    const open = (frame: Buffer) => {
      const changed = Buffer.from(frame);
      changed.writeUInt32BE(0, frame.indexOf(Buffer.from([0xff, 0x90, 0, 10])) + 6);
      return changed;
    };
    expect(outcome('signed16-jpeg-2000.dcm', open)).toBe('exact');
    expect(outcome('signed16-jpeg-2000.dcm', (frame) => Buffer.concat([open(frame), Buffer.from([0])]))).toBe('exact');
    expect(outcome('signed16-jpeg-2000.dcm', (frame) => open(frame).subarray(0, -2))).toBe('refused');
  });
});

test('more quality layers than the stream has bytes for are refused before a decoder counts them', () => {
  const { bytes, frame } = compressed.find(({ name }) => name === 'unsigned12-tile-parts-jpeg-2000.dcm')!;
  const many = Buffer.from(frame);
  // marker, length, style, progression, then the layers
  many.writeUInt16BE(65_535, frame.indexOf(Buffer.from([0xff, 0x52])) + 6);
  expect(refusedOrExact(withFrame(bytes, many), sliceOf(bytes))).toBe('refused');
});

test('a stream of 8 bits in words of 16', () => {
  const bytes = fixtureBytes('unsigned8-jpeg-ls.dcm');
  const wide = Buffer.from(bytes);
  wide.writeUInt16LE(16, placeOf(bytes, TAG.BitsAllocated) + 8);
  expect(refusedOrExact(wide, sliceOf(bytes))).toBe('exact');
});

describe('two code streams where one should be', () => {
  test.each(compressed.filter(({ name }) => !name.includes('jpeg-xl')))('$name', ({ bytes, frame }) => {
    expect(refusedOrExact(withFrame(bytes, Buffer.concat([frame, frame])), sliceOf(bytes))).not.toBe('wrong');
  });
});

describe('a header that contradicts its code stream is refused', () => {
  const word = (tag: Tag, value: number) => (bytes: Buffer) => {
    const changed = Buffer.from(bytes);
    changed.writeUInt16LE(value, placeOf(bytes, tag) + 8);
    return changed;
  };
  const both = (first: (b: Buffer) => Buffer, second: (b: Buffer) => Buffer) => (bytes: Buffer) => second(first(bytes));
  const frames = (count: string) => (bytes: Buffer) => {
    const at = placeOf(bytes, TAG.Rows);
    return Buffer.concat([bytes.subarray(0, at), explicit(TAG.NumberOfFrames, 'IS', count), bytes.subarray(at)]);
  };

  const size: Readonly<Record<string, (bytes: Buffer) => Buffer>> = {
    'a row less': word(TAG.Rows, 79),
    'a row more': word(TAG.Rows, 81),
    'half the rows': word(TAG.Rows, 40),
    'a column less': word(TAG.Columns, 95),
    'a column more': word(TAG.Columns, 97),
    'twice the columns': word(TAG.Columns, 192),
    'no rows': word(TAG.Rows, 0),
    'all rows there can be': word(TAG.Rows, 65_535),
    'all pixels there can be': both(word(TAG.Rows, 65_535), word(TAG.Columns, 65_535)),
    'three samples': word(TAG.SamplesPerPixel, 3),
    'two frames': frames('2 '),
  };
  test.each(compressed)('$name: size', ({ bytes }) => {
    const whole = sliceOf(bytes);
    const outcomes = Object.entries(size).map(([what, change]) => [what, refusedOrExact(change(bytes), whole)]);
    expect(outcomes.filter(([, outcome]) => outcome !== 'refused')).toEqual([]);
  });

  const exchanged = both(word(TAG.Rows, 96), word(TAG.Columns, 80));
  test.each(compressed.filter(({ name }) => !name.includes('rle')))('$name: rows and columns exchanged', ({ bytes }) =>
    expect(refusedOrExact(exchanged(bytes), sliceOf(bytes))).toBe('refused'),
  );

  const depths = [4, 7, 8, 10, 11, 12, 13, 14, 16].flatMap((stored) => [
    both(word(TAG.BitsStored, stored), word(TAG.HighBit, stored - 1)),
    word(TAG.BitsStored, stored),
  ]);
  // RLE says nothing of depth: there the header alone knows
  test.each(compressed.filter(({ name }) => !name.includes('rle')))('$name: depth', ({ bytes }) => {
    const whole = sliceOf(bytes);
    expect(depths.map((change) => refusedOrExact(change(bytes), whole))).not.toContain('wrong');
  });

  test('values that need more bits than are stored are refused, not masked', () => {
    for (const name of ['unsigned12-jpeg-ls.dcm', 'unsigned12-jpeg-2000.dcm', 'signed16-jpeg-lossless-sv1.dcm']) {
      const bytes = fixtureBytes(name);
      const narrow = both(word(TAG.BitsStored, 10), word(TAG.HighBit, 9))(bytes);
      expect(huSliceOf(read(narrow), undefined)).toEqual({ ok: false, error: 'codestream-invalid' });
    }
  });

  test.each([
    ['signed12-depth12-jpeg-2000.dcm', 'the stream says signed'],
    ['signed16-htj2k.dcm', 'the stream says signed'],
  ])('%s: unsigned header, and %s', (name) => {
    const bytes = word(TAG.PixelRepresentation, 0)(fixtureBytes(name));
    expect(huSliceOf(read(bytes), undefined)).toEqual({ ok: false, error: 'codestream-invalid' });
  });

  test.each([
    ['signed16-jpeg-ls.dcm', '1.2.840.10008.1.2.4.70'],
    ['signed16-jpeg-lossless-sv1.dcm', '1.2.840.10008.1.2.4.80'],
    ['signed16-jpeg-lossless-sv1.dcm', '1.2.840.10008.1.2.4.51'],
    ['signed16-jpeg-lossless-sv1.dcm', '1.2.840.10008.1.2.4.90'],
    ['unsigned12-jpeg-extended.dcm', '1.2.840.10008.1.2.4.70'],
    ['signed16-jpeg-2000.dcm', '1.2.840.10008.1.2.4.80'],
  ])('%s labelled %s', (name, uid) => {
    const file = read(fixtureBytes(name));
    expect(huSliceOf({ ...file, transferSyntaxUID: tagged(uid) }, undefined)).toEqual({
      ok: false,
      error: 'codestream-invalid',
    });
  });

  const tagged = (uid: string) => uid as ReturnType<typeof read>['transferSyntaxUID'];
});

describe('a file cut anywhere', () => {
  test.each([
    'unsigned12-explicit.dcm',
    'signed16-deflated.dcm',
    'unsigned12-rle.dcm',
    'signed16-jpeg-lossless-sv1.dcm',
  ])('%s', (name) => {
    const bytes = fixtureBytes(name);
    const whole = sliceOf(bytes);
    const outcomes = Array.from({ length: 120 }, (_, i) => Math.floor(200 + ((bytes.length - 200) * i) / 120)).map(
      (length) => refusedOrExact(bytes.subarray(0, length), whole),
    );
    expect(outcomes).not.toContain('wrong');
    // where only the delimiter after the fragments is cut the pixels are whole
    expect(outcomes.filter((outcome) => outcome === 'exact').length).toBeLessThanOrEqual(1);
  });
});

test('tags are found where they are', () => {
  const bytes = fixtureBytes('unsigned12-jpeg-ls.dcm');
  expect(bytes.subarray(placeOf(bytes, TAG.Rows)).subarray(0, 4)).toEqual(tagBytes(TAG.Rows));
});
