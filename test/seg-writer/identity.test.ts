import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dataSetFromJson, dicomJsonOf, readPart10 } from '../../src/dicom/index.js';
import { TAG, tag, type DataSet, type SegmentationObject, type Tag } from '../../src/domain/index.js';
import { checkSegmentation, writeSegmentations, type WrittenSegmentations } from '../../src/seg-writer/index.js';
import { dciodvfy, describeWith, python } from '../environment/peers.js';
import { fixtures, imagesIn, madeImages, sliceOf, type CtImage } from './ct-images.js';
import { treeOf, valueOf, type Tree } from './editing.js';
import { errorsOfDciodvfy, readWithHighdicom, type Case } from './judges.js';
import { lesionOn, requestFor } from './lesions.js';

const folder = mkdtempSync(join(tmpdir(), 'seg-writer-'));
afterAll(() => rmSync(folder, { recursive: true }));
const phantom = imagesIn(join(fixtures, 'phantom')).slice(0, 1);
let count = 0;

interface Written extends WrittenSegmentations {
  readonly image: CtImage;
  readonly case: Case;
}

/** One lesion on the phantom's first slice, after the slice's header was changed. */
function writtenOn(edit: (tree: Tree) => void): Written {
  const [image] = madeImages(phantom, join(folder, String(count++)), edit);
  const lesion = lesionOn(image!.slice, 1);
  const written = writeSegmentations(requestFor([lesion]));
  return { ...written, image: image!, case: { object: written.objects[0]!, lesions: [lesion], images: [image!] } };
}

const dataSetOf = (object: SegmentationObject): DataSet => {
  const file = readPart10(object.bytes);
  if (!file.ok) throw new Error(file.error.code);
  return file.value.dataSet;
};
const bytesIn = (object: SegmentationObject, at: Tag): string =>
  Buffer.from(dataSetOf(object).bytes(at) ?? []).toString('latin1');
const put =
  (at: Tag, vr: string, value: string | Uint8Array) =>
  (tree: Tree): void => {
    const bytes = typeof value === 'string' ? Buffer.from(value, 'latin1') : value;
    tree.set(at, { vr, bytes: bytes.length % 2 === 0 ? bytes : Buffer.concat([bytes, Buffer.from(' ')]) });
  };
const drop =
  (...tags: readonly Tag[]) =>
  (tree: Tree): void =>
    tags.forEach((each) => tree.delete(each));
const all =
  (...edits: readonly ((tree: Tree) => void)[]) =>
  (tree: Tree): void =>
    edits.forEach((edit) => edit(tree));

