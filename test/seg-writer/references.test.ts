import { describe, expect, test } from '@jest/globals';
import { join } from 'node:path';
import { readPart10 } from '../../src/dicom/index.js';
import {
  asReadUid,
  TAG,
  type DataSet,
  type ReadReport,
  type SegmentationObject,
  type SopInstanceUid,
  type StudyInstanceUid,
} from '../../src/domain/index.js';
import { writeSegmentations, type SegmentationRequest } from '../../src/seg-writer/index.js';
import { dciodvfy, describeWith } from '../environment/peers.js';
import { fixtures, imagesIn, imagesOf } from './ct-images.js';
import { errorsOfDciodvfy } from './judges.js';
import { lesionOn, reportOf, requestFor } from './lesions.js';

const slices = imagesIn(join(fixtures, 'phantom')).map(({ slice }) => slice);
const lesions = [3, 0, 0].map((index, n) => lesionOn(slices[index]!, n + 1));
const written = (report: Partial<ReadReport>, more: Partial<SegmentationRequest> = {}): SegmentationObject =>
  writeSegmentations(requestFor(lesions, { report: reportOf(lesions, report), ...more })).objects[0]!;
const dataSetOf = ({ bytes }: SegmentationObject): DataSet => {
  const file = readPart10(bytes);
  if (!file.ok) throw new Error(file.error.code);
  return file.value.dataSet;
};
/** Each series with its instances, as `series: instance instance`. */
const seriesIn = (dataSet: DataSet): readonly string[] =>
  dataSet
    .items(TAG.ReferencedSeriesSequence)
    .map((series) =>
      [
        `${series.text(TAG.SeriesInstanceUID)}:`,
        ...series.items(TAG.ReferencedInstanceSequence).map((item) => item.text(TAG.ReferencedSOPInstanceUID)),
      ].join(' '),
    );

const ctSeries = slices[0]!.header.text(TAG.SeriesInstanceUID);
const images = `${ctSeries}: ${slices[0]!.reference.sopInstanceUID} ${slices[3]!.reference.sopInstanceUID}`;
const REPORT = '2.25.330186224412934519712342105567390412101';
const REPORT_SERIES = '2.25.330186224412934519712342105567390412102';

describe('what an object refers to', () => {
  test('its images once each by position, then the report that asked for it', () => {
    const dataSet = dataSetOf(written({}));
    expect(seriesIn(dataSet)).toEqual([images, `${REPORT_SERIES}: ${REPORT}`]);
    const [reference] = dataSet.items(TAG.ReferencedInstanceSequence);
    expect(reference!.text(TAG.ReferencedSOPInstanceUID)).toBe(REPORT);
    expect(reference!.items(TAG.PurposeOfReferenceCodeSequence)[0]!.text(TAG.CodeValue)).toBe('128225');
    expect(dataSet.has(TAG.SourceImageSequence)).toBe(false);
  });
  test('a report of another study, in the sequence for those', () => {
    const dataSet = dataSetOf(written({ studyInstanceUID: asReadUid<StudyInstanceUid>('2.25.4') }));
    expect(seriesIn(dataSet)).toEqual([images]);
    const [study] = dataSet.items(TAG.StudiesContainingOtherReferencedInstancesSequence);
    expect(study!.text(TAG.StudyInstanceUID)).toBe('2.25.4');
    expect(seriesIn(study!)).toEqual([`${REPORT_SERIES}: ${REPORT}`]);
  });
  test.each([
    ['no series', { seriesInstanceUID: undefined }],
    ['a malformed UID', { sopInstanceUID: asReadUid<SopInstanceUid>('1.2.dwv.3') }],
  ])('a report that cannot be referred to is left out and said: %s', (_, report) => {
    const object = written(report);
    expect(seriesIn(dataSetOf(object))).toEqual([images]);
    expect(dataSetOf(object).has(TAG.ReferencedInstanceSequence)).toBe(false);
    expect(object.warnings).toEqual(['report.not-referenced']);
  });
  test('a report without identifier gives no object', () => {
    const report = reportOf(lesions, { sopInstanceUID: undefined });
    const { objects, refused } = writeSegmentations(requestFor(lesions, { report }));
    expect(objects).toEqual([]);
    expect(refused.map(({ reason }) => reason)).toEqual(Array(3).fill('source-header-invalid'));
  });
  test('a frame of a multi-frame image by its number, the image once', () => {
    const frames = imagesOf(join(fixtures, 'ct24x38/mf.dcm')).map(({ slice }) => slice);
    const [object] = writeSegmentations(requestFor([lesionOn(frames[2]!, 1), lesionOn(frames[0]!, 2)])).objects;
    const dataSet = dataSetOf(object!);
    const named = dataSet
      .items(TAG.PerFrameFunctionalGroupsSequence)
      .map((frame) => frame.items(TAG.DerivationImageSequence)[0]!.items(TAG.SourceImageSequence)[0]!)
      .map((source) => source.number(TAG.ReferencedFrameNumber));
    expect(named).toEqual([3, 1]);
    expect(seriesIn(dataSet)[0]!.split(' ')).toHaveLength(2);
  });
});

