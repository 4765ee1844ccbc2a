import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { encapsulatedFragments, readPart10, type DicomFile } from '../../../src/dicom/index.js';
import { TAG } from '../../../src/domain/index.js';
import { explicit, file, item, SEQUENCE_DELIMITATION, SYNTAX, UNDEFINED } from './hand-made.js';

const JPEG = '1.2.840.10008.1.2.4.70';

function read(bytes: Uint8Array): DicomFile {
  const result = readPart10(bytes);
  if (!result.ok) throw new Error(result.error.code);
  return result.value;
}

const pixelData = (...content: Uint8Array[]): Buffer =>
  explicit(TAG.PixelData, 'OB', Buffer.concat(content), { length: UNDEFINED });

describe('encapsulated pixel data', () => {
  // PS3.5 table A.4-2: two frames of one and of two fragments, with a Basic Offset Table
  const table = Buffer.from('000000000c000000', 'hex');
  const fragments = ['aaaa', 'bbbbbb', 'cc'].map((text) => Buffer.from(text));
  const body = pixelData(item(table), ...fragments.map((each) => item(each)), SEQUENCE_DELIMITATION);

  test('table, fragments and where they lie', () => {
    const { dataSet, problems } = read(file(JPEG, body, explicit(TAG.DataSetTrailingPadding, 'OB', 'ab')));
    expect(encapsulatedFragments(dataSet)).toEqual({ basicOffsetTable: [0, 12], fragments, offsets: [0, 12, 26] });
    expect(dataSet.vr(TAG.PixelData)).toBe('OB');
    expect(dataSet.bytes(TAG.PixelData)).toBeUndefined();
    expect(dataSet.items(TAG.PixelData)).toEqual([]);
    expect(dataSet.has(TAG.DataSetTrailingPadding)).toBe(true);
    expect(problems).toEqual([]);
  });

  test('an empty table; a sequence delimiter inside a fragment is data', () => {
    const tricky = Buffer.concat([Buffer.from('ab'), SEQUENCE_DELIMITATION, Buffer.from('cd')]);
    const { dataSet } = read(file(JPEG, pixelData(item(Buffer.alloc(0)), item(tricky), SEQUENCE_DELIMITATION)));
    expect(encapsulatedFragments(dataSet)).toEqual({ basicOffsetTable: [], fragments: [tricky], offsets: [0] });
  });

  test('a cut fragment is left out, with a problem', () => {
    const bytes = file(JPEG, body);
    const { dataSet, problems } = read(bytes.subarray(0, bytes.length - 10));
    expect(encapsulatedFragments(dataSet)?.fragments).toEqual(fragments.slice(0, 2));
    expect(problems.map(({ code }) => code)).toEqual(['truncated']);
  });

  test('native pixel data has no fragments', () => {
    const { dataSet } = read(file(SYNTAX.explicit, explicit(TAG.PixelData, 'OB', 'abcd')));
    expect(encapsulatedFragments(dataSet)).toBeUndefined();
    expect(dataSet.bytes(TAG.PixelData)).toHaveLength(4);
  });

  test('a real file: two RLE frames', () => {
    const { dataSet } = read(readFileSync(join(process.cwd(), 'test/fixtures/data-sets/SC_rgb_rle_2frame.dcm')));
    const { basicOffsetTable, offsets, fragments: frames } = encapsulatedFragments(dataSet)!;
    expect(frames).toHaveLength(2);
    expect(basicOffsetTable).toEqual(offsets);
    // PS3.5 G.5: an RLE frame begins with its number of segments, three for RGB
    expect(frames.map((frame) => frame[0])).toEqual([3, 3]);
  });
});
