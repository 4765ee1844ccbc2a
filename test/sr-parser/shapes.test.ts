import { describe, expect, test } from '@jest/globals';
import type { Measurement } from '../../src/domain/index.js';
import { readReport } from '../../src/sr-parser/index.js';
import {
  codeItem,
  container,
  graphic,
  group,
  image,
  item,
  LENGTH,
  line,
  LONG,
  measurements,
  number,
  reference,
  report,
  SHORT,
  trackingIdentifier,
  trackingUID,
  type JsonItem,
} from './made-report.js';

const read = (groups: readonly JsonItem[]) => readReport(report([measurements(groups)]));
const REGION = ['111030', 'DCM', 'Image Region'] as const;
const FINDING = ['121071', 'DCM', 'Finding'] as const;
const SITE = ['363698007', 'SCT', 'Finding Site'] as const;
const NODE = ['59441001', 'SCT', 'Lymph node'] as const;

const ends = (axis: Measurement['longAxis']): unknown =>
  axis?.points?.space === 'image-point' ? axis.points.ends.flatMap((p) => [p.column, p.row]) : undefined;
const drawn = (m: Measurement | undefined): unknown => [ends(m?.longAxis), ends(m?.shortAxis)];

/** Crossing near a right angle, in the middle. */
const ACROSS = [0, 10, 20, 10];
const UPRIGHT = [10, 3, 10, 17];

