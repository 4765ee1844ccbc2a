import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { dataSetFromJson, dicomJsonOf, readPart10, type DicomJsonDataSet } from '../../../src/dicom/index.js';
import { TAG, tag, type DataSet } from '../../../src/domain/index.js';
import { describeWith, python, shared } from '../../environment/peers.js';
import { explicit, file, item, SYNTAX } from '../part10/hand-made.js';
import { listDataSet } from '../part10/listing.js';

function read(bytes: Uint8Array): DataSet {
  const result = readPart10(bytes);
  if (!result.ok) throw new Error(result.error.code);
  return result.value.dataSet;
}

function parsed(json: unknown): DataSet {
  const result = dataSetFromJson(json);
  if (!result.ok) throw new Error(result.error);
  return result.value;
}

const one = (vr: string, value: string | Uint8Array, at = 0x00111101): DicomJsonDataSet =>
  dicomJsonOf(
    read(file(SYNTAX.explicit, explicit(TAG.SpecificCharacterSet, 'CS', 'ISO_IR 100'), explicit(at, vr, value))),
  );

describe('writing DICOM JSON', () => {
  const at = '00111101';

  test.each([
    ['LO', 'A\\\\B ', { vr: 'LO', Value: ['A', null, 'B'] }],
    ['LO', '', { vr: 'LO' }],
    ['LT', ' A\\B ', { vr: 'LT', Value: [' A\\B'] }],
    ['PN', 'A^B=C=D', { vr: 'PN', Value: [{ Alphabetic: 'A^B', Ideographic: 'C', Phonetic: 'D' }] }],
    ['PN', '=C\\\\A ', { vr: 'PN', Value: [{ Ideographic: 'C' }, null, { Alphabetic: 'A' }] }],
    ['DS', '1.50\\-3e2', { vr: 'DS', Value: [1.5, -300] }],
    ['DS', '1,5 \\\\2', { vr: 'DS', Value: ['1,5', null, 2] }],
    ['IS', '42', { vr: 'IS', Value: [42] }],
    ['US', Buffer.from([1, 0, 255, 255]), { vr: 'US', Value: [1, 65535] }],
    ['FD', Buffer.from('000000000000f83f', 'hex'), { vr: 'FD', Value: [1.5] }],
    ['FD', Buffer.from('000000000000f87f', 'hex'), { vr: 'FD', Value: ['NaN'] }],
    ['SV', Buffer.from('ffffffffffffff7f', 'hex'), { vr: 'SV', Value: ['9223372036854775807'] }],
    ['AT', Buffer.from([0x20, 0, 0x32, 0]), { vr: 'AT', Value: ['00200032'] }],
    ['OB', Buffer.from([1, 2, 3, 4]), { vr: 'OB', InlineBinary: 'AQIDBA==' }],
    ['UN', Buffer.from([1, 2]), { vr: 'UN', InlineBinary: 'AQI=' }],
    ['OW', '', { vr: 'OW' }],
    ['SQ', '', { vr: 'SQ' }],
    [
      'SQ',
      item(explicit(TAG.PatientID, 'LO', 'A1')),
      { vr: 'SQ', Value: [{ '00100020': { vr: 'LO', Value: ['A1'] } }] },
    ],
    ['ZZ', 'AB', { vr: 'UN', InlineBinary: 'QUI=' }],
  ])('%s %j', (vr, value, expected) => {
    expect(one(vr, value)[at]).toEqual(expected);
  });

  test('text is Unicode, and says so', () => {
    const json = one('LO', Buffer.from('Müller', 'latin1'));
    expect(json[at]).toEqual({ vr: 'LO', Value: ['Müller'] });
    expect(json['00080005']).toEqual({ vr: 'CS', Value: ['ISO_IR 192'] });
  });

  test('bulk data by its path; group lengths left out; only the tags asked for', () => {
    const dataSet = read(
      file(
        SYNTAX.explicit,
        explicit(0x00080000, 'UL', Buffer.alloc(4)),
        explicit(TAG.Modality, 'CS', 'CT'),
        explicit(
          TAG.ReferencedSeriesSequence,
          'SQ',
          Buffer.concat([item(Buffer.alloc(0)), item(explicit(TAG.EncapsulatedDocument, 'OB', 'ab'))]),
        ),
        explicit(TAG.PixelData, 'OW', 'abcd'),
      ),
    );
    const bulkDataURI = (path: string): string => `https://archive/${path}`;
    expect(dicomJsonOf(dataSet, { bulkDataURI })).toEqual({
      '00080060': { vr: 'CS', Value: ['CT'] },
      '00081115': {
        vr: 'SQ',
        Value: [{}, { '00420011': { vr: 'OB', BulkDataURI: 'https://archive/00081115/1/00420011' } }],
      },
      '7FE00010': { vr: 'OW', BulkDataURI: 'https://archive/7FE00010' },
    });
    expect(dicomJsonOf(dataSet, { bulkDataURI: () => undefined })['7FE00010']).toEqual({
      vr: 'OW',
      InlineBinary: 'YWJjZA==',
    });
    expect(Object.keys(dicomJsonOf(dataSet, { tags: new Set([TAG.Modality]) }))).toEqual(['00080060']);
  });
});