/** What is written in place of a header's value, with the warning that says so. */
const REPAIRS: readonly (readonly [
  name: string,
  edit: (tree: Tree) => void,
  at: Tag,
  bytes: string,
  warnings: readonly string[],
])[] = [
  ['a name padded with NUL', put(TAG.PatientName, 'PN', 'Doe^J\0'), TAG.PatientName, 'Doe^J ', []],
  [
    'a description of 80 characters',
    put(TAG.StudyDescription, 'LO', 'x'.repeat(80)),
    TAG.StudyDescription,
    'x'.repeat(64),
    ['header.cut:StudyDescription'],
  ],
  [
    'UTF-8, cut between characters',
    all(
      put(TAG.SpecificCharacterSet, 'CS', 'ISO_IR 192'),
      put(TAG.PatientName, 'PN', 'A'),
      put(TAG.StudyDescription, 'LO', Buffer.from('é'.repeat(70))),
    ),
    TAG.StudyDescription,
    Buffer.from('é'.repeat(64)).toString('latin1'),
    ['header.cut:StudyDescription'],
  ],
  [
    'UTF-8 for Japanese of several character sets, cut between characters',
    all(
      put(TAG.SpecificCharacterSet, 'CS', '\\ISO 2022 IR 87'),
      put(TAG.PatientName, 'PN', 'A'),
      put(TAG.StudyDescription, 'LO', '\x1b$B;3ED\x1b(B'.repeat(40)),
    ),
    TAG.StudyDescription,
    Buffer.from('山田'.repeat(32)).toString('latin1'),
    ['header.character-sets-converted', 'header.cut:StudyDescription'],
  ],
  ['sex in lower case', put(TAG.PatientSex, 'CS', 'f'), TAG.PatientSex, 'F ', ['header.upper-cased:PatientSex']],
  [
    'a sex that is none of three',
    put(TAG.PatientSex, 'CS', 'UNKNOWN'),
    TAG.PatientSex,
    '',
    ['header.dropped:PatientSex'],
  ],
  ['a date with dots', put(TAG.StudyDate, 'DA', '2020.01.02'), TAG.StudyDate, '', ['header.dropped:StudyDate']],
  [
    'a weight with a comma',
    put(TAG.PatientWeight, 'DS', '70,5'),
    TAG.PatientWeight,
    '',
    ['header.dropped:PatientWeight'],
  ],
  [
    'a weight of too many digits',
    put(TAG.PatientWeight, 'DS', '70.500000000000000001'),
    TAG.PatientWeight,
    '70.5',
    ['header.reprinted:PatientWeight'],
  ],
  [
    'a body part in mixed case',
    put(TAG.BodyPartExamined, 'CS', 'Chest'),
    TAG.BodyPartExamined,
    'CHEST ',
    ['header.upper-cased:BodyPartExamined'],
  ],
  [
    'a body part with a slash',
    put(TAG.BodyPartExamined, 'CS', 'CHEST/ABD'),
    TAG.BodyPartExamined,
    '',
    ['header.dropped:BodyPartExamined'],
  ],
  [
    'a control character in a description',
    put(TAG.StudyDescription, 'LO', 'CT\x07 CHEST'),
    TAG.StudyDescription,
    'CT CHEST',
    ['header.controls-dropped:StudyDescription'],
  ],
  [
    'absent type 2',
    drop(
      TAG.PatientBirthDate,
      TAG.PatientSex,
      TAG.StudyID,
      TAG.AccessionNumber,
      TAG.ReferringPhysicianName,
      TAG.PositionReferenceIndicator,
    ),
    TAG.PatientBirthDate,
    '',
    [],
  ],
  ['empty patient', all(put(TAG.PatientName, 'PN', ''), put(TAG.PatientID, 'LO', '')), TAG.PatientID, '', []],
  [
    'identity removed without a method',
    put(TAG.PatientIdentityRemoved, 'CS', 'YES '),
    TAG.PatientIdentityRemoved,
    '',
    ['header.dropped:PatientIdentityRemoved'],
  ],
  [
    'identity removed with a method',
    all(put(TAG.PatientIdentityRemoved, 'CS', 'YES '), put(TAG.DeidentificationMethod, 'LO', 'by hand ')),
    TAG.PatientIdentityRemoved,
    'YES ',
    [],
  ],
  [
    'the default repertoire spelt out',
    all(put(TAG.SpecificCharacterSet, 'CS', 'ISO_IR 6'), put(TAG.PatientName, 'PN', 'A^B')),
    TAG.SpecificCharacterSet,
    '',
    [],
  ],
  [
    'an empty character set',
    all(put(TAG.SpecificCharacterSet, 'CS', ''), put(TAG.PatientName, 'PN', 'A^B')),
    TAG.SpecificCharacterSet,
    '',
    [],
  ],
];

describe('a header that cannot be copied as it is', () => {
  const written = REPAIRS.map(([name, edit, at, bytes, warnings]) => ({
    name,
    at,
    bytes,
    warnings,
    ...writtenOn(edit),
  }));
  test.each(written)('$name', ({ at, bytes, warnings, objects, refused }) => {
    expect(refused).toEqual([]);
    expect(bytesIn(objects[0]!, at)).toBe(bytes);
    expect(objects[0]!.warnings).toEqual(warnings);
  });
  describeWith({ dciodvfy: dciodvfy() }, 'dciodvfy finds no error', (peers) => {
    // it counts bytes where the standard counts characters
    test.each(written.filter(({ name }) => !name.startsWith('UTF-8')))('$name', ({ objects }) => {
      expect(errorsOfDciodvfy(peers.dciodvfy, objects[0]!.bytes)).toEqual([]);
    });
  });
});

