import { describe, expect, test } from '@jest/globals';
import type { Codestream } from '../../../src/dicom/pixels/codestreams/codestream.js';
import type { PixelDescription } from '../../../src/dicom/pixels/pixel-description.js';
import { valuesOfSamples } from '../../../src/dicom/pixels/stored-values.js';
import { words } from './hand-made-image.js';

const header = (bitsStored: number, representation: PixelDescription['representation']): PixelDescription => ({
  rows: 1,
  columns: 4,
  frames: 1,
  bitsAllocated: 16,
  bitsStored,
  highBit: bitsStored - 1,
  representation,
});

const stream = (
  precision: number,
  representation: Codestream['representation'] = 'unsaid',
  loss: Codestream['loss'] = 'not-shown',
): Codestream => ({ bytes: new Uint8Array(), rows: 1, columns: 4, components: 1, precision, representation, loss });

const values = (samples: readonly number[], of: Codestream, description: PixelDescription) => {
  const found = valuesOfSamples(words(samples), of, description);
  return found && [...found];
};

describe('samples of a stream that does not say whether they are signed', () => {
  test('as deep as the header says: the sign is the topmost bit', () => {
    expect(values([0, 0x7ff, 0x800, 0xfff], stream(12), header(12, 'signed'))).toEqual([0, 2047, -2048, -1]);
    expect(values([0, 0x7ff, 0x800, 0xfff], stream(12), header(12, 'unsigned'))).toEqual([0, 2047, 2048, 4095]);
  });

  test('deeper than the header says: whole words with their sign, or masked words', () => {
    expect(values([0, 0x7ff, 0xf800, 0xffff], stream(16), header(12, 'signed'))).toEqual([0, 2047, -2048, -1]);
    expect(values([0, 0x7ff, 0x800, 0xfff], stream(16), header(12, 'signed'))).toEqual([0, 2047, -2048, -1]);
  });

  test('never both in one image, and never more bits than are stored', () => {
    expect(values([0, 0, 0x800, 0xffff], stream(16), header(12, 'signed'))).toBeUndefined();
    expect(values([0, 0, 0, 0x1000], stream(16), header(12, 'signed'))).toBeUndefined();
    expect(values([0, 0, 0, 0x1000], stream(16), header(12, 'unsigned'))).toBeUndefined();
  });

  test('shallower than the header says: unsigned values are what they are, signed ones have no sign', () => {
    expect(values([0, 1, 2, 0xfff], stream(12), header(16, 'unsigned'))).toEqual([0, 1, 2, 4095]);
    expect(values([0, 1, 2, 3], stream(12), header(16, 'signed'))).toBeUndefined();
  });
});

describe('samples of a stream that says it', () => {
  test('signed in both', () => {
    expect(values([-2048, -1, 0, 2047], stream(12, 'signed'), header(12, 'signed'))).toEqual([-2048, -1, 0, 2047]);
    expect(values([-2048, -1, 0, 2047], stream(16, 'signed'), header(12, 'signed'))).toEqual([-2048, -1, 0, 2047]);
    expect(values([-2048, -1, 0, 2047], stream(12, 'signed'), header(16, 'signed'))).toEqual([-2048, -1, 0, 2047]);
    expect(values([-2049, -1, 0, 2047], stream(16, 'signed'), header(12, 'signed'))).toBeUndefined();
  });

  test('unsigned in the stream, signed in the header: the header is right', () =>
    expect(values([0, 0x7ff, 0x800, 0xfff], stream(12, 'unsigned'), header(12, 'signed'))).toEqual([
      0, 2047, -2048, -1,
    ]));

  test('signed in the stream, unsigned in the header: nobody knows what was cut off', () =>
    expect(values([0, 1, 2, 3], stream(12, 'signed'), header(12, 'unsigned'))).toBeUndefined());
});

describe('lossy coding may overshoot a little', () => {
  test('within a sixteenth of the range it is brought back', () => {
    expect(values([0, 4095, 4096, 4351], stream(16, 'unsigned', 'lossy'), header(12, 'unsigned'))).toEqual([
      0, 4095, 4095, 4095,
    ]);
    expect(values([-2304, 0, 0, 2303], stream(16, 'signed', 'lossy'), header(12, 'signed'))).toEqual([
      -2048, 0, 0, 2047,
    ]);
  });

  test('beyond, the header is wrong', () => {
    expect(values([0, 0, 0, 4352], stream(16, 'unsigned', 'lossy'), header(12, 'unsigned'))).toBeUndefined();
    expect(values([0, 0, 0, 2304], stream(16, 'signed', 'lossy'), header(12, 'signed'))).toBeUndefined();
  });
});

test('a stream deeper than the word contradicts the header', () =>
  expect(values([0, 0, 0, 0], stream(16), { ...header(8, 'unsigned'), bitsAllocated: 8 })).toBeUndefined());
