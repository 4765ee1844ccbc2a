import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readPart10 } from '../../src/dicom/index.js';
import { TAG, tag, type DataSet, type MeasurementKey, type SopInstanceUid } from '../../src/domain/index.js';
import {
  compareReadBack,
  measurementOfWorkKey,
  ownSegments,
  segmentMask,
  workKeyOf,
  writeSegmentations,
} from '../../src/seg-writer/index.js';
import { startOrthanc, type RunningOrthanc } from '../environment/orthanc.js';
import { dcmdump, describeWith, orthanc, python } from '../environment/peers.js';
import { fixtures, imagesIn } from './ct-images.js';
import { edited, items, setText, textOf, valueOf, within, type Tree } from './editing.js';
import { lesionOn, requestFor } from './lesions.js';

const slices = imagesIn(join(fixtures, 'phantom')).map(({ slice }) => slice);
const lesions = [0, 2, 3].map((index, n) => lesionOn(slices[index]!, n + 1));
const [object] = writeSegmentations(requestFor(lesions)).objects;
const sent = object!.bytes;
const dataSetOf = (bytes: Uint8Array): DataSet => {
  const file = readPart10(bytes);
  if (!file.ok) throw new Error(file.error.code);
  return file.value.dataSet;
};
const compareAfter = (edit: (tree: Tree) => void): unknown => compareReadBack(sent, edited(sent, edit));
const put = (tree: Tree, at: number, vr: string, text: string): void => {
  tree.set(tag(at), { vr, bytes: Buffer.from(text.length % 2 === 0 ? text : `${text} `, 'latin1') });
};

describe('what comes back as it was sent', () => {
  test('the same bytes', () => {
    expect(compareReadBack(sent, sent)).toEqual({ kind: 'equal' });
  });
  test('another run of the same work', () => {
    const later = writeSegmentations(requestFor(lesions, { createdAt: new Date('2030-01-01') })).objects[0]!.bytes;
    expect(compareReadBack(sent, later)).toEqual({ kind: 'equal' });
  });
  test('numbers printed otherwise, other padding, group lengths, trailing padding', () => {
    const answer = compareAfter((tree) => {
      setText(
        within(tree, TAG.SharedFunctionalGroupsSequence, TAG.PixelMeasuresSequence),
        TAG.SpacingBetweenSlices,
        '2.50',
      );
      setText(tree, TAG.StudyID, `${textOf(tree, TAG.StudyID)}  `);
      put(tree, 0xfffcfffc, 'OB', '\0\0\0\0');
    });
    expect(answer).toEqual({ kind: 'equal' });
  });
  test('names in UTF-8 where they were in Latin-1', () => {
    const answer = compareAfter((tree) => {
      setText(tree, TAG.SpecificCharacterSet, 'ISO_IR 192');
      const name = Buffer.from(textOf(tree, TAG.PatientName), 'utf8').toString('latin1');
      setText(tree, TAG.PatientName, name);
    });
    expect(answer).toEqual({ kind: 'equal' });
  });
});

describe('what an archive coerced', () => {
  test.each([
    ['another PatientID', (tree: Tree) => setText(tree, TAG.PatientID, 'MERGED'), [TAG.PatientID]],
    [
      'another name and accession number',
      (tree: Tree) => {
        setText(tree, TAG.AccessionNumber, 'A-2');
        setText(tree, TAG.PatientName, 'Corrected^Name');
      },
      [TAG.AccessionNumber, TAG.PatientName],
    ],
    ['a new patient attribute', (tree: Tree) => put(tree, TAG.PatientComments, 'LT', 'merged'), [TAG.PatientComments]],
    ['a birth date taken away', (tree: Tree) => void tree.delete(TAG.PatientBirthDate), [TAG.PatientBirthDate]],
    [
      'a note of what it was',
      (tree: Tree) => void tree.set(tag(0x04000561), { vr: 'SQ', items: [] }),
      [tag(0x04000561)],
    ],
  ])('%s', (_, edit, tags) => {
    expect(compareAfter(edit)).toEqual({ kind: 'identity-coerced', tags });
  });
});