describe('shapes that files show in part, or never', () => {
  test('other numbers of the group do not matter', () => {
    const { measurements: found } = read([
      group([
        number(['42798000', 'SCT', 'Area'], 200, [], ['mm2', 'UCUM', 'mm2']),
        number(LONG, 20, [line(ACROSS)]),
        number(['112031', 'DCM', 'Attenuation Coefficient'], 40, [], ["[hnsf'U]", 'UCUM', 'HU']),
        number(SHORT, 14, [line(UPRIGHT)]),
        number(LENGTH, 99, [line([50, 50, 60, 60])]),
      ]),
    ]);
    expect(found.map(drawn)).toEqual([[ACROSS, UPRIGHT]]);
    expect(found[0]?.shape).toBe('A');
  });

  test('an area under the code for a length is no line', () => {
    const area = number(LENGTH, 200, [line(ACROSS)], ['mm2', 'UCUM', 'mm2']);
    expect(read([group([trackingUID('1.2'), area])]).measurements).toEqual([]);
  });

  test('axes on different images are no pair: the long axis stands alone, the number of the other is kept', () => {
    const [found] = read([
      group([number(LONG, 20, [line(ACROSS, '1.1')]), number(SHORT, 14, [line(UPRIGHT, '1.2')])]),
    ]).measurements;
    expect(drawn(found)).toEqual([ACROSS, undefined]);
    expect(found?.shortAxis?.reportedMm).toBe(14);
    expect(found?.image?.sopInstanceUID).toBe('1.1');
    expect(found?.findings.map(({ code }) => code).sort()).toEqual(['axes.single', 'image.several']);
  });

  test('the first complete pair on one image is the mark', () => {
    const [found] = read([
      group([
        number(LONG, 20, [line(ACROSS, '1.1'), line([1, 11, 21, 11], '1.2')]),
        number(SHORT, 14, [line([11, 4, 11, 18], '1.2')]),
      ]),
    ]).measurements;
    expect(drawn(found)).toEqual([
      [1, 11, 21, 11],
      [11, 4, 11, 18],
    ]);
    expect(found?.image?.sopInstanceUID).toBe('1.2');
    expect(found?.findings).toEqual([{ code: 'image.several', detail: 2 }]);
  });

  test('frames count from 1; frame 0 means none', () => {
    const onFrames = (frames: number[]): JsonItem =>
      graphic('POLYLINE', ACROSS, [image('1.1', 'SELECTED FROM', frames)]);
    const frameOf = (frames: number[]) =>
      read([group([number(LONG, 20, [onFrames(frames)])])]).measurements[0]?.image?.frame;
    expect(frameOf([7])).toBe(7);
    expect(frameOf([0])).toBeUndefined();
    expect(frameOf([])).toBeUndefined();
  });

  test('a drawing helper is never an axis', () => {
    const handles = graphic('POLYLINE', ACROSS, [image('1.1')], ['ControlPoints', '99CS3D', 'Control Points']);
    const [found] = read([group([number(LONG, 20, [handles]), number(SHORT, 14)])]).measurements;
    expect(drawn(found)).toEqual([undefined, undefined]);
    expect(found?.shape).toBe('J');
  });

  test('two lines without names beside two numbers: the greater number has the longer line', () => {
    const [found] = read([
      group([
        number(SHORT, 14),
        number(LONG, 20),
        graphic('POLYLINE', UPRIGHT, [image('1.1')], REGION, 'CONTAINS'),
        graphic('POLYLINE', ACROSS, [image('1.1')], REGION, 'CONTAINS'),
      ]),
    ]).measurements;
    expect(drawn(found)).toEqual([ACROSS, UPRIGHT]);
    expect(found?.shape).toBe('B');
  });

  test('an open polyline of four points whose axes do not cross is a contour', () => {
    const box = graphic('POLYLINE', [0, 0, 20, 0, 20, 14, 0, 14], [image('1.1')], REGION, 'CONTAINS');
    const [found] = read([group([number(LONG, 20), number(SHORT, 14), box])]).measurements;
    expect(found?.shape).toBe('C');
    expect(drawn(found)).toEqual([undefined, undefined]);
    expect(found?.image?.sopInstanceUID).toBe('1.1');
  });

  test('an ellipse whose proportions are not those of the numbers is a contour', () => {
    const circle = graphic('ELLIPSE', [0, 10, 20, 10, 10, 0, 10, 20], [image('1.1')], REGION, 'CONTAINS');
    expect(read([group([number(LONG, 60), number(SHORT, 14), circle])]).measurements[0]?.shape).toBe('C');
    expect(read([group([number(LONG, 21), number(SHORT, 20), circle])]).measurements[0]?.shape).toBe('G');
  });

  test('coordinates that are no numbers are no line', () => {
    const broken = graphic('POLYLINE', [0, 10, 20], [image('1.1')]);
    expect(drawn(read([group([number(LONG, 20, [broken]), number(SHORT, 14)])]).measurements[0])).toEqual([
      undefined,
      undefined,
    ]);
  });

  test('wordings under private codes count only beside something drawn', () => {
    const WORDED = ['X1', '99LOCAL', 'Longest diameter'] as const;
    expect(read([group([number(WORDED, 20)])]).measurements).toEqual([]);
    expect(read([group([number(WORDED, 20, [line(ACROSS)])])]).measurements[0]?.longAxis?.match).toBe('meaning');
  });

  test('a bare diameter or length without identity or drawing is nobody`s lesion', () => {
    const bare = read([group([number(LENGTH, 20)])]);
    expect(bare.measurements).toEqual([]);
    expect(bare.kind).toBe('negative');
    expect(bare.skipped).toEqual([{ reason: 'no-marks', where: '1.1.1' }]);
  });

  test('an identity above a whole section does not melt its lesions into one', () => {
    const lesion = (row: number): JsonItem =>
      group([number(LONG, 20, [line([0, row, 20, row])]), number(SHORT, 14, [line([10, row - 7, 10, row + 7])])]);
    const { measurements: found } = readReport(
      report([container(['121070', 'DCM', 'Findings'], [trackingUID('1.9'), lesion(50), lesion(100)])]),
    );
    expect(found.map(drawn)).toEqual([
      [
        [0, 50, 20, 50],
        [10, 43, 10, 57],
      ],
      [
        [0, 100, 20, 100],
        [10, 93, 10, 107],
      ],
    ]);
    expect(found.map(({ key }) => key)).toEqual(['1.1.2', '1.1.3']);
    expect(new Set(found.map((m) => m.trackingUID))).toEqual(new Set(['1.9']));
  });

  test('several lesions in one container without identity pair by crossing', () => {
    const [found, second, ...more] = read([
      group([
        number(LONG, 20, [line([0, 50, 20, 50])]),
        number(LONG, 20, [line([0, 100, 20, 100])]),
        number(SHORT, 14, [line([10, 93, 10, 107])]),
        number(SHORT, 14, [line([10, 43, 10, 57])]),
      ]),
    ]).measurements;
    expect(drawn(found)).toEqual([
      [0, 50, 20, 50],
      [10, 43, 10, 57],
    ]);
    expect(drawn(second)).toEqual([
      [0, 100, 20, 100],
      [10, 93, 10, 107],
    ]);
    expect([found?.key, second?.key]).toEqual(['1.1.1#1', '1.1.1#2']);
    expect(more).toEqual([]);
  });

  test('runs: a second identity starts a second lesion, whatever its numbers are called', () => {
    const found = read([
      group([
        trackingIdentifier('web annotation'),
        trackingUID('1.1'),
        number(LONG, 20, [line(ACROSS)]),
        number(SHORT, 14, [line(UPRIGHT)]),
        trackingIdentifier('web annotation'),
        trackingUID('1.2'),
        codeItem(FINDING, ['27925004', 'SCT', 'Nodule']),
        number(LONG, 30, [line([100, 10, 130, 10])]),
      ]),
    ]).measurements;
    expect(found.map((m) => [m.key, m.trackingUID, m.finding?.meaning, m.longAxis?.reportedMm])).toEqual([
      ['1.1.1#1', '1.1', undefined, 20],
      ['1.1.1#2', '1.2', 'Nodule', 30],
    ]);
  });

  test('what both refer to by reference is read once each, and a shared line is a line of both', () => {
    const shared = readReport(
      report([
        measurements([
          group([number(LONG, 20, [reference(1, 2, 1)])]),
          group([number(LONG, 20, [reference(1, 2, 1)])]),
        ]),
        container(REGION, [line(ACROSS)]),
      ]),
    );
    expect(shared.measurements.map((m) => [m.shape, ...(drawn(m) as unknown[])])).toEqual([
      ['I', ACROSS, undefined],
      ['I', ACROSS, undefined],
    ]);
  });

  test('a free-text or placeholder finding is no finding', () => {
    const withFinding = (code: readonly [string, string, string]) =>
      read([group([codeItem(FINDING, code), number(LONG, 20, [line(ACROSS)])])]).measurements[0]?.finding;
    expect(withFinding(['CORNERSTONEFREETEXT', 'CORNERSTONEJS', 'Mrs Miller, left'])).toBeUndefined();
    expect(withFinding(['SAMPLEFINDING', '99dcmjs', 'Sample Finding'])).toBeUndefined();
    expect(withFinding(['4147007', 'SCT', 'Mass'])?.meaning).toBe('Mass');
  });

  test('laterality is a child of the site', () => {
    const site = item(
      'CODE',
      'HAS CONCEPT MOD',
      SITE,
      codeItem(SITE, ['39607008', 'SCT', 'Lung'])['0040A168']
        ? { '0040A168': codeItem(SITE, ['39607008', 'SCT', 'Lung'])['0040A168']! }
        : {},
      [codeItem(['272741003', 'SCT', 'Laterality'], ['7771000', 'SCT', 'Left'])],
    );
    const [found] = read([group([site, number(LONG, 20, [line(ACROSS)])])]).measurements;
    expect([found?.findingSite?.meaning, found?.laterality?.meaning]).toEqual(['Lung', 'Left']);
  });
});

