import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TAG, asReadUid, code, mm, type Measurement, type ReadReport, type Uid } from '../../../src/domain/index.js';
import { lesionsOverTime, readAim, readReport, type Observation } from '../../../src/sr-parser/index.js';
import { describeWith, shared } from '../../environment/peers.js';
import { dataSetOf } from '../corpus.js';
import { LONG, dataSetOfJson, group, line, measurements, number, report as reportOf } from '../made-report.js';

const EMPTY = readReport(dataSetOfJson({}));
const [ONE] = readReport(reportOf([measurements([group([number(LONG, 10, [line([0, 0, 10, 0])])])])])).measurements;
const NODE = code('59441001', 'SCT', 'Lymph node');
const LIVER = code('10200004', 'SCT', 'Liver');

interface Seen extends Partial<Pick<Measurement, 'trackingIdentifier' | 'lesionRole' | 'findingSite' | 'timePoint'>> {
  readonly uid?: string;
  readonly date?: string;
  readonly by?: string;
  readonly patient?: string;
  readonly long?: number;
  readonly short?: number;
}

const seen = ({ uid, date, by, patient, long, short, ...more }: Seen): Observation => ({
  report: { ...EMPTY, observer: by, patientID: patient ?? 'P' },
  measurement: {
    ...ONE!,
    ...more,
    trackingUID: uid === undefined ? undefined : asReadUid<Uid>(uid),
  },
  studyDate: date,
  longAxisMm: long === undefined ? undefined : mm(long),
  shortAxisMm: short === undefined ? undefined : mm(short),
});

const target = { lesionRole: 'target' } as const;

/** Lesions as how many observations each has by time point. */
const table = (observations: readonly Observation[]) =>
  lesionsOverTime(observations).map(({ lesions, timePoints }) => ({
    lesions: lesions.map(
      ({ rule, at, isNew }) => `${rule} ${at.map(({ length }) => length).join('-')}${isNew ? ' new' : ''}`,
    ),
    points: timePoints.map(({ kind, sumOfDiametersMm }) => `${kind} ${sumOfDiametersMm?.toFixed(1) ?? '-'}`),
  }));

describe('lesions over time', () => {
  test('by tracking UID', () => {
    expect(
      table([
        seen({ uid: '1.1', date: '20200101', long: 10, ...target }),
        seen({ uid: '1.2', date: '20200101', long: 5.5, ...target }),
        seen({ uid: '1.1', date: '20200301', long: 8, ...target }),
        seen({ uid: '1.2', date: '20200301', long: 4, ...target }),
        seen({ uid: '1.3', date: '20200301', long: 3 }),
      ]),
    ).toEqual([
      {
        lesions: ['tracking-uid 1-1', 'tracking-uid 1-1', 'alone 0-1 new'],
        points: ['baseline 15.5', 'follow-up 12.0'],
      },
    ]);
  });

  test('a UID that a viewer makes anew at every save says nothing, nor does its identifier', () => {
    const tool = 'Cornerstone3DTools@^0.1.0:Bidirectional';
    expect(
      table([
        seen({ uid: '1.1', trackingIdentifier: tool, date: '20200101' }),
        seen({ uid: '1.1', trackingIdentifier: tool, date: '20200301' }),
      ])[0]!.lesions,
    ).toEqual(['alone 1-0', 'alone 0-1 new']);
  });

  test('then by identifier within the finding site', () => {
    const observations = [
      seen({ uid: '1.1', trackingIdentifier: 'T1', findingSite: LIVER, date: '20200101' }),
      seen({ uid: '1.2', trackingIdentifier: 'T1', findingSite: LIVER, date: '20200301' }),
      seen({ uid: '1.3', trackingIdentifier: 'T1', findingSite: NODE, date: '20200301' }),
    ];
    expect(table(observations)[0]!.lesions).toEqual(['identifier 1-1', 'alone 0-1 new']);
  });

  test('an identifier that one reader gave twice at one time identifies neither', () => {
    const observations = [
      seen({ uid: '1.1', trackingIdentifier: '1', date: '20200101' }),
      seen({ uid: '1.2', trackingIdentifier: '1', date: '20200101' }),
      seen({ uid: '1.3', trackingIdentifier: '1', date: '20200301' }),
    ];
    expect(table(observations)[0]!.lesions).toEqual(['alone 1-0', 'alone 1-0', 'alone 0-1 new']);
  });

  test('patients are never mixed, and one without an identifier is nobody', () => {
    const both = [seen({ uid: '1.1', date: '20200101' }), seen({ uid: '1.1', date: '20200301', patient: 'Q' })];
    expect(lesionsOverTime(both).map(({ patientID }) => patientID)).toEqual(['P', 'Q']);
    const nobody: Observation = { ...both[0]!, report: { ...EMPTY, patientID: undefined } };
    expect(lesionsOverTime([nobody])).toEqual([]);
  });

  test('two readers are two courses of the same lesions', () => {
    const courses = table([
      seen({ uid: '1.1', date: '20200101', by: 'A', long: 10, ...target }),
      seen({ uid: '1.1', date: '20200101', by: 'B', long: 12, ...target }),
      seen({ uid: '1.1', date: '20200301', by: 'B', long: 6, ...target }),
    ]);
    expect(courses.map(({ points }) => points)).toEqual([['baseline 10.0'], ['baseline 12.0', 'follow-up 6.0']]);
  });

  test('nodes count with their short axis', () => {
    const observations = [seen({ uid: '1.1', findingSite: NODE, date: '1', long: 20, short: 12, ...target })];
    expect(table(observations)[0]!.points).toEqual(['baseline 12.0']);
  });

  test.each<[string, readonly Seen[]]>([
    ['no target', [{ uid: '1.1', date: '20200101', long: 10 }]],
    ['a non-target only', [{ uid: '1.1', date: '20200101', long: 10, lesionRole: 'non-target' }]],
    ['a target without a number', [{ uid: '1.1', date: '20200101', ...target }]],
    [
      'a target seen twice with two lengths',
      [
        { uid: '1.1', date: '20200101', long: 10, ...target },
        { uid: '1.1', date: '20200101', long: 11, ...target },
      ],
    ],
  ])('no sum is given with %s', (_, lesions) => {
    expect(table(lesions.map(seen))[0]!.points).toEqual(['baseline -']);
  });

  test('no sum is given where one of the targets is missing', () => {
    const observations = [
      seen({ uid: '1.1', date: '20200101', long: 10, ...target }),
      seen({ uid: '1.2', date: '20200101', long: 10, ...target }),
      seen({ uid: '1.1', date: '20200301', long: 10, ...target }),
    ];
    expect(table(observations)[0]!.points).toEqual(['baseline 20.0', 'follow-up -']);
  });

  test('numbered time points come in their order, whatever their dates', () => {
    const at = (order: number, label: string) => ({ order, label, identifier: undefined, type: undefined });
    const [course] = lesionsOverTime([
      seen({ uid: '1.1', timePoint: at(2, 'Week 8'), date: '20200101' }),
      seen({ uid: '1.1', timePoint: at(0, 'Screening'), date: '20200501' }),
      seen({ uid: '1.1', timePoint: at(1, 'Baseline'), date: '20200601' }),
    ]);
    expect(course!.timePoints.map(({ kind, timePoint }) => `${timePoint?.label}: ${kind}`)).toEqual([
      'Screening: baseline',
      'Baseline: baseline',
      'Week 8: follow-up',
    ]);
  });
});

