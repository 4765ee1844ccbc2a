import { describe, expect, test } from '@jest/globals';
import type { DicomJsonElement } from '../../../src/dicom/index.js';
import { matcherOf } from '../../../src/archive/search/matching.js';

const attribute = (vr: string, ...Value: NonNullable<DicomJsonElement['Value']>): DicomJsonElement => ({ vr, Value });
const matches = (vr: string, key: string, element: DicomJsonElement | undefined, zone?: string): boolean | string => {
  const matcher = matcherOf(vr, key);
  return matcher.ok ? matcher.value(element, zone) : matcher.error;
};
const name = (Alphabetic: string, Ideographic?: string): DicomJsonElement =>
  attribute('PN', Ideographic === undefined ? { Alphabetic } : { Alphabetic, Ideographic });

/** PS3.4 C.2.2.2, case by case. */
describe('attribute matching', () => {
  test.each([
    // single value, C.2.2.2.1
    ['LO', 'ABC', attribute('LO', 'ABC'), true],
    ['LO', 'ABC', attribute('LO', 'abc'), false],
    ['LO', 'ABC', attribute('LO', 'ABCD'), false],
    ['LO', 'A,B', attribute('LO', 'A,B'), true],
    ['CS', 'CT', attribute('CS', 'MR', 'CT'), true],
    ['IS', '7', attribute('IS', 7), true],
    ['IS', '007', attribute('IS', 7), true],
    ['DS', '2.50', attribute('DS', 2.5), true],
    ['US', '512', attribute('US', 512), true],
    ['US', '512', attribute('US', 256), false],
    ['LO', 'ABC', { vr: 'LO' }, false],
    ['LO', 'ABC', undefined, false],
    // universal, C.2.2.2.3
    ['LO', '', undefined, true],
    ['LO', '*', { vr: 'LO' }, true],
    ['UI', '*', attribute('UI', '1.2.3'), true],
    // list of UIDs, C.2.2.2.2
    ['UI', '1.2.3,1.2.4', attribute('UI', '1.2.4'), true],
    ['UI', '1.2.3\\1.2.4', attribute('UI', '1.2.4'), true],
    ['UI', '1.2.3,1.2.4', attribute('UI', '1.2'), false],
    ['CS', 'SR,KO', attribute('CS', 'KO'), true],
    // wild card, C.2.2.2.4
    ['LO', 'A*', attribute('LO', 'ABC'), true],
    ['LO', 'A*', attribute('LO', 'A'), true],
    ['LO', 'A?', attribute('LO', 'A'), false],
    ['LO', '?B?', attribute('LO', 'ABC'), true],
    ['LO', '*B*', attribute('LO', 'B'), true],
    ['LO', 'a*', attribute('LO', 'ABC'), false],
    ['LO', 'A*C*E', attribute('LO', 'ABCDCE'), true],
    ['LO', 'A*C*E', attribute('LO', 'ABDE'), false],
    ['LO', '?', attribute('LO', '𝔸'), true],
    ['LO', 'A*', undefined, false],
    ['LO', 'A.*', attribute('LO', 'ABC'), false],
    // ranges, C.2.2.2.5
    ['DA', '20200101-20201231', attribute('DA', '20200630'), true],
    ['DA', '20200101-20201231', attribute('DA', '20200101'), true],
    ['DA', '20200101-20201231', attribute('DA', '20201231'), true],
    ['DA', '20200101-20201231', attribute('DA', '20210101'), false],
    ['DA', '20200101-', attribute('DA', '20200101'), true],
    ['DA', '-20200101', attribute('DA', '20200102'), false],
    ['DA', '20200101', attribute('DA', '2020.01.01'), true],
    ['DA', '-20200101', { vr: 'DA' }, false],
    ['TM', '10-11', attribute('TM', '115959.999'), true],
    ['TM', '10-11', attribute('TM', '120000'), false],
    ['TM', '1015', attribute('TM', '101559.5'), true],
    ['TM', '101500', attribute('TM', '1015'), true],
    ['TM', '101500.25', attribute('TM', '101500.250000'), true],
    ['TM', '2359-', attribute('TM', '235959'), true],
    ['DT', '2020', attribute('DT', '20200630120000'), true],
    ['DT', '202002', attribute('DT', '20200229'), true],
    ['DT', '202002', attribute('DT', '20200301'), false],
    ['DT', '20200101100000+0100', attribute('DT', '20200101090000+0000'), true],
    ['DT', '20200101-0500', attribute('DT', '20200101060000+0000'), true],
    ['DT', '20200101-0500-20200102-0500', attribute('DT', '20200103045959+0000'), true],
    ['DT', '20200101-0500-20200102-0500', attribute('DT', '20200103050000+0000'), false],
    ['DT', '2019-2020', attribute('DT', '20200630'), true],
    // names
    ['PN', 'SMITH^BOB', name('Smith^Bob'), true],
    ['PN', 'smith^b*', name('Smith^Bob'), true],
    ['PN', 'Smith^Bob^^^', name('Smith^Bob'), true],
    ['PN', 'Smith', name('Smith^Bob'), false],
    ['PN', '山田^太郎', name('Yamada^Tarou', '山田^太郎'), true],
    ['PN', 'yamada*=山田*', name('Yamada^Tarou', '山田^太郎'), true],
    ['PN', 'Mu\u0308ller', name('M\u00fcller'), true],
    // malformed
    ['DA', '2020-01-01', attribute('DA', '20200101'), 'malformed-value'],
    ['DA', '20201301', attribute('DA', '20200101'), 'malformed-value'],
    ['DA', '-', attribute('DA', '20200101'), 'malformed-value'],
    ['TM', '25', attribute('TM', '10'), 'malformed-value'],
    ['IS', 'x', attribute('IS', 1), 'malformed-value'],
    ['UI', '1.2.*', attribute('UI', '1.2.3'), 'wildcard-not-allowed'],
    ['UI', '1.2.3,', attribute('UI', '1.2.3'), 'malformed-value'],
    ['LO', 'A\\B', attribute('LO', 'A', 'B'), 'several-values-not-allowed'],
    ['OB', 'x', attribute('OB'), 'not-matchable'],
  ] as const)('%s %j against %j: %s', (vr, key, element, expected) => {
    expect(matches(vr, key, element)).toBe(expected);
  });

  test('a DT without an offset lies in the time zone of its data set', () => {
    expect(matches('DT', '20200101080000+0000', attribute('DT', '20200101100000'), '+0200')).toBe(true);
    expect(matches('DT', '20200101080000+0000', attribute('DT', '20200101100000'))).toBe(false);
  });

  test('a hostile wild card costs no more than an honest one', () => {
    const key = `${'*a'.repeat(2000)}b`;
    expect(matches('LO', key, attribute('LO', 'a'.repeat(4000)))).toBe(false);
  });
});