describe('several reports on the same images', () => {
  test('are objects and series of their own, with the same tracking UIDs where the reports give them', () => {
    const other = { sopInstanceUID: asReadUid<SopInstanceUid>('2.25.5'), seriesNumber: 13 };
    const named = lesions.map(({ located }, n) =>
      lesionOn(located.slice, n + 1, { trackingIdentifier: `L${n}`, trackingUID: `2.25.10${n}` }),
    );
    const [first, second] = [{}, other].map(
      (report) => writeSegmentations(requestFor(named, { report: reportOf(named, report) })).objects[0]!,
    );
    expect(second!.sopInstanceUID).not.toBe(first!.sopInstanceUID);
    expect(second!.seriesInstanceUID).not.toBe(first!.seriesInstanceUID);
    expect(second!.segments.map(({ trackingUID }) => trackingUID)).toEqual(['2.25.100', '2.25.101', '2.25.102']);
    expect(first!.segments.map(({ trackingUID }) => trackingUID)).toEqual(['2.25.100', '2.25.101', '2.25.102']);
  });
});

describe('series number and description', () => {
  test.each([
    [12, 30012],
    [0, 30000],
    [undefined, 30000],
    [120345, 30345],
  ])('report in series %s -> %s', (seriesNumber, expected) => {
    expect(dataSetOf(written({ seriesNumber })).number(TAG.SeriesNumber)).toBe(expected);
  });
});

describe('who had a hand in it', () => {
  const equipmentIn = (object: SegmentationObject): readonly string[] =>
    dataSetOf(object)
      .items(TAG.ContributingEquipmentSequence)
      .map((item) =>
        [item.items(TAG.PurposeOfReferenceCodeSequence)[0]!.text(TAG.CodeValue), item.text(TAG.Manufacturer)].join(' '),
      );
  const scanner = `109101 ${slices[0]!.header.text(TAG.Manufacturer)}`;
  test('the scanner and ourselves', () => {
    expect(equipmentIn(written({}))).toEqual([scanner, '109102 Caliper']);
  });
  test('the workstation of the report, where it is known', () => {
    const reportEquipment = { manufacturer: 'QIICR', modelName: 'dcmqi', softwareVersions: '1.5' };
    expect(equipmentIn(written({}, { reportEquipment }))).toEqual([scanner, '109102 QIICR', '109102 Caliper']);
    const object = written({}, { reportEquipment: { manufacturer: 'Médecine' } });
    expect(equipmentIn(object)).toEqual([scanner, '109102 Caliper']);
    expect(object.warnings).toEqual(['report.equipment-not-ascii']);
  });
});

describeWith({ dciodvfy: dciodvfy() }, 'dciodvfy finds no error', (peers) => {
  test.each([
    ['a report of the same study', written({})],
    ['a report of another study', written({ studyInstanceUID: asReadUid<StudyInstanceUid>('2.25.4') })],
    ['no reference to the report', written({ seriesInstanceUID: undefined })],
    ['with the equipment of the report', written({}, { reportEquipment: { manufacturer: 'QIICR' } })],
  ])('%s', (_, object) => {
    expect(errorsOfDciodvfy(peers.dciodvfy, object.bytes)).toEqual([]);
  });
});