describe('what is not what was sent', () => {
  test.each([
    ['another study', (tree: Tree) => setText(tree, TAG.StudyInstanceUID, '2.25.9'), 'StudyInstanceUID'],
    ['another series', (tree: Tree) => setText(tree, TAG.SeriesInstanceUID, '2.25.9'), 'SeriesInstanceUID'],
    [
      'one pixel',
      (tree: Tree) => {
        valueOf(tree, TAG.PixelData)[777]! ^= 4;
      },
      'PixelData',
    ],
    [
      'pixels cut',
      (tree: Tree) => void tree.set(TAG.PixelData, { vr: 'OB', bytes: valueOf(tree, TAG.PixelData).slice(0, 900) }),
      'PixelData',
    ],
    [
      'a segment renamed',
      (tree: Tree) => setText(items(tree, TAG.SegmentSequence)[1]!, TAG.SegmentLabel, 'x'),
      'SegmentSequence[2].SegmentLabel',
    ],
    [
      'a frame moved',
      (tree: Tree) =>
        setText(
          within(items(tree, TAG.PerFrameFunctionalGroupsSequence)[2]!, TAG.PlanePositionSequence),
          TAG.ImagePositionPatient,
          '0\\0\\0',
        ),
      'PerFrameFunctionalGroupsSequence[3].PlanePositionSequence[1].ImagePositionPatient',
    ],
    [
      'a frame lost',
      (tree: Tree) => void items(tree, TAG.PerFrameFunctionalGroupsSequence).pop(),
      'PerFrameFunctionalGroupsSequence',
    ],
    [
      'a patient and a pixel',
      (tree: Tree) => {
        setText(tree, TAG.PatientID, 'X');
        valueOf(tree, TAG.PixelData)[5]! ^= 1;
      },
      'PixelData',
    ],
    ['a private element more', (tree: Tree) => put(tree, 0x00091001, 'LO', 'x'), '(0009,1001)'],
  ])('%s', (_, edit, where) => {
    expect(compareAfter(edit)).toEqual({ kind: 'differs', where });
  });
  test('no DICOM, or half of it', () => {
    expect(compareReadBack(sent, Buffer.from('<html>'.repeat(60)))).toEqual({ kind: 'differs', where: 'file' });
    expect(compareReadBack(sent, sent.subarray(0, sent.length - 400))).toEqual({ kind: 'differs', where: 'file' });
  });
  test('two frames of odd size: bits beyond the last pixel are no pixels, bits before it are', () => {
    const small = imagesIn(join(fixtures, 'ct23x38'), /IMG0001/).map(({ slice }) => slice);
    const bytes = writeSegmentations(requestFor([lesionOn(small[0]!, 1)])).objects[0]!.bytes;
    // 874 pixels: the last two bits of byte 109 are the last pixels
    const flip = (bit: number): unknown =>
      compareReadBack(
        bytes,
        edited(bytes, (tree) => {
          valueOf(tree, TAG.PixelData)[109]! ^= 1 << bit;
        }),
      );
    expect(flip(1)).toEqual({ kind: 'differs', where: 'PixelData' });
    expect(flip(2)).toEqual({ kind: 'equal' });
  });
});

