import { describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { readPart10 } from '../../src/dicom/index.js';
import { code, TAG, type CodedConcept, type DataSet } from '../../src/domain/index.js';
import { writeSegmentations } from '../../src/seg-writer/index.js';
import { SNOMED_RT } from '../../src/seg-writer/meaning/snomed-rt.js';
import { dciodvfy, describeWith, python } from '../environment/peers.js';
import { fixtures, imagesIn } from './ct-images.js';
import { errorsOfDciodvfy } from './judges.js';
import { lesionOn, requestFor, type LesionOptions } from './lesions.js';

const [slice] = imagesIn(join(fixtures, 'phantom')).map((image) => image.slice);

interface Written {
  readonly bytes: Uint8Array;
  readonly segment: DataSet;
  readonly warnings: readonly string[];
}

function written(options: LesionOptions, n = 1): Written {
  const [object] = writeSegmentations(requestFor([lesionOn(slice!, n, options)])).objects;
  const file = readPart10(object!.bytes);
  if (!file.ok) throw new Error(file.error.code);
  return {
    bytes: object!.bytes,
    segment: file.value.dataSet.items(TAG.SegmentSequence)[0]!,
    warnings: object!.warnings,
  };
}

const codeOf = (item: DataSet | undefined): string | undefined =>
  item &&
  [TAG.CodeValue, TAG.CodingSchemeDesignator, TAG.CodeMeaning]
    .map((tag) => item.text(tag) ?? item.text(TAG.LongCodeValue))
    .join(' ');
const typeOf = (segment: DataSet): DataSet => segment.items(TAG.SegmentedPropertyTypeCodeSequence)[0]!;
const regionOf = (segment: DataSet): DataSet | undefined => segment.items(TAG.AnatomicRegionSequence)[0];

const sct = (value: string, meaning: string): CodedConcept => code(value, 'SCT', meaning);
const srt = (value: string, meaning: string): CodedConcept => code(value, 'SRT', meaning);

const ROWS: readonly (readonly [
  name: string,
  options: LesionOptions,
  expected: {
    readonly type: string;
    readonly typeModifier?: string;
    readonly region?: string;
    readonly side?: string;
    readonly description?: string;
    readonly warnings?: readonly string[];
  },
])[] = [
  ['nothing said', {}, { type: '52988006 SCT Lesion' }],
  [
    'a mass in the left lung',
    { finding: sct('4147007', 'Mass'), findingSite: sct('39607008', 'Lung'), laterality: sct('7771000', 'Left') },
    { type: '4147007 SCT Mass', region: '39607008 SCT Lung', side: '7771000 SCT Left' },
  ],
  [
    'old values',
    { finding: srt('M-03010', 'Nodule'), findingSite: srt('T-62000', 'Leber'), laterality: srt('G-A100', 'Right') },
    {
      type: '27925004 SCT Nodule',
      region: '10200004 SCT Liver',
      side: '24028007 SCT Right',
      description: 'finding M-03010 SRT; site T-62000 SRT; laterality G-A100 SRT',
    },
  ],
  [
    'SNM3 and 99SDM are the same values',
    { finding: code('M-03000', 'SNM3', 'Mass'), findingSite: code('T-28000', '99SDM', 'Lung') },
    { type: '4147007 SCT Mass', region: '39607008 SCT Lung' },
  ],
  [
    'primary and secondary',
    { finding: srt('M-80003', 'Neoplasm, Primary') },
    { type: '372087000 SCT Neoplasm, Primary', description: 'finding M-80003 SRT' },
  ],
  [
    'a side without a place',
    { finding: sct('52988006', 'Lesion'), laterality: sct('24028007', 'Right') },
    { type: '52988006 SCT Lesion', typeModifier: '24028007 SCT Right' },
  ],
  [
    'free text of a viewer',
    { finding: code('CORNERSTONEFREETEXT', 'CST4', 'Meier, liver seg 4') },
    {
      type: '52988006 SCT Lesion',
      description: 'finding CORNERSTONEFREETEXT CST4',
      warnings: ['meaning.finding-not-coded'],
    },
  ],
  [
    'a lymph node is a lesion at the node',
    { finding: sct('59441001', 'Lymph node') },
    { type: '52988006 SCT Lesion', region: '59441001 SCT Lymph node' },
  ],
  [
    'a lymph node with its group as site',
    { finding: sct('59441001', 'Lymph node'), findingSite: srt('T-C4320', 'hilar') },
    { type: '52988006 SCT Lesion', region: '53074004 SCT hilar lymph node' },
  ],
  [
    'lymphadenopathy',
    { finding: sct('30746006', 'Lymphadenopathy'), findingSite: sct('59441001', 'Lymph node') },
    { type: '30746006 SCT Lymphadenopathy', region: '59441001 SCT Lymph node' },
  ],
  [
    'a site of another scheme as it came',
    { findingSite: code('RID1301', 'RADLEX', 'lung') },
    { type: '52988006 SCT Lesion', region: 'RID1301 RADLEX lung' },
  ],
  [
    'a long code',
    { findingSite: sct('12345678901234567', 'A place') },
    { type: '52988006 SCT Lesion', region: '12345678901234567 SCT A place' },
  ],
  [
    'a known site with a meaning in another script',
    { findingSite: sct('39607008', '肺') },
    { type: '52988006 SCT Lesion', region: '39607008 SCT Lung' },
  ],
  [
    'an unknown site with a meaning in another script',
    { findingSite: code('X1', '99LOCAL', '肺') },
    { type: '52988006 SCT Lesion', description: 'site X1 99LOCAL', warnings: ['meaning.site-dropped'] },
  ],
  [
    'an old value without successor here',
    { findingSite: srt('T-62002', 'Liver') },
    { type: '52988006 SCT Lesion', description: 'site T-62002 SRT', warnings: ['meaning.site-dropped'] },
  ],
  [
    'a code without meaning',
    { findingSite: code('10200004', 'SCT', '') },
    { type: '52988006 SCT Lesion', warnings: ['meaning.site-dropped'] },
  ],
  [
    'a side that is none',
    { laterality: sct('73056007', 'Right breast') },
    { type: '52988006 SCT Lesion', description: 'laterality 73056007 SCT', warnings: ['meaning.laterality-dropped'] },
  ],
];

describe('what a segment is', () => {
  test.each(ROWS)('%s', (_, options, expected) => {
    const { segment, warnings } = written(options);
    expect(codeOf(segment.items(TAG.SegmentedPropertyCategoryCodeSequence)[0])).toBe(
      '49755003 SCT Morphologically Abnormal Structure',
    );
    expect(codeOf(typeOf(segment))).toBe(expected.type);
    expect(codeOf(typeOf(segment).items(TAG.SegmentedPropertyTypeModifierCodeSequence)[0])).toBe(expected.typeModifier);
    expect(codeOf(regionOf(segment))?.toLowerCase()).toBe(expected.region?.toLowerCase());
    expect(codeOf(regionOf(segment)?.items(TAG.AnatomicRegionModifierSequence)[0])).toBe(expected.side);
    if (expected.description) expect(segment.text(TAG.SegmentDescription)).toContain(expected.description);
    expect(segment.text(TAG.SegmentDescription)).not.toContain('Meier');
    expect(warnings).toEqual(expected.warnings ?? []);
  });

  describeWith({ dciodvfy: dciodvfy() }, 'dciodvfy finds no error', (peers) => {
    test.each(ROWS)('%s', (_, options) => {
      expect(errorsOfDciodvfy(peers.dciodvfy, written(options).bytes)).toEqual([]);
    });
  });
});

describe('what a segment is called', () => {
  const reported = '1.2.840.99.1.2.3';
  const of = (options: LesionOptions, n = 3): readonly (string | undefined)[] => {
    const { segment } = written(options, n);
    return [TAG.SegmentLabel, TAG.TrackingID, TAG.TrackingUID].map((tag) => segment.text(tag));
  };
  const derived = of({}, 1)[2];

  test("the report's identifier and UID", () => {
    expect(of({ trackingIdentifier: 'Target 2', trackingUID: reported })).toEqual(['Target 2', 'Target 2', reported]);
  });
  test('a number where the report has no name', () => {
    expect(of({ trackingUID: reported }, 1)).toEqual(['Lesion 1', 'Lesion 1', reported]);
  });
  test.each(['cornerstoneTools@^4.0.0:Bidirectional', 'Cornerstone3DTools@^0.1.0:Length', 'web annotation'])(
    'a tool names no lesion, and its UID is new at every save: %s',
    (trackingIdentifier) => {
      expect(of({ trackingIdentifier, trackingUID: reported }, 1)).toEqual(['Lesion 1', 'Lesion 1', derived]);
    },
  );
  test('a malformed UID is not handed on', () => {
    expect(of({ trackingIdentifier: 'Target 2', trackingUID: '4.5646.01.x' }, 1)).toEqual([
      'Target 2',
      'Target 2',
      derived,
    ]);
  });
  test('a name in another script, or one with a backslash', () => {
    expect(of({ trackingIdentifier: 'Läsion' }, 1)[0]).toBe('Lesion 1');
    expect(written({ trackingIdentifier: 'a\\b' }).warnings).toEqual(['meaning.identifier-replaced']);
  });
  test('a long name is whole as identifier and cut as label', () => {
    const long = 'Target lesion in the right upper lobe, posterior segment, measured at follow-up';
    expect(of({ trackingIdentifier: long }).slice(0, 2)).toEqual([long.slice(0, 64).trim(), long]);
  });
});

test('every segment says by what it was made', () => {
  const { segment } = written({ method: 'superellipse' });
  const [algorithm] = segment.items(TAG.SegmentationAlgorithmIdentificationSequence);
  expect(segment.text(TAG.SegmentAlgorithmType)).toBe('SEMIAUTOMATIC');
  expect(segment.text(TAG.SegmentAlgorithmName)).toBe('caliper-superellipse');
  expect(codeOf(algorithm!.items(TAG.AlgorithmFamilyCodeSequence)[0])).toBe('123109 DCM Manual Processing');
  expect(algorithm!.text(TAG.AlgorithmParameters)).toMatch(
    /^method=superellipse;agreement=0\.875;key=2\.25\.\d+\|1\.6\.1\|superellipse\|2\|-;mask=[0-9a-f]{64};kernel=2;receipt=2;marks=[0-9a-f]{64};rule=default$/,
  );
});

test('colours differ within a report, 21 times', () => {
  const colours = Array.from({ length: 21 }, (_, n) => {
    const lesions = Array.from({ length: 21 }, (__, k) => lesionOn(slice!, k + 1));
    const { objects } = writeSegmentations({ ...requestFor(lesions), lesions: [lesions[n]!] });
    const file = readPart10(objects[0]!.bytes);
    if (!file.ok) throw new Error(file.error.code);
    return String(file.value.dataSet.items(TAG.SegmentSequence)[0]!.numbers(TAG.RecommendedDisplayCIELabValue));
  });
  expect(colours[0]).toBe('46272,37133,52089');
  expect(colours[7]).toBe('54136,37133,52089');
  expect(new Set(colours).size).toBe(21);
});

describeWith({ python: python() }, "pydicom's tables of PS3.16", (peers) => {
  test('every translation of an old SNOMED value is theirs', () => {
    const script = 'import json,pydicom.sr._snomed_dict as s; json.dump(s.mapping["SRT"], __import__("sys").stdout)';
    const run = spawnSync(peers.python, ['-c', script], { encoding: 'utf8', maxBuffer: 1 << 24 });
    const theirs: unknown = JSON.parse(run.stdout);
    const ours = Object.fromEntries(Object.entries(SNOMED_RT).map(([old, concept]) => [old, concept![0]]));
    expect(Object.keys(ours).length).toBeGreaterThan(900);
    expect(theirs).toMatchObject(ours);
  });
});
