import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readPart10 } from '../../src/dicom/index.js';
import { TAG, tag } from '../../src/domain/index.js';
import {
  checkSegmentation,
  compareReadBack,
  writeRejectionNote,
  writeResultReports,
  writeSegmentations,
  type SegmentationProblem,
} from '../../src/seg-writer/index.js';
import { describeWith, python } from '../environment/peers.js';
import { fixtures, imagesIn, madeImages, type CtImage } from './ct-images.js';
import { edited, setBytes, setText, treeOf, valueOf, type Tree } from './editing.js';
import { readWithPython } from './judges.js';
import { lesionOn, requestFor } from './lesions.js';

const folder = mkdtempSync(join(tmpdir(), 'seg-writer-'));
afterAll(() => rmSync(folder, { recursive: true }));
const phantom = imagesIn(join(fixtures, 'phantom')).slice(0, 1);
const CODE_MEANING = TAG.CodeMeaning;
const YAMADA = '\x1b$B;3ED\x1b(B';

/** The example's character set and name, and its name in a description, a sequence and the meaning of a code. */
function imageOf(name: string, characterSet: string | undefined, text: string): CtImage {
  const [image] = madeImages(phantom, join(folder, name), (tree) => {
    const put = (at: number, vr: string, value: string, into: Tree = tree): void => {
      const bytes = Buffer.from(value, 'latin1');
      into.set(tag(at), { vr, bytes: bytes.length % 2 === 0 ? bytes : Buffer.concat([bytes, Buffer.from(' ')]) });
    };
    const example = join('test/fixtures/character-sets', name);
    if (characterSet === undefined) {
      const of = treeOf(readFileSync(example));
      for (const each of [TAG.SpecificCharacterSet, TAG.PatientName])
        tree.set(each, { vr: of.get(each)!.vr, bytes: valueOf(of, each) });
    } else {
      put(TAG.SpecificCharacterSet, 'CS', characterSet);
      put(TAG.PatientName, 'PN', text);
    }
    put(TAG.StudyDescription, 'LO', text);
    const other: Tree = new Map();
    put(TAG.PatientID, 'LO', text, other);
    put(TAG.IssuerOfPatientID, 'LO', text, other);
    put(0x00100022, 'CS', 'TEXT', other);
    tree.set(TAG.OtherPatientIDsSequence, { vr: 'SQ', items: [other] });
    const species: Tree = new Map();
    put(TAG.CodeValue, 'SH', '1', species);
    put(TAG.CodingSchemeDesignator, 'SH', '99TEST', species);
    put(CODE_MEANING, 'LO', text, species);
    tree.set(TAG.PatientSpeciesCodeSequence, { vr: 'SQ', items: [species] });
  });
  return image!;
}

/** ISO 2022 IR 13 and 87, IR 87, IR 149 (PS3.5 annexes H and I), IR 100 and 144. */
const SOURCES = [
  { name: 'chrH31.dcm', text: YAMADA },
  { name: 'chrH32.dcm', text: `\xd4\xcf\xc0\xde ${YAMADA}` },
  { name: 'chrJapMulti.dcm', text: YAMADA },
  { name: 'chrKoreanMulti.dcm', text: '\x1b$)C\xb1\xe8\xc8\xf1\xc1\xdf' },
  { name: 'chrI2.dcm', text: 'Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7' },
  { name: 'IR 13 and 87', characterSet: 'ISO 2022 IR 13\\ISO 2022 IR 87', text: `\xd4\xcf\xc0\xde=${YAMADA}` },
  { name: 'IR 100 and 144', characterSet: 'ISO 2022 IR 100\\ISO 2022 IR 144', text: 'M\xfcller \x1b-L\xbb\xee' },
].map((each) => ({ image: imageOf(each.name, each.characterSet, each.text), name: each.name }));

const errorsIn = (problems: readonly SegmentationProblem[]): readonly SegmentationProblem[] =>
  problems.filter(({ severity }) => severity === 'error');

const written = SOURCES.map(({ name, image }) => {
  const lesions = [lesionOn(image.slice, 1)];
  const request = requestFor(lesions);
  const { objects, refused } = writeSegmentations(request);
  const { reports } = writeResultReports({ ...request, objects, lesions });
  const file = readPart10(objects[0]!.bytes);
  if (!file.ok) throw new Error(file.error.code);
  const { equipment, createdAt } = request;
  const note = writeRejectionNote({ rejected: [file.value.dataSet], cause: 'superseded', equipment, createdAt });
  if (!note.ok) throw new Error(note.error.reason);
  return { name, image, refused, object: objects[0]!, files: [objects[0]!.bytes, reports[0]!.bytes, note.value.bytes] };
});

/** Copied texts in which all three kinds of object repeat the image. */
const COPIED = [
  'PatientName',
  'StudyDescription',
  'OtherPatientIDsSequence[0].PatientID',
  'OtherPatientIDsSequence[0].IssuerOfPatientID',
  'PatientSpeciesCodeSequence[0].CodeMeaning',
];