describe('single lengths', () => {
  const single = (points: number[], more: JsonItem[] = [], mm = 20): JsonItem =>
    group([...more, number(LENGTH, mm, [line(points)])]);
  const shapesOf = (groups: JsonItem[]) => read(groups).measurements.map(drawn);

  test('two that cross at a right angle are one lesion, the longer its long axis', () => {
    expect(shapesOf([single(UPRIGHT, [], 14), single(ACROSS)])).toEqual([[ACROSS, UPRIGHT]]);
  });

  test.each([
    ['that lie side by side', [0, 12, 20, 12]],
    ['that only touch beyond their ends', [10, 12, 10, 26]],
    ['that cross at 60 degrees', [6, 3, 14, 17]],
  ])('two %s are two', (_, other) => {
    expect(shapesOf([single(ACROSS), single(other)])).toEqual([
      [ACROSS, undefined],
      [other, undefined],
    ]);
  });

  test('on different images they are two', () => {
    const elsewhere = group([number(LENGTH, 14, [line(UPRIGHT, '9.9')])]);
    expect(shapesOf([single(ACROSS), elsewhere])).toEqual([
      [ACROSS, undefined],
      [UPRIGHT, undefined],
    ]);
  });

  test('with a third that fits as well none is paired', () => {
    expect(shapesOf([single(ACROSS), single(UPRIGHT, [], 14), single([12, 3, 12, 17], [], 14)])).toHaveLength(3);
  });

  test('an identity of their own decides what a third would leave open', () => {
    const found = read([
      single(ACROSS, [trackingUID('1.1')]),
      single(UPRIGHT, [trackingUID('1.1')], 14),
      single([12, 3, 12, 17], [trackingUID('1.2')], 14),
    ]).measurements;
    expect(found.map(drawn)).toEqual([
      [ACROSS, UPRIGHT],
      [[12, 3, 12, 17], undefined],
    ]);
    expect(found[0]?.trackingUID).toBe('1.1');
  });

  test('one alone is the long axis, but of a lymph node the short one', () => {
    const [plain] = read([single(ACROSS)]).measurements;
    expect([drawn(plain), plain?.findings]).toEqual([[ACROSS, undefined], [{ code: 'axes.single' }]]);
    const [node] = read([single(ACROSS, [codeItem(SITE, NODE)])]).measurements;
    expect(drawn(node)).toEqual([undefined, ACROSS]);
    const [station] = read([
      single(ACROSS, [codeItem(SITE, ['62683002', 'SCT', 'Mediastinal lymph node'])]),
    ]).measurements;
    expect(drawn(station)).toEqual([undefined, ACROSS]);
  });
});