/** Reported lengths, and the StudyDate of the image where it is at hand. */
const observationsOf = (report: ReadReport, studyDate: string | undefined): readonly Observation[] =>
  report.measurements.map((measurement) => ({
    report,
    measurement,
    studyDate,
    longAxisMm: measurement.longAxis?.reportedMm,
    shortAxisMm: measurement.shortAxis?.reportedMm,
  }));

describeWith({ shared: shared() }, 'lesions over time in the collection', ({ shared }) => {
  const folder = join(shared, 'sr-corpus');
  const read = (path: string): ReadReport => readReport(dataSetOf(readFileSync(join(folder, path))));

  /** Numbers from the oracle: nodes by finding, short axes 22.4133 + 22.4883 and 23.8671 + 23.947. */
  test('TID 1502 in the groups: two targets at two time points', () => {
    const reports = ['independent/timepoint-1.dcm', 'independent/timepoint-0.dcm'].map(read);
    const [course, ...more] = lesionsOverTime(reports.flatMap((r) => observationsOf(r, undefined)));
    expect(more).toEqual([]);
    expect(course!.lesions.map(({ rule, role, isNew, at }) => [rule, role, isNew, at.length])).toEqual([
      ['tracking-uid', 'target', false, 2],
      ['tracking-uid', 'target', false, 2],
    ]);
    expect(
      course!.timePoints.map(({ kind, timePoint, sumOfDiametersMm }) => [
        kind,
        timePoint?.label,
        timePoint?.identifier,
        timePoint?.order,
        sumOfDiametersMm?.toFixed(3),
      ]),
    ).toEqual([
      ['baseline', 'Baseline', 'TP0', 0, '44.902'],
      ['follow-up', 'Follow-up', 'TP1', 1, '47.814'],
    ]);
  });

  test.each(['ncip-aim3-sr', 'ncip-aim3-xml'])(
    '%s: five lesions, each at baseline and follow-up by its readers',
    (kind) => {
      const suffix = kind === 'ncip-aim3-sr' ? 'dcm' : 'xml';
      const names = [
        '0022BaselineA',
        '0022BaselineB',
        '0022FollowupB',
        '0025BaselineA',
        '0025BaselineB',
        '0025FollowupA',
        '0025FollowupB',
        '0028BaselineA',
        '0028BaselineB',
        '0028FollowupA',
        '0028FollowupB',
      ];
      const observations = names.flatMap((name) => {
        const bytes = readFileSync(join(folder, kind, `${name}.${suffix}`));
        const report = suffix === 'dcm' ? readReport(dataSetOf(bytes)) : readAim(bytes);
        const image = dataSetOf(readFileSync(join(folder, `ct/ncip/${name.slice(0, -1)}.dcm`)));
        return observationsOf(report, image.text(TAG.StudyDate));
      });
      const courses = lesionsOverTime(observations);
      const said = courses.map(({ observer, lesions, timePoints }) =>
        [
          observer,
          lesions.map(({ rule, at, role }) => `${rule} ${at.map((o) => o.length).join('-')} ${role}`).join(),
          timePoints.map(({ kind: k }) => k).join(),
        ].join(' '),
      );
      expect(said.sort()).toEqual(
        [
          'A identifier 1 target baseline',
          'B identifier 1-1 target baseline,follow-up',
          ...['A', 'B', 'A', 'B'].map((o) => `${o} identifier 1-1 target baseline,follow-up`),
        ].sort(),
      );
    },
  );
});
