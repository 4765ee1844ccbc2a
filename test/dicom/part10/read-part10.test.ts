import { describe, expect, test } from '@jest/globals';
import { deflateRawSync } from 'node:zlib';
import { readPart10, type DicomFile } from '../../../src/dicom/index.js';
import { TAG, tag, type DataSet } from '../../../src/domain/index.js';
import {
  explicit,
  file,
  implicit,
  item,
  ITEM_DELIMITATION,
  SEQUENCE_DELIMITATION,
  SYNTAX,
  UNDEFINED,
} from './hand-made.js';

const SEQUENCE = TAG.ReferencedSeriesSequence;

function read(bytes: Uint8Array): DicomFile {
  const result = readPart10(bytes);
  if (!result.ok) throw new Error(result.error.code);
  return result.value;
}

const patient = Buffer.concat([
  explicit(TAG.PatientName, 'PN', 'Doe^Jane'),
  explicit(TAG.PatientID, 'LO', 'A1'),
  explicit(TAG.PatientSex, 'CS', 'F '),
]);

const texts = (dataSet: DataSet): readonly (string | undefined)[] =>
  [TAG.PatientName, TAG.PatientID, TAG.PatientSex].map((each) => dataSet.text(each));

describe('encodings', () => {
  test('explicit little endian', () => {
    const { dataSet, transferSyntaxUID, problems, meta } = read(file(SYNTAX.explicit, patient));
    expect(texts(dataSet)).toEqual(['Doe^Jane', 'A1', 'F']);
    expect(transferSyntaxUID).toBe(SYNTAX.explicit);
    expect(problems).toEqual([]);
    expect(meta.text(TAG.TransferSyntaxUID)).toBe(SYNTAX.explicit);
    expect(dataSet.has(TAG.TransferSyntaxUID)).toBe(false);
  });

  test('implicit little endian takes VRs from the dictionary, US or SS from PixelRepresentation around it', () => {
    const lut = implicit(tag(0x00283002), Buffer.from([0, 1, 0xfe, 0xff, 16, 0]));
    const { dataSet } = read(
      file(
        SYNTAX.implicit,
        implicit(TAG.PatientID, 'A1'),
        implicit(TAG.PixelRepresentation, Buffer.from([1, 0])),
        implicit(TAG.SmallestImagePixelValue, Buffer.from([0x18, 0xfc])),
        implicit(TAG.ModalityLUTSequence, item(lut)),
        implicit(tag(0x00091001), 'private'),
      ),
    );
    expect(dataSet.vr(TAG.PatientID)).toBe('LO');
    expect(dataSet.vr(TAG.SmallestImagePixelValue)).toBe('SS');
    expect(dataSet.number(TAG.SmallestImagePixelValue)).toBe(-1000);
    expect(dataSet.items(TAG.ModalityLUTSequence)[0]!.numbers(tag(0x00283002))).toEqual([256, -2, 16]);
    expect(dataSet.vr(tag(0x00091001))).toBe('UN');
    expect(dataSet.vr(TAG.PixelSpacing)).toBeUndefined();
  });

  test('big endian values are given in little endian', () => {
    const big = { order: 'big' } as const;
    const { dataSet } = read(
      file(
        SYNTAX.bigEndian,
        explicit(TAG.PatientID, 'LO', 'A1', big),
        explicit(TAG.Rows, 'US', Buffer.from([2, 0]), big),
        explicit(TAG.DimensionIndexPointer, 'AT', Buffer.from([0, 0x20, 0, 0x32]), big),
        explicit(TAG.PixelData, 'OW', Buffer.from([1, 2, 3, 4]), big),
      ),
    );
    expect(dataSet.text(TAG.PatientID)).toBe('A1');
    expect(dataSet.number(TAG.Rows)).toBe(512);
    expect([...dataSet.bytes(TAG.Rows)!]).toEqual([0, 2]);
    expect(dataSet.text(TAG.DimensionIndexPointer)).toBe('00200032');
    expect([...dataSet.bytes(TAG.DimensionIndexPointer)!]).toEqual([0x20, 0, 0x32, 0]);
    expect([...dataSet.bytes(TAG.PixelData)!]).toEqual([2, 1, 4, 3]);
  });

  test('deflated, with the pad byte that occurs, and cut', () => {
    const deflated = deflateRawSync(patient);
    const whole = read(file(SYNTAX.deflated, deflated, Buffer.from([0])));
    expect(texts(whole.dataSet)).toEqual(['Doe^Jane', 'A1', 'F']);
    expect(whole.problems).toEqual([]);
    const cut = read(file(SYNTAX.deflated, deflated.subarray(0, deflated.length - 8)));
    expect(cut.problems.map(({ code }) => code)).toContain('truncated');
    const garbage = read(file(SYNTAX.deflated, Buffer.from('this is no deflate stream at all')));
    expect(garbage.problems.map(({ code }) => code)).toContain('data-set-invalid');
    expect(garbage.dataSet.tags()).toEqual([]);
  });

  test.each([
    ['explicit', 'declared implicit', file(SYNTAX.implicit, patient)],
    ['implicit', 'declared explicit', file(SYNTAX.explicit, implicit(TAG.PatientName, 'Doe^Jane'))],
    ['explicit', 'without meta group', Buffer.concat([Buffer.alloc(128), Buffer.from('DICM'), patient])],
    ['explicit', 'without preamble', patient],
    ['implicit', 'without preamble', implicit(TAG.PatientName, 'Doe^Jane')],
    ['explicit', 'meta group without preamble', file(SYNTAX.explicit, patient).subarray(132)],
  ])('%s although %s', (_, __, bytes) => {
    expect(read(bytes).dataSet.text(TAG.PatientName)).toBe('Doe^Jane');
  });

  test('an undeclared encoding is named as it was found', () => {
    const big = explicit(TAG.PatientName, 'PN', 'Doe^Jane', { order: 'big' });
    expect(read(patient).transferSyntaxUID).toBe(SYNTAX.explicit);
    expect(read(implicit(TAG.PatientID, 'A1')).transferSyntaxUID).toBe(SYNTAX.implicit);
    expect(read(big)).toMatchObject({ transferSyntaxUID: SYNTAX.bigEndian });
  });

  test('a wrong group length of group 2 does not matter', () => {
    const bytes = file(SYNTAX.explicit, patient);
    bytes.writeUInt32LE(4711, 140);
    expect(texts(read(bytes).dataSet)).toEqual(['Doe^Jane', 'A1', 'F']);
  });

  test('an encapsulated transfer syntax keeps its name and is explicit little endian', () => {
    const { transferSyntaxUID, dataSet } = read(file('1.2.840.10008.1.2.4.70', patient));
    expect(transferSyntaxUID).toBe('1.2.840.10008.1.2.4.70');
    expect(dataSet.text(TAG.PatientID)).toBe('A1');
  });

  test.each([
    ['nothing', Buffer.alloc(0)],
    ['text', Buffer.from('{"not": "DICOM", "but": "long enough to be looked at"}')],
    ['a PNG', Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex')],
    ['zeros', Buffer.alloc(4096)],
  ])('%s is not DICOM', (_, bytes) => {
    expect(readPart10(bytes)).toEqual({ ok: false, error: { code: 'not-dicom', offset: 0 } });
  });
});

describe('values', () => {
  const one = (vr: string, value: string | Uint8Array): DataSet =>
    read(file(SYNTAX.explicit, explicit(TAG.PatientID, 'LO', 'A1'), explicit(tag(0x00110011), vr, value))).dataSet;
  const at = tag(0x00110011);

  test('text is split and trimmed; paragraphs keep backslash and leading blanks', () => {
    expect(one('LO', ' A \\B\0').texts(at)).toEqual(['A', 'B']);
    expect(one('LO', 'A\\\\B ').texts(at)).toEqual(['A', '', 'B']);
    expect(one('LO', '    ').texts(at)).toEqual([]);
    expect(one('LO', '').text(at)).toBeUndefined();
    expect(one('LO', '\\B ').text(at)).toBeUndefined();
    expect(one('LT', '  A\\B ').texts(at)).toEqual(['  A\\B']);
    expect(one('UI', '1.2.3\0').texts(at)).toEqual(['1.2.3']);
  });

  test('DS and IS are numbers where they spell one', () => {
    expect(one('DS', '1.50\\ -3e2\\1,5\\\\0x10 ').numbers(at)).toEqual([1.5, -300, NaN, NaN, NaN]);
    expect(one('DS', 'abc ').number(at)).toBeUndefined();
    expect(one('DS', '').numbers(at)).toEqual([]);
    expect(one('IS', '42').number(at)).toBe(42);
  });

  test('binary numbers', () => {
    expect(one('FD', Buffer.from('000000000000f83f000000000000f07f', 'hex')).numbers(at)).toEqual([1.5, Infinity]);
    expect(one('FD', Buffer.from('000000000000f07f', 'hex')).number(at)).toBeUndefined();
    expect(one('FL', Buffer.from('0000c03f', 'hex')).texts(at)).toEqual(['1.5']);
    expect(one('SL', Buffer.from('feffffff', 'hex')).numbers(at)).toEqual([-2]);
    expect(one('SV', Buffer.from('ffffffffffffff7f', 'hex')).text(at)).toBe('9223372036854775807');
    expect(one('US', Buffer.from('0100020003', 'hex')).numbers(at)).toEqual([1, 2]);
    expect(one('OW', Buffer.from('01000200', 'hex')).numbers(at)).toEqual([1, 2]);
    expect(one('OB', 'abcd').texts(at)).toEqual([]);
  });

  test('values are views of the file', () => {
    const bytes = file(SYNTAX.explicit, explicit(TAG.PixelData, 'OW', Buffer.alloc(1000)));
    const view = read(bytes).dataSet.bytes(TAG.PixelData)!;
    expect(view.buffer).toBe(bytes.buffer);
    expect(view.length).toBe(1000);
  });

  test('an element that occurs twice counts as its last occurrence', () => {
    const twice = read(file(SYNTAX.explicit, patient, explicit(TAG.PatientID, 'LO', 'B2'))).dataSet;
    expect(twice.text(TAG.PatientID)).toBe('B2');
    expect(twice.tags()).toEqual([TAG.PatientName, TAG.PatientID, TAG.PatientSex]);
  });

  test('character sets: an item has its own or that of the data set around it', () => {
    const name = explicit(TAG.PatientName, 'PN', Buffer.from('Äneas^Rüdiger', 'latin1'));
    const utf8 = Buffer.concat([
      explicit(TAG.SpecificCharacterSet, 'CS', 'ISO_IR 192'),
      explicit(TAG.PatientName, 'PN', Buffer.from('Äneas^Rüdiger ', 'utf8')),
    ]);
    const { dataSet } = read(
      file(
        SYNTAX.explicit,
        explicit(TAG.SpecificCharacterSet, 'CS', 'ISO_IR 100'),
        explicit(SEQUENCE, 'SQ', Buffer.concat([item(name), item(utf8)])),
      ),
    );
    expect(dataSet.items(SEQUENCE).map((each) => each.text(TAG.PatientName))).toEqual([
      'Äneas^Rüdiger',
      'Äneas^Rüdiger',
    ]);
  });
});

describe('sequences', () => {
  const inner = explicit(TAG.ReferencedSOPInstanceUID, 'UI', '1.2.3\0');
  const implicitInner = implicit(TAG.ReferencedSOPInstanceUID, '1.2.3\0');
  const after = explicit(TAG.PatientID, 'LO', 'A1');
  const undefinedSequence = (...content: Uint8Array[]): Buffer =>
    explicit(SEQUENCE, 'SQ', Buffer.concat(content), { length: UNDEFINED });

  function uids(bytes: Uint8Array, at = SEQUENCE): readonly (string | undefined)[] {
    return read(bytes)
      .dataSet.items(at)
      .map((each) => each.text(TAG.ReferencedSOPInstanceUID));
  }

  test.each([
    ['defined lengths', explicit(SEQUENCE, 'SQ', Buffer.concat([item(inner), item(inner)]))],
    [
      'undefined lengths',
      undefinedSequence(
        item(Buffer.concat([inner, ITEM_DELIMITATION]), UNDEFINED),
        item(Buffer.concat([inner, ITEM_DELIMITATION]), UNDEFINED),
        SEQUENCE_DELIMITATION,
      ),
    ],
    [
      'both',
      undefinedSequence(item(inner), item(Buffer.concat([inner, ITEM_DELIMITATION]), UNDEFINED), SEQUENCE_DELIMITATION),
    ],
    ['implicit elements inside', explicit(SEQUENCE, 'SQ', Buffer.concat([item(implicitInner), item(inner)]))],
    ['stored as UN', explicit(SEQUENCE, 'UN', Buffer.concat([item(implicitInner), item(implicitInner)]))],
    [
      'stored as UN of undefined length',
      explicit(SEQUENCE, 'UN', Buffer.concat([item(implicitInner), item(implicitInner), SEQUENCE_DELIMITATION]), {
        length: UNDEFINED,
      }),
    ],
    [
      'stored as UN, explicit inside against the standard',
      explicit(SEQUENCE, 'UN', Buffer.concat([item(inner), item(inner)])),
    ],
  ])('%s', (_, sequence) => {
    const bytes = file(SYNTAX.explicit, sequence, after);
    expect(uids(bytes)).toEqual(['1.2.3', '1.2.3']);
    expect(read(bytes).dataSet.vr(SEQUENCE)).toBe('SQ');
    expect(read(bytes).dataSet.text(TAG.PatientID)).toBe('A1');
    expect(read(bytes).problems).toEqual([]);
  });

  test('private sequences: in UN, and of undefined length in implicit VR', () => {
    const at = tag(0x00091010);
    const content = Buffer.concat([item(implicitInner), SEQUENCE_DELIMITATION]);
    expect(uids(file(SYNTAX.explicit, explicit(at, 'UN', content, { length: UNDEFINED })), at)).toEqual(['1.2.3']);
    expect(uids(file(SYNTAX.implicit, implicit(TAG.PatientID, 'A1'), implicit(at, content, UNDEFINED)), at)).toEqual([
      '1.2.3',
    ]);
  });

  test('an item without elements, and a sequence without items', () => {
    expect(uids(file(SYNTAX.explicit, explicit(SEQUENCE, 'SQ', item(Buffer.alloc(0)))))).toEqual([undefined]);
    expect(uids(file(SYNTAX.explicit, explicit(SEQUENCE, 'SQ', '')))).toEqual([]);
    expect(uids(file(SYNTAX.explicit, undefinedSequence(SEQUENCE_DELIMITATION)))).toEqual([]);
  });

  test('an attribute that only the dictionary calls a sequence keeps its bytes', () => {
    const { dataSet, problems } = read(
      file(SYNTAX.implicit, implicit(TAG.PurposeOfReferenceCodeSequence, 'NAMED TYPE')),
    );
    expect(dataSet.vr(TAG.PurposeOfReferenceCodeSequence)).toBe('UN');
    expect(Buffer.from(dataSet.bytes(TAG.PurposeOfReferenceCodeSequence)!).toString()).toBe('NAMED TYPE');
    expect(problems).toEqual([]);
  });

  test.each([
    ['the item delimiter', undefinedSequence(item(inner, UNDEFINED), item(inner, UNDEFINED), SEQUENCE_DELIMITATION)],
    ['the sequence delimiter', undefinedSequence(item(inner), item(inner))],
  ])('%s missing: what follows is read, with a problem', (_, sequence) => {
    const bytes = file(SYNTAX.explicit, sequence, after);
    expect(uids(bytes)).toEqual(['1.2.3', '1.2.3']);
    expect(read(bytes).dataSet.text(TAG.PatientID)).toBe('A1');
    expect(read(bytes).problems.map(({ code }) => code)).toContain('data-set-invalid');
  });

  test('an item that is longer than its sequence is cut there', () => {
    const bytes = file(SYNTAX.explicit, explicit(SEQUENCE, 'SQ', item(inner, 1000)), after);
    expect(uids(bytes)).toEqual(['1.2.3']);
    expect(read(bytes).dataSet.text(TAG.PatientID)).toBe('A1');
    expect(read(bytes).problems).toHaveLength(1);
  });

  test('an item outside a sequence does not lend its elements to the data set around it', () => {
    const bytes = file(
      SYNTAX.explicit,
      explicit(TAG.Modality, 'CS', 'CT'),
      item(after),
      explicit(TAG.StudyID, 'SH', '1 '),
    );
    const { dataSet, problems } = read(bytes);
    expect(dataSet.tags()).toEqual([TAG.Modality, TAG.StudyID]);
    expect(problems).toHaveLength(1);
  });
});

describe('files that are not whole', () => {
  test('every length of a file gives a value; what is there is right', () => {
    const whole = file(
      SYNTAX.explicit,
      patient,
      explicit(SEQUENCE, 'SQ', item(patient)),
      explicit(TAG.PixelData, 'OW', Buffer.alloc(20)),
    );
    const { dataSet } = read(whole);
    for (let length = 140; length < whole.length; length++) {
      const cut = read(whole.subarray(0, length));
      for (const each of cut.dataSet.tags()) {
        expect(dataSet.texts(each)).toEqual(cut.dataSet.texts(each));
        for (const inside of cut.dataSet.items(each))
          for (const element of inside.tags())
            expect(inside.texts(element)).toEqual(read(patient).dataSet.texts(element));
      }
      const boundary = cut.problems.length === 0;
      // a cut between two elements of the data set cannot be seen
      if (boundary) expect(cut.dataSet.tags().length).toBeGreaterThan(0);
    }
  });

  test('a cut value is left out, cut pixel data is kept', () => {
    const cut = read(
      file(SYNTAX.explicit, explicit(TAG.Modality, 'CS', 'CT'), explicit(TAG.PatientID, 'LO', 'A1', { length: 20 })),
    );
    expect(cut.dataSet.tags()).toEqual([TAG.Modality]);
    expect(cut.problems).toEqual([{ code: 'truncated', offset: expect.any(Number) }]);
    const pixels = read(file(SYNTAX.explicit, explicit(TAG.PixelData, 'OW', Buffer.alloc(10), { length: 2000 })));
    expect(pixels.dataSet.bytes(TAG.PixelData)).toHaveLength(10);
    expect(pixels.problems.map(({ code }) => code)).toEqual(['truncated']);
  });

  test('padding behind the data set is no problem', () => {
    for (const bytes of [1, 8, 100]) {
      const padded = read(file(SYNTAX.explicit, patient, Buffer.alloc(bytes)));
      expect(padded.problems).toEqual([]);
      expect(padded.dataSet.tags()).toHaveLength(3);
    }
  });

  test('a file that ends with its meta group', () => {
    expect(read(file(SYNTAX.explicit)).problems.map(({ code }) => code)).toEqual(['truncated']);
  });

  test('letters that are no VR, and an unknown VR', () => {
    const nul = explicit(TAG.PatientID, '\0\0', 'A1');
    expect(read(file(SYNTAX.explicit, explicit(TAG.Modality, 'CS', 'CT'), nul)).dataSet.text(TAG.PatientID)).toBe('A1');
    const unknown = read(
      file(SYNTAX.explicit, explicit(TAG.PatientID, 'ZZ', 'A1'), explicit(tag(0x00110010), 'ZZ', 'AB')),
    );
    expect(unknown.dataSet.text(TAG.PatientID)).toBe('A1');
    expect(unknown.dataSet.vr(tag(0x00110010))).toBe('LO');
  });
});

describe('limits', () => {
  test('20,000 sequences within each other end with a problem', () => {
    const level = Buffer.concat([
      explicit(SEQUENCE, 'SQ', '', { length: UNDEFINED }),
      item(Buffer.alloc(0), UNDEFINED),
    ]);
    const { dataSet, problems } = read(file(SYNTAX.explicit, ...Array.from({ length: 20_000 }, () => level)));
    expect(problems.map(({ code }) => code)).toContain('data-set-invalid');
    let depth = 0;
    for (let at: DataSet | undefined = dataSet; at; at = at.items(SEQUENCE)[0]) depth++;
    expect(depth).toBe(1_001);
  });

  test('1,000 levels are read', () => {
    const level = Buffer.concat([
      explicit(SEQUENCE, 'SQ', '', { length: UNDEFINED }),
      item(Buffer.alloc(0), UNDEFINED),
    ]);
    const end = Buffer.concat([ITEM_DELIMITATION, SEQUENCE_DELIMITATION]);
    const levels = <T>(each: T): T[] => Array.from({ length: 1_000 }, () => each);
    const { problems } = read(file(SYNTAX.explicit, ...levels(level), ...levels(end)));
    expect(problems).toEqual([]);
  });

  test('more items than any honest object has', () => {
    const items = Buffer.alloc(8 * 150_000);
    for (let at = 0; at < items.length; at += 8) items.writeUInt32BE(0xfeff00e0, at);
    const { dataSet, problems } = read(file(SYNTAX.explicit, explicit(SEQUENCE, 'SQ', items)));
    expect(dataSet.items(SEQUENCE)).toHaveLength(100_000);
    expect(problems).toHaveLength(1);
  });

  test('a million empty elements, and a megabyte of zeros before one other byte, are read in one pass', () => {
    const elements = Buffer.alloc(8 << 20);
    for (let at = 0; at < elements.length; at += 8) elements.writeUInt32LE(0x00100000 + (at & 0xffff), at);
    const { dataSet } = read(file(SYNTAX.implicit, implicit(TAG.PatientID, 'A1'), elements));
    expect(dataSet.tags().filter((each) => dataSet.vr(each) === undefined)).toEqual([]);
    const zeros = read(file(SYNTAX.implicit, implicit(TAG.PatientID, 'A1'), Buffer.alloc(1 << 20), Buffer.from([1])));
    expect(zeros.dataSet.text(TAG.PatientID)).toBe('A1');
  });
});