describe('marks split over groups', () => {
  const long = group([trackingIdentifier('T1'), number(LONG, 20, [line(ACROSS)])]);

  test('same identifier, same image and crossing: one lesion', () => {
    const short = group([trackingIdentifier('T1'), number(SHORT, 14, [line(UPRIGHT)])]);
    const [found, ...more] = read([short, long]).measurements;
    expect([drawn(found), found?.shape, more]).toEqual([[ACROSS, UPRIGHT], 'A,H', []]);
  });

  test.each([
    ['another identifier', group([trackingIdentifier('T2'), number(SHORT, 14, [line(UPRIGHT)])])],
    ['another image', group([trackingIdentifier('T1'), number(SHORT, 14, [line(UPRIGHT, '9.9')])])],
    ['no crossing', group([trackingIdentifier('T1'), number(SHORT, 14, [line([90, 3, 90, 17])])])],
  ])('%s: two', (_, short) => {
    expect(read([long, short]).measurements).toHaveLength(2);
  });

  test('the same tracking UID needs no crossing, but the same image', () => {
    const of = (concept: typeof LONG, points: number[], on: string): JsonItem =>
      group([trackingUID('1.7'), number(concept, 20, [line(points, on)])]);
    expect(read([of(LONG, ACROSS, '1.1'), of(SHORT, [90, 3, 90, 17], '1.1')]).measurements).toHaveLength(1);
    expect(read([of(LONG, ACROSS, '1.1'), of(SHORT, UPRIGHT, '1.2')]).measurements).toHaveLength(2);
  });
});