describe('reading DICOM JSON', () => {
  test('PS3.18 F.3.1.1 in short', () => {
    const dataSet = parsed({
      '00080005': { vr: 'CS', Value: ['ISO_IR 192'] },
      '00080020': { vr: 'DA', Value: ['20130409'] },
      '00080061': { vr: 'CS', Value: ['CT', 'PET'] },
      '00080090': { vr: 'PN', Value: [{ Alphabetic: '^Bob^^Dr.' }] },
      '00081190': { vr: 'UR', Value: ['http://wado.nema.org/studies/1.2.392'] },
      '00090010': { vr: 'LO', Value: ['Vendor A'] },
      '00091002': { vr: 'UN', InlineBinary: 'z0x9c8v7' },
      '00100010': { vr: 'PN', Value: [{ Alphabetic: 'Wang^XiaoDong', Ideographic: '王^小東' }] },
      '00200010': { vr: 'SH' },
      '00201206': { vr: 'IS', Value: [4] },
      '00280030': { vr: 'DS', Value: [0.5, '0.7'] },
      '00209165': { vr: 'AT', Value: ['00209057'] },
      '00081115': { vr: 'SQ', Value: [{ '0020000e': { vr: 'UI', Value: ['1.2.3'] } }] },
      '7FE00010': { vr: 'OW', BulkDataURI: 'https://archive/bulk' },
    });
    expect(dataSet.texts(TAG.ModalitiesInStudy)).toEqual(['CT', 'PET']);
    expect(dataSet.text(TAG.PatientName)).toBe('Wang^XiaoDong=王^小東');
    expect(dataSet.text(TAG.ReferringPhysicianName)).toBe('^Bob^^Dr.');
    expect(Buffer.from(dataSet.bytes(tag(0x00091002))!).toString('hex')).toBe('cf4c7d73cbfb');
    expect(dataSet.has(TAG.StudyID)).toBe(true);
    expect(dataSet.text(TAG.StudyID)).toBeUndefined();
    expect(dataSet.bytes(TAG.StudyID)).toEqual(new Uint8Array(0));
    expect(dataSet.number(TAG.NumberOfStudyRelatedSeries)).toBe(4);
    expect(dataSet.text(TAG.NumberOfStudyRelatedSeries)).toBe('4');
    expect(dataSet.numbers(TAG.PixelSpacing)).toEqual([0.5, 0.7]);
    expect(dataSet.number(TAG.DimensionIndexPointer)).toBe(0x00209057);
    expect(dataSet.items(TAG.ReferencedSeriesSequence)[0]!.text(TAG.SeriesInstanceUID)).toBe('1.2.3');
    expect(dataSet.bytes(TAG.PixelData)).toBeUndefined();
    expect(dataSet.bytes(TAG.PatientName)).toBeUndefined();
    expect(dataSet.tags()[0]).toBe(TAG.SpecificCharacterSet);
    expect(dataSet.tags().at(-1)).toBe(TAG.PixelData);
  });

  test('what archives get wrong: values not split, no VR, no array, numbers as text, empty strings', () => {
    const dataSet = parsed({
      '00080008': { vr: 'CS', Value: ['ORIGINAL\\PRIMARY'] },
      '00080060': { Value: 'CT' },
      '00280010': { vr: 'US', Value: ['512'] },
      '00100020': { vr: 'LO', Value: [''] },
      '00100010': { vr: 'PN', Value: ['Doe^Jane '] },
      '00081115': { vr: 'SQ', Value: [null] },
      '00209165': { vr: 'AT', Value: [2133079] },
      extra: 'a remark',
    });
    expect(dataSet.texts(TAG.ImageType)).toEqual(['ORIGINAL', 'PRIMARY']);
    expect(dataSet.vr(TAG.Modality)).toBe('CS');
    expect(dataSet.text(TAG.Modality)).toBe('CT');
    expect(dataSet.number(TAG.Rows)).toBe(512);
    expect(dataSet.texts(TAG.PatientID)).toEqual([]);
    expect(dataSet.text(TAG.PatientName)).toBe('Doe^Jane');
    expect(dataSet.items(TAG.ReferencedSeriesSequence)[0]!.tags()).toEqual([]);
    expect(dataSet.text(TAG.DimensionIndexPointer)).toBe('00208C57');
  });

  test.each([[null], [[]], ['text'], [42], [{ Details: 'no', HttpStatus: 400, OrthancStatus: 3000 }], [undefined]])(
    '%j is no data set',
    (json) => {
      expect(dataSetFromJson(json)).toEqual({ ok: false, error: 'not-dicom-json' });
    },
  );

  test('an empty object is an empty data set', () => {
    expect(parsed({}).tags()).toEqual([]);
  });
});

