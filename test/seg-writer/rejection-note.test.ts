import { beforeAll, describe, expect, test } from '@jest/globals';
import { join } from 'node:path';
import { readPart10 } from '../../src/dicom/index.js';
import { asReadUid, TAG, type DataSet, type SopInstanceUid } from '../../src/domain/index.js';
import {
  writeRejectionNote,
  writeResultReports,
  writeSegmentations,
  type RejectionNote,
  type RejectionNoteRequest,
} from '../../src/seg-writer/index.js';
import { isOwnObject, rejectedInstances } from '../../src/sr-parser/index.js';
import { dciodvfy, dcmdump, describeWith, python } from '../environment/peers.js';
import { fixtures, imagesIn } from './ct-images.js';
import { edited, setText } from './editing.js';
import { complaintsOfDsrdump, errorsOfDciodvfy, readWithPython } from './judges.js';
import { lesionOn, requestFor } from './lesions.js';

const slices = imagesIn(join(fixtures, 'phantom')).map(({ slice }) => slice);
const elsewhere = imagesIn(join(fixtures, 'ct23x38'), /IMG0001/)[0]!.slice;
const dataSetOf = (bytes: Uint8Array): DataSet => {
  const file = readPart10(bytes);
  if (!file.ok) throw new Error(file.error.code);
  return file.value.dataSet;
};

const lesions = [0, 2].map((index, n) => lesionOn(slices[index]!, n + 1));
const request = requestFor(lesions);
const { objects } = writeSegmentations(request);
const { reports } = writeResultReports({ ...request, objects, lesions });
const rejected = [...objects, ...reports].map(({ bytes }) => dataSetOf(bytes));
const uids = [...objects, ...reports].map(({ sopInstanceUID }) => sopInstanceUID);

const noteFor = (overrides: Partial<RejectionNoteRequest> = {}): RejectionNote => {
  const { equipment, createdAt } = request;
  const written = writeRejectionNote({ rejected, cause: 'superseded', equipment, createdAt, ...overrides });
  if (!written.ok) throw new Error(written.error.reason);
  return written.value;
};
const notes = [
  noteFor({ replacedBy: [asReadUid<SopInstanceUid>('2.25.77')] }),
  noteFor({ cause: 'withdrawn' }),
  noteFor({ cause: 'wrong-patient' }),
  noteFor({ cause: 'withdrawn-for-patient-safety' }),
  noteFor({ cause: 'withdrawn-wrong-worklist-entry' }),
  noteFor({ cause: 'withdrawn-retention-expired' }),
];

describe('a rejection note', () => {
  test('rejects what it was written for, and is an object of ours', () => {
    for (const { bytes } of notes) {
      expect([...rejectedInstances(dataSetOf(bytes))].sort()).toEqual([...uids].sort());
      expect(isOwnObject(dataSetOf(bytes))).toBe(true);
    }
  });
  test('lies in the study of the objects, in a series of its own, and copies their patient', () => {
    const note = dataSetOf(notes[0]!.bytes);
    expect(note.text(TAG.StudyInstanceUID)).toBe(objects[0]!.studyInstanceUID);
    expect([...objects, ...reports].map(({ seriesInstanceUID }) => seriesInstanceUID)).not.toContain(
      note.text(TAG.SeriesInstanceUID),
    );
    expect(note.text(TAG.PatientName)).toBe(slices[0]!.header.text(TAG.PatientName));
    expect(note.text(TAG.Modality)).toBe('KO');
    // it was acquired by no scanner
    expect(note.items(TAG.ContributingEquipmentSequence)).toHaveLength(1);
  });
  test('has its reason as title: quality, but for another patient safety', () => {
    const titles = notes.map(({ bytes }) =>
      dataSetOf(bytes).items(TAG.ConceptNameCodeSequence)[0]!.text(TAG.CodeValue),
    );
    expect(titles).toEqual(['113001', '113001', '113037', '113037', '113038', '113039']);
  });
  test('has a UID of what it rejects, why, and what is there instead; not of when', () => {
    expect(noteFor({ replacedBy: [asReadUid<SopInstanceUid>('2.25.77')], createdAt: new Date(0) }).sopInstanceUID).toBe(
      notes[0]!.sopInstanceUID,
    );
    const all = [...notes, noteFor(), noteFor({ rejected: rejected.slice(1) })];
    expect(new Set(all.map(({ sopInstanceUID }) => sopInstanceUID)).size).toBe(all.length);
    expect(noteFor({ rejected: [...rejected].reverse() }).sopInstanceUID).toBe(noteFor().sopInstanceUID);
  });
  test('rejects nothing of others, nothing of two studies, and not nothing', () => {
    const [object] = objects;
    const foreign = dataSetOf(edited(object!.bytes, (tree) => setText(tree, TAG.Manufacturer, 'Another')));
    expect(() => noteFor({ rejected: [foreign] })).toThrow('not ours');
    expect(() => noteFor({ rejected: [] })).toThrow('nothing');
    const other = writeSegmentations(requestFor([lesionOn(elsewhere, 1)])).objects[0]!;
    expect(() => noteFor({ rejected: [...rejected, dataSetOf(other.bytes)] })).toThrow('several studies');
  });
});

describeWith({ python: python() }, 'highdicom', (peers) => {
  let read: readonly {
    readonly missing: readonly string[];
    readonly references: readonly string[];
    readonly title: string;
  }[] = [];
  beforeAll(() => {
    read = readWithPython(
      peers.python,
      'read_reports.py',
      notes.map(({ bytes }) => bytes),
    );
  });
  test('reads the references, all of them in the evidence', () => {
    for (const note of read) {
      expect(note.missing).toEqual([]);
      expect([...note.references].sort()).toEqual([...uids].sort());
    }
  });
});

describeWith(
  { dciodvfy: dciodvfy(), dsrdump: dcmdump()?.replace(/dcmdump$/, 'dsrdump') },
  'dciodvfy and dsrdump',
  (peers) => {
    test('no error, no warning of the reader', () => {
      for (const { bytes } of notes) {
        expect(errorsOfDciodvfy(peers.dciodvfy, bytes)).toEqual([]);
        expect(complaintsOfDsrdump(peers.dsrdump, bytes)).toEqual([]);
      }
    });
  },
);
