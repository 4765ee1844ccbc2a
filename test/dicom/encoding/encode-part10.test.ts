import { describe, expect, test } from '@jest/globals';
import { encodePart10, readPart10, type Element, type Elements } from '../../../src/dicom/index.js';
import { SOP_CLASS, TAG, tag, type Tag } from '../../../src/domain/index.js';
import { bytesOf, explicit, item } from '../part10/hand-made.js';

const IDENTITY: readonly (readonly [Tag, Element])[] = [
  [TAG.SOPClassUID, { vr: 'UI', values: [SOP_CLASS.Segmentation] }],
  [TAG.SOPInstanceUID, { vr: 'UI', values: ['2.25.1'] }],
];

const withIdentity = (...rows: readonly (readonly [Tag, Element])[]): Elements => new Map([...IDENTITY, ...rows]);

/** The bytes of the data set of a file, behind group 2. */
function dataSetBytes(bytes: Uint8Array): Buffer {
  const buffer = bytesOf(bytes);
  return buffer.subarray(144 + buffer.readUInt32LE(140));
}

const encoded = (at: Tag, element: Element, ...rows: readonly (readonly [Tag, Element])[]): Buffer =>
  dataSetBytes(encodePart10(withIdentity([at, element], ...rows)));

describe('the file', () => {
  test('is what PS3.10 and PS3.5 7 have, byte by byte', () => {
    const elements = new Map<Tag, Element>([
      [TAG.PixelData, { vr: 'OB', bytes: Uint8Array.of(1, 2, 3) }],
      [TAG.Rows, { vr: 'US', values: [512] }],
      ...IDENTITY,
      [
        TAG.ReferencedSeriesSequence,
        { vr: 'SQ', items: [new Map([[TAG.Modality, { vr: 'CS', values: ['CT'] }]]), new Map()] },
      ],
    ]);
    const bytes = bytesOf(encodePart10(elements, { implementationVersionName: 'CALIPER_TEST' }));
    const implementation = /2\.25\.\d+/.exec(
      bytes.subarray(0, 400).toString('latin1').split('1.2.840.10008.1.2.1')[1]!,
    )![0];
    const meta = Buffer.concat([
      explicit(0x00020001, 'OB', Buffer.from([0, 1])),
      explicit(0x00020002, 'UI', '1.2.840.10008.5.1.4.1.1.66.4'),
      explicit(0x00020003, 'UI', '2.25.1'),
      explicit(0x00020010, 'UI', '1.2.840.10008.1.2.1\0'),
      explicit(0x00020012, 'UI', implementation.length % 2 ? `${implementation}\0` : implementation),
      explicit(0x00020013, 'SH', 'CALIPER_TEST'),
    ]);
    const groupLength = Buffer.alloc(4);
    groupLength.writeUInt32LE(meta.length);
    expect(bytes).toEqual(
      Buffer.concat([
        Buffer.alloc(128),
        Buffer.from('DICM'),
        explicit(0x00020000, 'UL', groupLength),
        meta,
        explicit(0x00080016, 'UI', '1.2.840.10008.5.1.4.1.1.66.4'),
        explicit(0x00080018, 'UI', '2.25.1'),
        explicit(0x00081115, 'SQ', Buffer.concat([item(explicit(0x00080060, 'CS', 'CT')), item(Buffer.alloc(0))])),
        explicit(0x00280010, 'US', Buffer.from([0, 2])),
        explicit(0x7fe00010, 'OB', Buffer.from([1, 2, 3, 0])),
      ]),
    );
  });

  test('owns its memory and depends on the elements alone', () => {
    const rows = withIdentity([TAG.PatientID, { vr: 'LO', values: ['A1'] }], [TAG.Rows, { vr: 'US', values: [1] }]);
    const turned = new Map([...rows].reverse());
    const bytes = encodePart10(rows);
    expect(bytes.buffer.byteLength).toBe(bytes.byteLength);
    expect(bytesOf(encodePart10(turned)).equals(bytesOf(bytes))).toBe(true);
  });

  test('needs SOP class and instance', () => {
    expect(() => encodePart10(new Map())).toThrow('SOPClassUID');
  });
});

