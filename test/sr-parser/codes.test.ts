import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { code, type DataSet } from '../../src/domain/index.js';
import { CODES, recognise } from '../../src/sr-parser/codes.js';
import { identifiesLesion } from '../../src/domain/index.js';
import { lengthUnit } from '../../src/sr-parser/units.js';
import { describeWith, shared } from '../environment/peers.js';
import { readReport } from '../../src/sr-parser/index.js';
import { dataSetOf } from './corpus.js';
import { group, line, measurements, number, report, trackingUID } from './made-report.js';

describe('concepts', () => {
  test.each([
    ['103339001', 'SCT', 'anything', 'long-axis', 'value-and-scheme'],
    ['G-A185', 'SNM3', 'Long axis', 'long-axis', 'value-and-scheme'],
    ['G-A186', '99SRT', '', 'short-axis', 'value'],
    ['X7', '99LOCAL', 'long-axes', 'long-axis', 'meaning'],
    ['X7', '99LOCAL', 'ShortAxis', 'short-axis', 'meaning'],
    ['X7', '99LOCAL', 'LENGTHS', 'length', 'meaning'],
    ['121206', 'DCM', 'Distance', 'not-an-axis', 'value-and-scheme'],
  ])('%s %s %s is %s', (value, scheme, meaning, concept, match) => {
    expect(recognise(code(value, scheme, meaning))).toEqual({ concept, match });
  });

  test.each([
    ['11820-8', 'LN', 'Biparietal Diameter'],
    ['11963-6', 'LN', 'Femur Length'],
    ['18077-8', 'LN', 'Left ventricle major axis'],
    ['79975-9', 'LN', 'Left atrial end systolic diameter (AP) 2D'],
    ['113825', 'DCM', 'Scanning Length'],
    ['113893', 'DCM', 'Length of Reconstructable Volume'],
    ['X', '99', 'Least axis length'],
    ['X', '99', ''],
  ])('%s %s %s is nothing of ours', (value, scheme, meaning) => {
    expect(recognise(code(value, scheme, meaning))).toBeUndefined();
  });

  test('neighbours with the words in them are no axes', () => {
    for (const [value, meaning] of [
      ['399139001', 'Parasternal long axis'],
      ['131185001', 'Vertical Long Axis'],
    ] as const)
      expect(recognise(code(value, 'SCT', meaning))?.concept).toBe('not-an-axis');
  });
});

describe('every row', () => {
  test.each(CODES.map((row) => [`${row.value} ${row.scheme}`, row] as const))(
    '%s is recognised by value and scheme',
    (_, { value, scheme, concept }) => {
      expect(recognise(code(value, scheme, ''))).toEqual({ concept, match: 'value-and-scheme' });
    },
  );

  const numbers = CODES.filter(({ concept }) => ['long-axis', 'short-axis', 'length', 'diameter'].includes(concept));
  test.each(numbers.map((row) => [`${row.value} ${row.scheme}`, row] as const))(
    '%s on a number with a line is a mark',
    (_, { value, scheme, meaning, concept }) => {
      const found = readReport(
        report([
          measurements([group([trackingUID('1.9'), number([value, scheme, meaning], 30, [line([1, 1, 31, 1])])])]),
        ]),
      ).measurements;
      const axis = concept === 'short-axis' ? found[0]?.shortAxis : found[0]?.longAxis;
      expect(axis).toMatchObject({ reportedMm: 30, points: { space: 'image-point' }, match: 'value-and-scheme' });
    },
  );

  const others = CODES.filter(({ concept }) => concept === 'not-an-axis');
  test.each(others.map((row) => [`${row.value} ${row.scheme}`, row] as const))(
    '%s on a number with a line is none',
    (_, { value, scheme, meaning }) => {
      const found = readReport(
        report([
          measurements([group([trackingUID('1.9'), number([value, scheme, meaning], 30, [line([1, 1, 31, 1])])])]),
        ]),
      );
      expect(found.measurements).toEqual([]);
    },
  );
});

describeWith({ shared: shared() }, 'every witness of a row', ({ shared }) => {
  const proven = CODES.filter(({ provenBy }) => provenBy !== undefined);

  test.each(proven.map((row) => [`${row.value} ${row.scheme}: ${row.provenBy}`, row] as const))('%s', (_, row) => {
    const dataSet = dataSetOf(readFileSync(join(shared, 'sr-corpus', row.provenBy!)));
    expect(holdsCode(dataSet, row.value, row.scheme)).toBe(true);
  });
});

/** A walk over every sequence, sharing nothing with the reader. */
function holdsCode(dataSet: DataSet, value: string, scheme: string): boolean {
  const open: DataSet[] = [dataSet];
  for (let at = open.pop(); at; at = open.pop()) {
    const held = at.tags().map((tag) => [tag, at] as const);
    for (const [tag, of] of held) {
      if (tag === 0x00080100 && of.text(tag) === value && of.text(0x00080102 as typeof tag) === scheme) return true;
      if (of.vr(tag) === 'SQ') open.push(...of.items(tag));
    }
  }
  return false;
}

test.each([
  ['mm', 'UCUM', { kind: 'length', millimetres: 1 }],
  ['mm', 'DCM', { kind: 'length', millimetres: 1 }],
  ['cm', 'UCUM', { kind: 'length', millimetres: 10 }],
  ['um', 'UCUM', { kind: 'length', millimetres: 0.001 }],
  ['1', 'UCUM', { kind: 'unknown' }],
  ['{pixels}', 'UCUM', { kind: 'unknown' }],
  ["[arb'U]{cm}", 'UCUM', { kind: 'unknown' }],
  ['linear', '99EPAD', { kind: 'unknown' }],
  ['mm2', 'UCUM', { kind: 'not-a-length' }],
  ['cm3', 'UCUM', { kind: 'not-a-length' }],
  ['deg', 'UCUM', { kind: 'not-a-length' }],
  ["[hnsf'U]", 'UCUM', { kind: 'not-a-length' }],
])('the unit %s (%s)', (value, scheme, expected) => {
  expect(lengthUnit(code(value, scheme, ''))).toEqual(expected);
});

test.each([
  ['Lesion 1', true],
  ['1', true],
  ['T2-left lobe', true],
  ['5b6eb4301d3175942d29985a3d0fbb00', true],
  ['Lengthy story', true],
  ['Cornerstone3DTools@^0.1.0:Bidirectional', false],
  ['cornerstoneTools@^4.0.0:Length', false],
  ['web annotation', false],
  ['Measurements group 1', false],
  ['Bidirectional', false],
  ['-1', false],
  ['', false],
  [undefined, false],
])('the identifier %s names a lesion: %s', (identifier, expected) => {
  expect(identifiesLesion(identifier)).toBe(expected);
});
