import { describe, expect, test } from '@jest/globals';
import { dicomJsonOf } from '../../src/dicom/index.js';
import { EQUIPMENT, receiptText } from '../../src/domain/index.js';
import { isOwnObject, readReport, recogniseCarrier } from '../../src/sr-parser/index.js';
import { fixtureCorpus } from './corpus.js';
import { dataSetOfJson, item, reportJson, type JsonItem } from './made-report.js';

const bytes = (text: string): Uint8Array => Buffer.from(text, 'utf8');

describe('carriers by content', () => {
  test.each([
    ['<?xml version="1.0"?><!-- a licence -->\n<ImageAnnotation xmlns="gme://caCORE">', 'aim'],
    ['\ufeff<aim:ImageAnnotationCollection aimVersion="4">', 'aim'],
    ['{"Lesion1":{"aim":{"ImageAnnotationCollection":{}}}}', 'aim'],
    ['<html><body>Please sign in</body></html>', 'unknown'],
    ['{"error":"not found"}', 'unknown'],
    ['[{"00080016":{"vr":"UI"}}]', 'dicom-json'],
    ['\x08\x00\x05\x00CS\x0a\x00ISO_IR 100', 'dicom'],
    ['', 'unknown'],
    ['hello, world', 'unknown'],
  ])('%j', (text, carrier) => {
    expect(recogniseCarrier(bytes(text))).toBe(carrier);
  });

  test('Part 10', () => {
    expect(recogniseCarrier(fixtureCorpus().reports[0]!.bytes)).toBe('dicom');
  });

  const REASONS: readonly (readonly [string, string])[] = [
    ['independent/gsps-single-line.dcm', 'carrier-not-enabled'],
    ['osirix/osirix-like-roi.dcm', 'not-interpretable'],
    ['negative/pyd-volume-only.dcm', 'no-measurements'],
  ];
  test.each(REASONS)('%s: %s', (path, reason) => {
    const file = fixtureCorpus().reports.find((report) => report.path === path)!;
    expect(readReport(file.dataSet).skipped.map((skipped) => skipped.reason)).toContain(reason);
  });

  test('classes that carry no marks are not looked into', () => {
    const dose = reportJson([], { '00080016': { vr: 'UI', Value: ['1.2.840.10008.5.1.4.1.1.88.67'] } });
    expect(readReport(dataSetOfJson(dose)).skipped).toEqual([{ reason: 'not-a-report', where: '1' }]);
  });
});

/** The report with an item more at the end of each of its measurement groups. */
function inEveryGroup(json: JsonItem, more: JsonItem): JsonItem {
  const children = (json['0040A730']?.Value ?? []) as JsonItem[];
  const [concept] = (json['0040A043']?.Value ?? []) as JsonItem[];
  const isGroup = concept?.['00080100']?.Value?.[0] === '125007';
  const within = children.map((child) => inEveryGroup(child, more));
  return children.length === 0
    ? json
    : { ...json, '0040A730': { vr: 'SQ', Value: isGroup ? [...within, more] : within } };
}

describe('objects of our own', () => {
  const equipment: JsonItem = {
    '00080070': { vr: 'LO', Value: [EQUIPMENT.manufacturer] },
    '00081090': { vr: 'LO', Value: [EQUIPMENT.modelName] },
  };
  const segmentation = (parameters: string, made: JsonItem = equipment): JsonItem => ({
    '00080016': { vr: 'UI', Value: ['1.2.840.10008.5.1.4.1.1.66.4'] },
    ...made,
    '00620002': {
      vr: 'SQ',
      Value: [{ '00620007': { vr: 'SQ', Value: [{ '00660032': { vr: 'LT', Value: [parameters] } }] } }],
    },
  });
  const receipt = receiptText({
    version: 1,
    workKey: 'k',
    maskSha256: 'a'.repeat(64),
    kernelRevision: 1,
    marksSha256: undefined,
  });
  const observer = (value: string, meaning: string, text: string): JsonItem =>
    item('TEXT', 'HAS OBS CONTEXT', [value, 'DCM', meaning], { '0040A160': { vr: 'UT', Value: [text] } });
  const observed = (manufacturer: string, made: JsonItem = equipment): JsonItem =>
    reportJson(
      [
        observer('121014', 'Device Observer Manufacturer', manufacturer),
        observer('121015', 'Device Observer Model Name', EQUIPMENT.modelName),
      ],
      made,
    );

  test.each<[string, JsonItem, boolean]>([
    ['a segmentation with equipment and receipt', segmentation(`method=grabcut;${receipt}`), true],
    ['a segmentation with our equipment and no receipt', segmentation('method=grabcut'), false],
    ['a segmentation with a receipt and other equipment', segmentation(receipt, {}), false],
    ['a report of our device', observed(EQUIPMENT.manufacturer), true],
    ['a report of another device on our equipment', observed('Somebody'), false],
    ['a report of our device on other equipment', observed(EQUIPMENT.manufacturer, {}), false],
  ])('%s', (_, json, expected) => {
    expect(isOwnObject(dataSetOfJson(json))).toBe(expected);
  });

  test('a report of a viewer that mints below 2.25, as we do, is read', () => {
    const { dataSet } = fixtureCorpus().reports.find(({ path }) => path === 'cornerstone3d/5.14.0-aniso.dcm')!;
    const report = readReport(dataSet);
    expect(report.sopInstanceUID).toMatch(/^2\.25\./);
    expect(isOwnObject(dataSet)).toBe(false);
    expect(report.measurements.every((m) => m.longAxis?.points && m.shortAxis?.points)).toBe(true);
    expect(report.measurements).toHaveLength(2);
  });

  test('a report that refers to a segmentation of ours, and names us as contributing, is read as without', () => {
    const { dataSet } = fixtureCorpus().reports.find(({ path }) => path === 'highdicom/0.28.2-lines.dcm')!;
    const before = readReport(dataSet);
    const segment = item('IMAGE', 'CONTAINS', ['121191', 'DCM', 'Referenced Segment'], {
      '00081199': {
        vr: 'SQ',
        Value: [
          {
            '00081150': { vr: 'UI', Value: ['1.2.840.10008.5.1.4.1.1.66.4'] },
            '00081155': { vr: 'UI', Value: ['2.25.12345'] },
            '0062000B': { vr: 'US', Value: [1] },
          },
        ],
      },
    });
    const refers = inEveryGroup(dicomJsonOf(dataSet), segment);
    const after = dataSetOfJson({ ...refers, '0018A001': { vr: 'SQ', Value: [equipment] } });
    expect(isOwnObject(after)).toBe(false);
    expect(readReport(after).measurements).toEqual(before.measurements);
  });

  test('no report of another writer is ours', () => {
    expect(fixtureCorpus().reports.filter(({ dataSet }) => isOwnObject(dataSet))).toEqual([]);
  });
});