/** DCMTK's converter lies beside its dump. */
const dcmconv = dcmdump()?.replace(/dcmdump$/, 'dcmconv');
describeWith({ dcmconv }, 'an archive that keeps another transfer syntax', (peers) => {
  test.each([['+ti'], ['+tb'], ['+td'], ['-e']])('dcmconv %s', (option) => {
    const folder = mkdtempSync(join(tmpdir(), 'seg-writer-'));
    try {
      writeFileSync(join(folder, 'in.dcm'), sent);
      spawnSync(peers.dcmconv, [option, join(folder, 'in.dcm'), join(folder, 'out.dcm')]);
      expect(compareReadBack(sent, readFileSync(join(folder, 'out.dcm')))).toEqual({ kind: 'equal' });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describeWith({ orthanc: orthanc() }, 'Orthanc', () => {
  let archive: RunningOrthanc | undefined;
  beforeAll(async () => {
    archive = await startOrthanc();
  });
  afterAll(async () => archive?.stop());
  test('gives back what it was given', async () => {
    await archive!.upload(sent);
    const files = await archive!.files();
    expect(compareReadBack(sent, files.get(object!.sopInstanceUID)!)).toEqual({ kind: 'equal' });
  });
});

describe('our own segments', () => {
  test('are known with what they were made from', () => {
    const own = ownSegments(dataSetOf(sent));
    expect(own.map(({ segmentNumber }) => segmentNumber)).toEqual([1, 2, 3]);
    expect(own.every(({ maskMatches }) => maskMatches)).toBe(true);
    expect(own.map(({ receipt }) => measurementOfWorkKey(receipt.workKey)?.measurementKey)).toEqual([
      '1.6.1',
      '1.6.2',
      '1.6.3',
    ]);
    expect(own.map(({ receipt }) => receipt.maskSha256)).toEqual(object!.segments.map(({ maskSha256 }) => maskSha256));
    expect(own.map(({ trackingUID }) => trackingUID)).toEqual(object!.segments.map(({ trackingUID }) => trackingUID));
  });
  test('whose pixels changed do not keep their receipt', () => {
    const changed = edited(sent, (tree) => {
      valueOf(tree, TAG.PixelData)[3]! ^= 1;
    });
    expect(ownSegments(dataSetOf(changed)).map(({ maskMatches }) => maskMatches)).toEqual([false, true, true]);
  });
  test.each([
    ['another maker with our contributing equipment', (tree: Tree) => setText(tree, TAG.Manufacturer, 'Another')],
    ['another model', (tree: Tree) => setText(tree, TAG.ManufacturerModelName, 'Another')],
    [
      'no receipts',
      (tree: Tree) =>
        items(tree, TAG.SegmentSequence).forEach((item) =>
          item.delete(TAG.SegmentationAlgorithmIdentificationSequence),
        ),
    ],
  ])('%s is not ours', (_, edit) => {
    expect(ownSegments(dataSetOf(edited(sent, edit)))).toEqual([]);
  });
  test('masks are read back as they were', () => {
    for (const [n, lesion] of lesions.entries()) expect(segmentMask(dataSetOf(sent), n + 1)).toEqual(lesion.mask);
    expect(segmentMask(dataSetOf(sent), 4)).toBeUndefined();
  });
});

describe('a work key', () => {
  const work = {
    report: '1.2.3' as SopInstanceUid,
    measurementKey: '1.6.2#1' as MeasurementKey,
    method: 'cosegmentation',
    kernelRevision: 1,
    bundle: { name: 'Ärzte; v=1|x', sha256: 'ab' },
  } as const;
  test('is one line of ASCII without what separates it from its neighbours', () => {
    expect(workKeyOf(work)).toMatch(/^[\x21-\x3a\x3c-\x7e]+$/);
    expect(workKeyOf(work).split('|')).toHaveLength(5);
  });
  test('gives back report and measurement', () => {
    expect(measurementOfWorkKey(workKeyOf(work))).toEqual({ report: '1.2.3', measurementKey: '1.6.2#1' });
    expect(measurementOfWorkKey('something else')).toBeUndefined();
    expect(measurementOfWorkKey('a|%E0%A4%A|c|1|-')).toBeUndefined();
  });
});

describeWith({ python: python() }, 'numpy', (peers) => {
  test('packs the same masks into the same bits', () => {
    const folder = mkdtempSync(join(tmpdir(), 'seg-writer-'));
    try {
      writeFileSync(join(folder, 'masks.raw'), Buffer.concat(lesions.map(({ mask }) => mask.bits)));
      const script =
        'import sys, numpy as np; sys.stdout.buffer.write(np.packbits(np.fromfile(sys.argv[1], np.uint8), bitorder="little").tobytes())';
      const run = spawnSync(peers.python, ['-c', script, join(folder, 'masks.raw')], { maxBuffer: 1 << 24 });
      expect(Buffer.from(dataSetOf(sent).bytes(TAG.PixelData)!).equals(run.stdout)).toBe(true);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
