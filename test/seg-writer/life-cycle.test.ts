import { describe, expect, test } from '@jest/globals';
import { join } from 'node:path';
import { readPart10 } from '../../src/dicom/index.js';
import { asReadUid, SOP_CLASS, TAG, type DataSet, type SopInstanceUid } from '../../src/domain/index.js';
import {
  ownSegments,
  writeRejectionNote,
  writeResultReports,
  writeSegmentations,
  type LocatedInstance,
  type ReplacedSegment,
} from '../../src/seg-writer/index.js';
import { rejectedInstances } from '../../src/sr-parser/index.js';
import { dciodvfy, describeWith } from '../environment/peers.js';
import { fixtures, imagesIn } from './ct-images.js';
import { errorsOfDciodvfy } from './judges.js';
import { lesionOn, reportOf, requestFor } from './lesions.js';

const slices = imagesIn(join(fixtures, 'phantom')).map(({ slice }) => slice);
const lesions = [0, 1, 2].map((index, n) => lesionOn(slices[index]!, n + 1));
const dataSetOf = (bytes: Uint8Array): DataSet => {
  const file = readPart10(bytes);
  if (!file.ok) throw new Error(file.error.code);
  return file.value.dataSet;
};

describe('a measurement accepted later', () => {
  const report = reportOf(lesions);
  const before = writeSegmentations(requestFor(lesions.slice(0, 2), { report })).objects;
  const after = writeSegmentations(requestFor(lesions.slice(2), { report })).objects;
  test('is a further object in a series of its own; what was written stays', () => {
    expect([before.length, after.length]).toEqual([1, 1]);
    expect(after[0]!.seriesInstanceUID).not.toBe(before[0]!.seriesInstanceUID);
    expect(after[0]!.sopInstanceUID).not.toBe(before[0]!.sopInstanceUID);
    expect(writeSegmentations(requestFor(lesions.slice(0, 2), { report })).objects[0]!.bytes).toEqual(before[0]!.bytes);
  });
  test('keeps the number and colour of its place in the report', () => {
    const [segment] = dataSetOf(after[0]!.bytes).items(TAG.SegmentSequence);
    expect(segment!.text(TAG.SegmentLabel)).toBe('Lesion 3');
    expect(segment!.number(TAG.SegmentNumber)).toBe(1);
  });
});

describe('an amended report', () => {
  const first = writeSegmentations(requestFor(lesions)).objects[0]!;
  const {
    reports: [result],
  } = writeResultReports({ ...requestFor(lesions), objects: [first], lesions });
  const replaces = new Map(
    first.segments.map(({ measurementKey, segmentNumber }): [typeof measurementKey, ReplacedSegment] => [
      measurementKey,
      { sopInstanceUID: first.sopInstanceUID, segmentNumber },
    ]),
  );
  const firstReport = reportOf(lesions).sopInstanceUID!;
  const amended = requestFor(lesions, {
    report: reportOf(lesions, { sopInstanceUID: asReadUid<SopInstanceUid>('2.25.99'), predecessors: [firstReport] }),
    firstReport,
    replaces,
  });
  const [second] = writeSegmentations(amended).objects;
  const predecessor: LocatedInstance = { ...result!, sopClassUID: SOP_CLASS.Comprehensive3DSR };
  const {
    reports: [secondResult],
  } = writeResultReports({ ...amended, objects: [second!], lesions, predecessors: [predecessor] });
  const { equipment, createdAt } = amended;
  const note = writeRejectionNote({
    rejected: [first, result!].map(({ bytes }) => dataSetOf(bytes)),
    cause: 'superseded',
    replacedBy: [second!.sopInstanceUID, secondResult!.sopInstanceUID],
    equipment,
    createdAt,
  });

  test('has a segmentation of its own that names what it replaces, segment by segment', () => {
    const dataSet = dataSetOf(second!.bytes);
    expect(second!.sopInstanceUID).not.toBe(first.sopInstanceUID);
    expect(dataSet.text(TAG.ContentDescription)).toBe(`Replaces ${first.sopInstanceUID}`);
    dataSet.items(TAG.SegmentSequence).forEach((segment, index) => {
      expect(segment.text(TAG.SegmentDescription)).toContain(
        `; replaces segment ${index + 1} of ${first.sopInstanceUID}`,
      );
    });
  });
  test('of several replaced objects one is named and the rest counted, within what fits', () => {
    const other = '2.25.340282366920938463463374607431768211455';
    const several = new Map(replaces).set(lesions[2]!.located.measurement.key, {
      sopInstanceUID: asReadUid<SopInstanceUid>(other),
      segmentNumber: 1,
    });
    const [object] = writeSegmentations({ ...amended, replaces: several }).objects;
    const [least] = [first.sopInstanceUID, other].sort();
    expect(dataSetOf(object!.bytes).text(TAG.ContentDescription)).toBe(`Replaces ${least} +1`);
  });
  test('keeps the tracking UIDs of its lesions', () => {
    const uids = (bytes: Uint8Array): readonly string[] => ownSegments(dataSetOf(bytes)).map((own) => own.trackingUID);
    expect(uids(second!.bytes)).toEqual(uids(first.bytes));
  });
  test('has a result report with ours before as predecessor', () => {
    const named = dataSetOf(secondResult!.bytes)
      .items(TAG.PredecessorDocumentsSequence)
      .flatMap((study) => study.items(TAG.ReferencedSeriesSequence))
      .flatMap((series) => series.items(TAG.ReferencedSOPSequence))
      .map((instance) => instance.text(TAG.ReferencedSOPInstanceUID));
    expect(named).toEqual([result!.sopInstanceUID]);
  });
  test('rejects the objects before by a note that names the new ones', () => {
    if (!note.ok) throw new Error(note.error.reason);
    const dataSet = dataSetOf(note.value.bytes);
    expect([...rejectedInstances(dataSet)].sort()).toEqual([first.sopInstanceUID, result!.sopInstanceUID].sort());
    const words = dataSet.items(TAG.ContentSequence).map((item) => item.text(TAG.TextValue) ?? '');
    expect(words.find((text) => text.startsWith('Superseded'))).toContain(
      `see ${second!.sopInstanceUID}, ${secondResult!.sopInstanceUID}`,
    );
  });
  describeWith({ dciodvfy: dciodvfy() }, 'dciodvfy', (peers) => {
    test('finds no error in any of them', () => {
      if (!note.ok) throw new Error(note.error.reason);
      for (const bytes of [second!.bytes, secondResult!.bytes, note.value.bytes])
        expect(errorsOfDciodvfy(peers.dciodvfy, bytes)).toEqual([]);
    });
  });
});