describe('any JSON gives a value', () => {
  const element = fc.oneof(
    fc.record(
      {
        vr: fc.oneof(
          fc.constantFrom('LO', 'PN', 'SQ', 'DS', 'AT', 'US', 'OB', 'FD', 'LT', 'constructor'),
          fc.jsonValue(),
        ),
        Value: fc.oneof(fc.array(fc.jsonValue({ maxDepth: 2 }), { maxLength: 3 }), fc.jsonValue()),
        InlineBinary: fc.oneof(fc.base64String(), fc.jsonValue()),
        BulkDataURI: fc.jsonValue(),
      },
      { requiredKeys: [] },
    ),
    fc.jsonValue(),
  );
  const key = fc.oneof(fc.constantFrom('00100010', '00081115', '7FE00010', '0020000e', '__proto__'), fc.string());

  test('and every read of it an answer', () => {
    fc.assert(
      fc.property(fc.dictionary(key, element), (json) => {
        const result = dataSetFromJson(json);
        if (!result.ok) return;
        listDataSet(result.value);
        dicomJsonOf(result.value);
        for (const at of result.value.tags()) {
          expect(result.value.vr(at)).toMatch(/^[A-Z]{2}$/);
          result.value.numbers(at);
          result.value.number(at);
          result.value.text(at);
        }
      }),
      { numRuns: 2_000, seed: 20 },
    );
  });
});

describe('there and back', () => {
  const folder = join(process.cwd(), 'test/fixtures/character-sets');

  test.each(readdirSync(folder).filter((name) => name.endsWith('.dcm')))('%s', (name) => {
    const dataSet = read(readFileSync(join(folder, name)));
    const again = parsed(JSON.parse(JSON.stringify(dicomJsonOf(dataSet))));
    const withoutCharacterSet = (lines: readonly (readonly unknown[])[]): unknown =>
      lines.filter(([path]) => !String(path).endsWith('00080005'));
    // DS and IS become numbers: their text may be spelled otherwise
    const asNumbers = (each: DataSet): readonly (readonly number[])[] =>
      [TAG.PixelSpacing, TAG.SeriesNumber].map((at) => each.numbers(at));
    const texts = (each: DataSet): unknown =>
      withoutCharacterSet(listDataSet(each).filter(([, vr]) => vr !== 'DS' && vr !== 'IS'));
    expect(texts(again)).toEqual(texts(dataSet));
    expect(asNumbers(again)).toEqual(asNumbers(dataSet));
  });
});

describeWith(
  { python: python(), shared: shared() },
  'as pydicom writes reports, segmentations and images of many vendors',
  (peers) => {
    test('the same JSON; a data set over their JSON gives the same values', () => {
      const files = ['sr-corpus/negative', 'sr-corpus/public-tid1500', 'seg-corpus', 'data/studies/variety'].flatMap(
        (folder) =>
          readdirSync(join(peers.shared, folder), { recursive: true, encoding: 'utf8' })
            .filter((name) => name.endsWith('.dcm'))
            .map((name) => join(peers.shared, folder, name)),
      );
      const answer = spawnSync(peers.python, [join(process.cwd(), 'test/dicom/json/pydicom-json.py')], {
        input: JSON.stringify(files),
        encoding: 'utf8',
        maxBuffer: 1 << 30,
      });
      const theirs = answer.stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as DicomJsonDataSet | null);
      const compared = files.flatMap((path, index) => {
        const json = theirs[index];
        return json ? [{ path, ours: dicomJsonOf(read(readFileSync(path))), json }] : [];
      });
      // pydicom refuses one file, which has text where DS should be
      expect(compared.length).toBe(files.length - 1);
      const differing = compared.flatMap(({ path, ours, json }) => differences(ours, json, path));
      expect(differing.filter((each) => !/Tag-0040-A170-VR-CS\.dcm .*0040A170$/.test(each))).toEqual([]);
      const misread = compared.flatMap(({ path, ours, json }) =>
        differences(dicomJsonOf(parsed(json)), ours, path).filter((each) => !/A170-VR-CS/.test(each)),
      );
      expect(misread).toEqual([]);
    }, 180_000);
  },
);

/** Paths of elements that differ; not looked at are pixel data, group lengths and SpecificCharacterSet (ours says what the JSON is in). */
function differences(a: DicomJsonDataSet, b: DicomJsonDataSet, path: string): string[] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].flatMap((key) => {
    if (key === '7FE00010' || key === '00080005' || key.endsWith('0000')) return [];
    const [ours, theirs] = [a[key], b[key]];
    // PS3.18 F.2.5: an empty value is an absent one; pydicom writes an empty list for a sequence
    if (theirs?.Value?.length === 0) delete theirs.Value;
    if (ours?.vr !== 'SQ' || theirs?.vr !== 'SQ' || ours.Value?.length !== theirs.Value?.length)
      return JSON.stringify(ours) === JSON.stringify(theirs) ? [] : [`${path} ${key}`];
    return (ours.Value ?? []).flatMap((each, index) =>
      differences(each as DicomJsonDataSet, theirs.Value![index] as DicomJsonDataSet, `${path} ${key}/${index}`),
    );
  });
}
