import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { asReadUid, type ReadReport, type SopInstanceUid } from '../../../src/domain/index.js';
import { readReport, rejectedInstances, supersededReports } from '../../../src/sr-parser/index.js';
import { describeWith, shared } from '../../environment/peers.js';
import { dataSetOf } from '../corpus.js';
import {
  LONG,
  SHORT,
  dataSetOfJson,
  group,
  line,
  measurements,
  number,
  report as reportOf,
  trackingUID,
} from '../made-report.js';

const uid = (n: number): SopInstanceUid => asReadUid<SopInstanceUid>(`1.2.${n}`);
const EMPTY = readReport(dataSetOfJson({}));

const report = (
  n: number,
  more: { before?: readonly number[]; same?: readonly number[]; at?: string } = {},
): ReadReport => ({
  ...EMPTY,
  sopInstanceUID: uid(n),
  contentDateTime: more.at,
  predecessors: (more.before ?? []).map(uid),
  identicalDocuments: (more.same ?? []).map(uid),
});

/** `1<2` : report 1 does not count, report 2 does. */
const said = (reports: readonly ReadReport[]): readonly string[] =>
  [...supersededReports(reports)]
    .map(([old, { by, reason }]) => `${old.sopInstanceUID}${reason === 'superseded' ? '<' : '='}${by.sopInstanceUID}`)
    .map((text) => text.replaceAll('1.2.', ''))
    .sort();

describe('chains of reports', () => {
  test.each<[string, readonly ReadReport[], readonly string[]]>([
    ['none', [report(1), report(2)], []],
    ['one after the other', [report(1), report(2, { before: [1] })], ['1<2']],
    ['three in a row', [report(3, { before: [2] }), report(1), report(2, { before: [1] })], ['1<3', '2<3']],
    ['each naming all before', [report(1), report(2, { before: [1] }), report(3, { before: [1, 2] })], ['1<3', '2<3']],
    [
      'a fork: the newest',
      [report(1), report(2, { before: [1], at: '20200102' }), report(3, { before: [1], at: '20200101' })],
      ['1<2', '3<2'],
    ],
    [
      'a fork of a report that is not here',
      [report(2, { before: [1], at: '2' }), report(3, { before: [1], at: '3' })],
      ['2<3'],
    ],
    ['a join', [report(1), report(2), report(3, { before: [1, 2] })], ['1<3', '2<3']],
    ['a circle: time decides', [report(1, { before: [2], at: '2' }), report(2, { before: [1], at: '1' })], ['2<1']],
    ['itself', [report(1, { before: [1] })], []],
    ['a predecessor outside the archive', [report(2, { before: [1] })], []],
    ['sequence before time', [report(1, { at: '20220101' }), report(2, { before: [1], at: '20200101' })], ['1<2']],
    ['identical documents count once, the older', [report(1, { at: '2' }), report(2, { same: [1], at: '1' })], ['1=2']],
    [
      'identical documents of the newest',
      [report(1), report(2, { before: [1], at: '2' }), report(3, { same: [2], at: '3' })],
      ['1<2', '3=2'],
    ],
    [
      'identical documents of an older one',
      [report(1), report(2, { same: [1] }), report(3, { before: [1] })],
      ['1<3', '2<3'],
    ],
  ])('%s', (_, reports, expected) => {
    expect(said(reports)).toEqual([...expected].sort());
    expect(said([...reports].reverse())).toEqual([...expected].sort());
  });

  test('one instance seen twice is one report', () => {
    const [first, second] = [report(1), report(1)];
    expect(supersededReports([first, second])).toEqual(new Map([[second, { reason: 'duplicate-report', by: first }]]));
  });

  test('of any set, in any order, each chain keeps exactly one', () => {
    const reports = fc
      .uniqueArray(
        fc.record({
          n: fc.nat(12),
          before: fc.array(fc.nat(12), { maxLength: 3 }),
          at: fc.constantFrom(undefined, '1', '2'),
        }),
        {
          selector: ({ n }) => n,
          maxLength: 13,
        },
      )
      .map((all) => all.map(({ n, before, at }) => report(n, { before, ...(at ? { at } : {}) })));
    fc.assert(
      fc.property(reports, (all) => {
        const gone = supersededReports(all);
        for (const [old, { by }] of gone) {
          expect(gone.has(by)).toBe(false);
          expect(old).not.toBe(by);
        }
        expect(said([...all].reverse())).toEqual(said(all));
        // a report that names no other and that no other names always counts
        const named = new Set(all.flatMap(({ predecessors }) => predecessors));
        for (const r of all)
          if (r.predecessors.length === 0 && !named.has(r.sopInstanceUID!)) expect(gone.has(r)).toBe(false);
      }),
      { seed: 20_261_001, numRuns: 300 },
    );
  });
});