describe('a header that refuses its lesions, by the name of the attribute', () => {
  test.each([
    ['PatientID', put(TAG.PatientID, 'LO', '9'.repeat(66))],
    ['PatientID', put(TAG.PatientID, 'LO', 'A\x07B')],
    ['StudyInstanceUID', put(TAG.StudyInstanceUID, 'UI', '1.2.03.4')],
    ['SeriesInstanceUID', put(TAG.SeriesInstanceUID, 'UI', '')],
    ['FrameOfReferenceUID', put(TAG.FrameOfReferenceUID, 'UI', '1.2.x.4')],
  ] as const)('%s', (detail, edit) => {
    const { objects, refused } = writtenOn(edit);
    expect(objects).toEqual([]);
    expect(refused).toEqual([{ reason: 'source-header-invalid', detail, measurementKey: '1.6.1' }]);
  });
  test('no frame of reference has a reason of its own', () => {
    const { refused } = writtenOn(drop(TAG.FrameOfReferenceUID));
    expect(refused).toEqual([{ reason: 'no-frame-of-reference', measurementKey: '1.6.1' }]);
  });
  test('an empty mask', () => {
    const lesion = lesionOn(phantom[0]!.slice, 1);
    const empty = { ...lesion, mask: { ...lesion.mask, bits: new Uint8Array(lesion.mask.bits.length) } };
    expect(writeSegmentations(requestFor([empty])).refused).toEqual([
      { reason: 'mask-empty', measurementKey: '1.6.1' },
    ]);
  });
  test('one bad slice does not take the others with it', () => {
    const [bad] = madeImages(phantom, join(folder, String(count++)), drop(TAG.FrameOfReferenceUID));
    const lesions = [lesionOn(bad!.slice, 1), lesionOn(phantom[0]!.slice, 2)];
    const { objects, refused } = writeSegmentations(requestFor(lesions));
    expect(objects[0]!.segments.map(({ measurementKey }) => measurementKey)).toEqual(['1.6.2']);
    expect(refused).toHaveLength(1);
  });
});

describe('places with too many digits', () => {
  const { objects } = writtenOn(put(TAG.ImagePositionPatient, 'DS', '-20.12345678901234567\\-25\\1.00000000000000001'));
  test('are printed with 16 characters and pass the check', () => {
    const frame = dataSetOf(objects[0]!).items(TAG.PerFrameFunctionalGroupsSequence)[0]!;
    expect(frame.items(TAG.PlanePositionSequence)[0]!.texts(TAG.ImagePositionPatient)).toEqual([
      '-20.123456789012',
      '-25',
      '1',
    ]);
    expect(objects[0]!.warnings).toEqual(['header.reprinted:ImagePositionPatient']);
  });
});

describe('sequences of the patient', () => {
  const other = new Map([
    [TAG.PatientID, { vr: 'LO', bytes: Buffer.from('OTHER-1\0') }],
    [tag(0x00091001), { vr: 'LO', bytes: Buffer.from('private ') }],
    [TAG.TypeOfPatientID, { vr: 'CS', bytes: Buffer.from('TEXT') }],
  ]);
  test('are copied with their items, without private elements', () => {
    const { objects } = writtenOn((tree) => tree.set(TAG.OtherPatientIDsSequence, { vr: 'SQ', items: [other] }));
    const [item] = dataSetOf(objects[0]!).items(TAG.OtherPatientIDsSequence);
    expect(item!.tags()).toEqual([TAG.PatientID, TAG.TypeOfPatientID]);
    expect(Buffer.from(item!.bytes(TAG.PatientID)!).toString()).toBe('OTHER-1 ');
  });
  test('animals keep species and breed', () => {
    const { objects } = writtenOn(
      all(
        put(TAG.PatientSpeciesDescription, 'LO', 'Canine'),
        put(TAG.PatientBreedDescription, 'LO', ''),
        put(TAG.ResponsiblePerson, 'PN', 'Owner^A '),
        put(TAG.ResponsiblePersonRole, 'CS', 'OWNER '),
      ),
    );
    const dataSet = dataSetOf(objects[0]!);
    expect(dataSet.text(TAG.PatientSpeciesDescription)).toBe('Canine');
    expect(dataSet.has(TAG.PatientBreedDescription)).toBe(true);
    expect(dataSet.text(TAG.ResponsiblePerson)).toBe('Owner^A');
  });
});