describe('values', () => {
  const at = tag(0x00111101);

  test.each<[string, Element, string | Uint8Array]>([
    ['pads text with a blank', { vr: 'LO', values: ['odd'] }, 'odd '],
    ['pads UIDs with NUL', { vr: 'UI', values: ['1.2.3'] }, '1.2.3\0'],
    ['joins values', { vr: 'DS', values: ['0.5', 0.25, -3] }, '0.5\\0.25\\-3 '],
    ['keeps empty values', { vr: 'LO', values: ['', 'b'] }, '\\b'],
    ['writes nothing for no value', { vr: 'DA', values: [] }, ''],
    ['writes words', { vr: 'SS', values: [-1, 2] }, Buffer.from([255, 255, 2, 0])],
    ['writes longs', { vr: 'UL', values: [0xfffffffe] }, Buffer.from([254, 255, 255, 255])],
    ['writes floats', { vr: 'FL', values: [1.5] }, Buffer.from('0000c03f', 'hex')],
    ['writes doubles', { vr: 'FD', values: [1.5] }, Buffer.from('000000000000f83f', 'hex')],
    ['writes tags', { vr: 'AT', values: [0x00200032] }, Buffer.from([0x20, 0, 0x32, 0])],
    ['writes 64-bit integers', { vr: 'SV', values: [-2] }, Buffer.from('feffffffffffffff', 'hex')],
    ['keeps a paragraph', { vr: 'LT', values: [' a\\b\r\nc'] }, ' a\\b\r\nc '],
    ['keeps bytes', { vr: 'LO', bytes: Buffer.from('<00\xe9\x1b>', 'latin1') }, '<00\xe9\x1b>'],
    ['pads bytes by their VR', { vr: 'PN', bytes: Buffer.from('A^B') }, 'A^B '],
    ['pads other bytes with NUL', { vr: 'OW', bytes: Buffer.from('abc') }, 'abc\0'],
  ])('%s', (_, element, expected) => {
    expect(encoded(at, element).subarray(-explicit(at, element.vr, expected).length)).toEqual(
      explicit(at, element.vr, expected),
    );
  });

  test('a VR that the standard does not know, and bytes that its length field cannot hold, become UN', () => {
    const unknown = encoded(at, { vr: 'ZZ', bytes: Buffer.from('ab') });
    expect(unknown.subarray(-14)).toEqual(explicit(at, 'UN', 'ab'));
    const long = Buffer.alloc(70_000, 'x');
    expect(encoded(at, { vr: 'LO', bytes: long }).subarray(-70_012)).toEqual(explicit(at, 'UN', long));
  });

  test('text is UTF-8 where the data set says so, in items too, and ASCII otherwise', () => {
    const name = { vr: 'PN', values: ['山田^太郎'] } as const;
    const utf8 = { vr: 'CS', values: ['ISO_IR 192'] } as const;
    const inItem: Element = { vr: 'SQ', items: [new Map([[TAG.PatientName, name]])] };
    expect(
      encoded(TAG.PatientName, name, [TAG.SpecificCharacterSet, utf8]).includes(Buffer.from('山田^太郎', 'utf8')),
    ).toBe(true);
    expect(encoded(TAG.OtherPatientIDsSequence, inItem, [TAG.SpecificCharacterSet, utf8]).length).toBeGreaterThan(20);
    const bytes = { vr: 'CS', bytes: Buffer.from('ISO_IR 192') };
    expect(
      encoded(TAG.PatientName, name, [TAG.SpecificCharacterSet, bytes]).includes(Buffer.from('山田^太郎', 'utf8')),
    ).toBe(true);
    expect(() => encoded(TAG.PatientName, name)).toThrow('(0010,0010) PN: not ASCII');
    expect(() => encoded(TAG.OtherPatientIDsSequence, inItem)).toThrow('not ASCII');
    expect(() =>
      encoded(TAG.PatientName, name, [TAG.SpecificCharacterSet, { vr: 'CS', values: ['ISO_IR 100'] }]),
    ).toThrow('not ASCII');
    expect(() => encoded(TAG.Modality, { vr: 'CS', values: ['É'] }, [TAG.SpecificCharacterSet, utf8])).toThrow(
      'not ASCII',
    );
  });
});