interface Texts {
  readonly characterSet: readonly string[];
  readonly texts: Readonly<Record<string, string>>;
}

describe('a source in several character sets', () => {
  test.each(written)('$name: the object is written and said to be converted', ({ refused, object, image }) => {
    expect(refused).toEqual([]);
    expect(object.warnings).toEqual(['header.character-sets-converted']);
    expect(errorsIn(checkSegmentation(object.bytes, [image.slice]))).toEqual([]);
  });
  test('read-back compares what texts say, whatever they are written in', () => {
    const [{ object, image }] = written as [(typeof written)[number]];
    const asStored = edited(object.bytes, (tree) => {
      const source = treeOf(readFileSync(image.path));
      for (const each of [TAG.SpecificCharacterSet, TAG.PatientName, TAG.StudyDescription])
        tree.set(each, { vr: source.get(each)!.vr, bytes: valueOf(source, each) });
      tree.set(TAG.OtherPatientIDsSequence, source.get(TAG.OtherPatientIDsSequence)!);
      tree.set(TAG.PatientSpeciesCodeSequence, source.get(TAG.PatientSpeciesCodeSequence)!);
    });
    expect(compareReadBack(object.bytes, asStored)).toEqual({ kind: 'equal' });
    expect(errorsIn(checkSegmentation(asStored, [image.slice]))).toEqual([]);
    const another = edited(asStored, (tree) => setText(tree, TAG.PatientName, 'Yamada^Hanako'));
    expect(compareReadBack(object.bytes, another)).toEqual({ kind: 'identity-coerced', tags: [TAG.PatientName] });
    expect(errorsIn(checkSegmentation(another, [image.slice])).map(({ code }) => code)).toContain('identity-differs');
  });
  describeWith({ python: python() }, 'pydicom reads in the objects what it reads in the image', (peers) => {
    let before: readonly Texts[] = [];
    let after: readonly Texts[] = [];
    beforeAll(() => {
      const images = written.map(({ image }) => readFileSync(image.path));
      before = readWithPython<Texts>(peers.python, 'read_texts.py', images);
      after = readWithPython<Texts>(
        peers.python,
        'read_texts.py',
        written.flatMap(({ files }) => files),
      );
    });
    test.each(written.map(({ name }, index) => ({ name, index })))('$name', ({ index }) => {
      const source = before[index]!;
      expect(source.characterSet.length).toBeGreaterThan(1);
      for (const { characterSet, texts } of after.slice(3 * index, 3 * index + 3)) {
        expect(characterSet).toEqual(['ISO_IR 192']);
        expect(COPIED.map((path) => texts[path])).toEqual(COPIED.map((path) => source.texts[path]));
        expect(texts['StudyDescription']).toMatch(/[^ -~]/);
      }
    });
  });
});

describe('texts that cannot be decoded are copied as they are, and that is said', () => {
  const SETS = [
    { name: 'an escape sequence that no standard has', characterSet: '\\ISO 2022 IR 87', text: '\x1b$Z;3ED' },
    { name: 'half a character', characterSet: '\\ISO 2022 IR 87', text: '\x1b$B;3E\x1b(B' },
    { name: 'a character set that no standard has', characterSet: 'ISO 2022 IR 100\\ISO 2022 IR 999', text: 'M\xfc' },
  ];
  test.each(SETS)('$name', ({ name, characterSet, text }) => {
    const image = imageOf(name, characterSet, text);
    const { objects, refused } = writeSegmentations(requestFor([lesionOn(image.slice, 1)]));
    expect(refused).toEqual([]);
    expect(objects[0]!.warnings).toEqual(['header.character-sets-unreadable', 'reader.cornerstone-character-sets']);
    const [ours, theirs] = [treeOf(objects[0]!.bytes), treeOf(readFileSync(image.path))];
    for (const each of [TAG.SpecificCharacterSet, TAG.PatientName, TAG.StudyDescription])
      expect(valueOf(ours, each)).toEqual(valueOf(theirs, each));
  });
  test('one character set alone stays as it is', () => {
    const [image] = madeImages(phantom, join(folder, 'alone'), (tree) => {
      setText(tree, TAG.SpecificCharacterSet, 'ISO_IR 144');
      setBytes(tree, TAG.PatientName, Uint8Array.of(0xbb, 0xee, 0xda, 0x20));
    });
    const { objects } = writeSegmentations(requestFor([lesionOn(image!.slice, 1)]));
    expect(objects[0]!.warnings).toEqual([]);
    const ours = treeOf(objects[0]!.bytes);
    expect(Buffer.from(valueOf(ours, TAG.SpecificCharacterSet)).toString('latin1')).toBe('ISO_IR 144');
    expect(valueOf(ours, TAG.PatientName)).toEqual(Uint8Array.of(0xbb, 0xee, 0xda, 0x20));
  });
});