describe('lossy images', () => {
  const lossy = put(TAG.LossyImageCompression, 'CS', '01');
  test('hand on ratio and method', () => {
    const { objects } = writtenOn(
      all(
        lossy,
        put(TAG.LossyImageCompressionRatio, 'DS', '9.5\\3'),
        put(TAG.LossyImageCompressionMethod, 'CS', 'ISO_10918_1\\ISO_15444_1'),
      ),
    );
    const dataSet = dataSetOf(objects[0]!);
    expect(dataSet.text(TAG.LossyImageCompression)).toBe('01');
    expect(dataSet.texts(TAG.LossyImageCompressionRatio)).toEqual(['9.5', '3']);
    expect(dataSet.texts(TAG.LossyImageCompressionMethod)).toEqual(['ISO_10918_1', 'ISO_15444_1']);
  });
  test('say so where they do not tell how much', () => {
    expect(writtenOn(lossy).objects[0]!.warnings).toEqual(['header.lossy-ratio-missing']);
  });
});

describe('text outside ASCII', () => {
  test('without a declared character set is copied as it is, and said', () => {
    const { objects, image } = writtenOn(
      all(drop(TAG.SpecificCharacterSet), put(TAG.PatientName, 'PN', 'M\xfcller^J\x8a')),
    );
    expect(bytesIn(objects[0]!, TAG.PatientName)).toBe('M\xfcller^J\x8a ');
    expect(objects[0]!.warnings).toEqual(['header.character-set-undeclared:PatientName']);
    expect(checkSegmentation(objects[0]!.bytes, [image.slice])).toEqual([]);
  });
  test('of a header that came as JSON is written in UTF-8', () => {
    const { slice } = phantom[0]!;
    const json = dataSetFromJson(JSON.parse(JSON.stringify(dicomJsonOf(slice.header, {}))));
    if (!json.ok) throw new Error(json.error);
    const { objects, refused } = writeSegmentations(requestFor([lesionOn(sliceOf(json.value, undefined), 1)]));
    expect(refused).toEqual([]);
    const dataSet = dataSetOf(objects[0]!);
    expect(dataSet.text(TAG.SpecificCharacterSet)).toBe('ISO_IR 192');
    expect(dataSet.text(TAG.PatientName)).toBe(slice.header.text(TAG.PatientName));
    expect(bytesIn(objects[0]!, TAG.PatientName)).not.toBe(
      Buffer.from(slice.header.bytes(TAG.PatientName)!).toString('latin1'),
    );
    expect(dataSet.text(TAG.StudyInstanceUID)).toBe(slice.header.text(TAG.StudyInstanceUID));
  });
});

/** Names of pydicom's character set examples on the phantom: what pydicom reads in the object is what it reads in the image. */
const names = join(process.cwd(), 'test/fixtures/character-sets');
const examples = readdirSync(names).filter((name) => name.endsWith('.dcm') && !name.includes('SQEncoding'));

describeWith({ python: python(), dciodvfy: dciodvfy() }, 'names in other scripts', (peers) => {
  const written = examples.map((name) => {
    const example = treeOf(readFileSync(join(names, name)));
    return {
      name,
      ...writtenOn((tree) => {
        for (const each of [TAG.SpecificCharacterSet, TAG.PatientName])
          if (example.has(each)) tree.set(each, { vr: example.get(each)!.vr, bytes: valueOf(example, each) });
          else tree.delete(each);
      }),
    };
  });
  let faults: readonly (readonly string[])[] = [];
  beforeAll(() => {
    faults = readWithHighdicom(
      peers.python,
      written.map((each) => each.case),
    ).map((verdict) => verdict.faults);
  });
  test.each(written.map((each, index) => ({ ...each, index })))('$name', ({ objects, refused, index }) => {
    expect(refused).toEqual([]);
    expect(faults[index]).toEqual([]);
    expect(errorsOfDciodvfy(peers.dciodvfy, objects[0]!.bytes)).toEqual([]);
  });
});