describe('what a VR does not allow is thrown, without the value', () => {
  const at = tag(0x00111101);

  test.each<[string, readonly (string | number)[]]>([
    ['DS', ['0.12345678901234567']],
    ['DS', [1 / 3]],
    ['DS', ['1,5']],
    ['DS', [NaN]],
    ['IS', ['1.5']],
    ['IS', ['99999999999']],
    ['CS', ['lower']],
    ['CS', ['SEVENTEEN LETTERS']],
    ['SH', ['x'.repeat(17)]],
    ['LO', ['x'.repeat(65)]],
    ['LO', ['a\\b']],
    ['LO', ['a\nb']],
    ['LT', ['a', 'b']],
    ['LT', ['a\u001bb']],
    ['ST', ['x'.repeat(1025)]],
    ['PN', ['x'.repeat(65)]],
    ['PN', ['a=b=c=d']],
    ['UI', ['1.02.3']],
    ['UI', [`1.${'2'.repeat(63)}`]],
    ['DA', ['2026-01-01']],
    ['TM', ['1:00']],
    ['DT', ['20260101T0000']],
    ['AS', ['45']],
    ['AE', ['x'.repeat(17)]],
    ['US', [65536]],
    ['US', [-1]],
    ['US', [1.5]],
    ['US', ['1']],
    ['SS', [40000]],
    ['UL', [2 ** 32]],
    ['FL', [1e300]],
    ['FD', [Infinity]],
    ['AT', ['00200032']],
    ['SV', [2 ** 60]],
    ['UV', [-1]],
    ['OB', [1]],
    ['UN', ['a']],
    ['ZZ', ['a']],
  ])('%s %j', (vr, values) => {
    let message = 'nothing was thrown';
    try {
      encoded(at, { vr, values });
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).toMatch(
      new RegExp(
        `^\\(0011,1101\\) ${vr}: (illegal value|value too long|not ASCII|several values|only bytes can be written)$`,
      ),
    );
  });

  test.each([[tag(0x00080000)], [TAG.TransferSyntaxUID], [tag(0xfffee000)]])(
    '%s is no attribute of a data set',
    (each) => {
      expect(() => encoded(each, { vr: 'UL', values: [1] })).toThrow('is not an attribute of a data set');
    },
  );

  test('what is just allowed', () => {
    const allowed: readonly (readonly [string, readonly (string | number)[]])[] = [
      ['DS', ['-1234567.8901234', 1e-10]],
      ['IS', [-2147483648, '+5']],
      ['LO', ['x'.repeat(64)]],
      ['PN', [`${'x'.repeat(64)}=${'y'.repeat(64)}`]],
      ['UI', [`2.25.${'1'.repeat(59)}`]],
      ['TM', ['10', '1011', '101112', '101112.123456']],
      ['DT', ['2026', '20260101101112.123456+0100']],
      ['AS', ['045Y']],
    ];
    for (const [vr, values] of allowed) expect(encoded(at, { vr, values }).length).toBeGreaterThan(20);
  });
});

describe('there and back', () => {
  test('every length of text and bytes', () => {
    for (let length = 0; length < 40; length++) {
      const elements = withIdentity(
        [TAG.PatientID, { vr: 'LO', values: ['x'.repeat(length)] }],
        [TAG.TextValue, { vr: 'UT', values: ['y'.repeat(length)] }],
        [TAG.PixelData, { vr: 'OB', bytes: new Uint8Array(length).fill(7) }],
      );
      const file = readPart10(encodePart10(elements));
      expect(file).toMatchObject({ ok: true, value: { problems: [] } });
      if (!file.ok) continue;
      expect(file.value.dataSet.text(TAG.PatientID) ?? '').toHaveLength(length);
      expect(file.value.dataSet.text(TAG.TextValue) ?? '').toHaveLength(length);
      expect(file.value.dataSet.bytes(TAG.PixelData)).toHaveLength(length + (length % 2));
    }
  });
});