describe('equal content', () => {
  const of = (sop: string, observerName: string, x = 40): ReadReport =>
    readReport(
      reportOf(
        [
          {
            '0040A010': { vr: 'CS', Value: ['HAS OBS CONTEXT'] },
            '0040A040': { vr: 'CS', Value: ['PNAME'] },
            '0040A123': { vr: 'PN', Value: [{ Alphabetic: observerName }] },
            '0040A043': {
              vr: 'SQ',
              Value: [{ '00080100': { vr: 'SH', Value: ['121008'] }, '00080102': { vr: 'SH', Value: ['DCM'] } }],
            },
          },
          measurements([
            group([
              trackingUID('1.9'),
              number(LONG, 30, [line([10, 10, x, 10])]),
              number(SHORT, 10, [line([20, 5, 20, 15])]),
            ]),
          ]),
        ],
        { '00080018': { vr: 'UI', Value: [sop] } },
      ),
    );

  test('by the same observer is the same report', () => {
    expect([...supersededReports([of('1.1', 'A'), of('1.2', 'A')]).values()].map(({ reason }) => reason)).toEqual([
      'duplicate-report',
    ]);
  });
  test('by two observers are two observations', () => {
    expect(supersededReports([of('1.1', 'A'), of('1.2', 'B')]).size).toBe(0);
  });
  test('a finished one counts rather than a preliminary one', () => {
    const final = of('1.2', 'A');
    const preliminary = { ...of('1.1', 'A'), findings: [{ code: 'report.preliminary' as const }] };
    expect([...supersededReports([preliminary, final]).keys()]).toEqual([preliminary]);
  });
  test('other lines are another report', () => {
    expect(supersededReports([of('1.1', 'A'), of('1.2', 'A', 41)]).size).toBe(0);
  });
});

describeWith({ shared: shared() }, 'reports of the collection', ({ shared }) => {
  const file = (name: string) => dataSetOf(readFileSync(join(shared, 'sr-corpus/independent', `${name}.dcm`)));
  const read = (name: string): ReadReport => readReport(file(name));

  test('chain, identical document and second reader', () => {
    const names = ['life-chain-1', 'life-chain-2', 'life-identical', 'life-second-reader'];
    const reports = names.map(read);
    const nameOf = (r: ReadReport): string => names[reports.indexOf(r)]!;
    const found = [...supersededReports(reports)].map(([old, { reason, by }]) => [nameOf(old), reason, nameOf(by)]);
    expect(found).toEqual(
      expect.arrayContaining([['life-chain-1', 'superseded', expect.stringMatching(/^life-(chain-2|identical)$/)]]),
    );
    // the identical document and the one it names: one of the two counts
    expect(found.filter(([, reason]) => reason === 'duplicate-report')).toHaveLength(1);
    expect(found.map(([old]) => old)).not.toContain('life-second-reader');
  });

  test('a rejection note rejects what it refers to', () => {
    expect([...rejectedInstances(file('life-rejection-note'))]).toEqual([read('life-rejected').sopInstanceUID]);
  });

  test.each(['negative/pyd-kos-of-interest', 'negative/pyd-kos-teaching', 'independent/life-rejected'])(
    '%s rejects nothing',
    (name) => {
      expect(rejectedInstances(dataSetOf(readFileSync(join(shared, 'sr-corpus', `${name}.dcm`)))).size).toBe(0);
    },
  );
});

/** TID 2010, by hand: PS3.16 CID 7010 and 7011 for the titles. */
test.each([
  ['113001', 'DCM', ['1.5', '1.6']],
  ['113037', 'DCM', ['1.5', '1.6']],
  ['113038', 'DCM', ['1.5', '1.6']],
  ['113039', 'DCM', ['1.5', '1.6']],
  ['113000', 'DCM', []],
  ['113004', 'DCM', []],
  ['113001', '99LOCAL', []],
])('key objects titled %s %s', (value, scheme, expected) => {
  const reference = (instance: string) => ({ '00081155': { vr: 'UI', Value: [instance] } });
  const note = dataSetOfJson({
    '00080016': { vr: 'UI', Value: ['1.2.840.10008.5.1.4.1.1.88.59'] },
    '0040A043': {
      vr: 'SQ',
      Value: [{ '00080100': { vr: 'SH', Value: [value] }, '00080102': { vr: 'SH', Value: [scheme] } }],
    },
    '0040A375': {
      vr: 'SQ',
      Value: [{ '00081115': { vr: 'SQ', Value: [{ '00081199': { vr: 'SQ', Value: [reference('1.5')] } }] } }],
    },
    '0040A730': { vr: 'SQ', Value: [{ '00081199': { vr: 'SQ', Value: [reference('1.6')] } }] },
  });
  expect([...rejectedInstances(note)]).toEqual(expected);
});
