import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ReadReport } from '../../../src/domain/index.js';
import { readReport } from '../../../src/sr-parser/index.js';
import { describeWith, shared } from '../../environment/peers.js';
import { FIXTURES, dataSetOf, fixtureCorpus, manifestRows, type Oracle } from '../corpus.js';
import { dataSetOfJson, type JsonElement, type JsonItem } from '../made-report.js';
import { linesDiffer } from './against-oracle.js';

const read = (file: string): ReadReport => readReport(dataSetOf(readFileSync(file)), ['gsps']);

describe('presentation states of others: the lesions that were given to the writer, and nothing else', () => {
  const folder = join(FIXTURES, 'carriers');
  test.each([
    'independent__gsps-arrow-ellipse.dcm',
    'independent__gsps-display-units.dcm',
    'independent__gsps-interpolated.dcm',
    'independent__gsps-parallel-lines.dcm',
    'independent__gsps-single-line.dcm',
    'independent__gsps-two-lesions.dcm',
    'pydicomutils__0.2.2-gsps-ticks.dcm',
  ])('%s', (name) => {
    const oracle = JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')) as Oracle;
    const report = read(join(folder, name));
    expect(report.kind).toBe('gsps');
    expect(linesDiffer(report, oracle)).toEqual([]);
    expect(report.measurements.length > 0 || report.skipped.length > 0).toBe(true);
  });
});

describeWith({ shared: shared() }, 'every presentation state of the collection', ({ shared }) => {
  const folder = join(shared, 'sr-corpus');
  const rows = manifestRows(folder).filter(({ kind }) => kind === 'gsps');
  test.each(rows.map((row) => [row.path, row] as const))('%s', (_, { path, oracle }) => {
    const expected = JSON.parse(readFileSync(join(folder, oracle), 'utf8')) as Oracle;
    expect(linesDiffer(read(join(folder, path)), expected)).toEqual([]);
  });
});

describe('drawings', () => {
  const CT = '1.2.840.10008.5.1.4.1.1.2';
  const images = (...uids: readonly string[]): JsonElement => ({
    vr: 'SQ',
    Value: uids.map((uid) => ({
      '00081150': { vr: 'UI', Value: [CT] },
      '00081155': { vr: 'UI', Value: [uid] },
    })),
  });
  const object = (points: readonly number[], type = 'POLYLINE', units = 'PIXEL'): JsonItem => ({
    '00700005': { vr: 'CS', Value: [units] },
    '00700022': { vr: 'FL', Value: [...points] },
    '00700023': { vr: 'CS', Value: [type] },
  });
  const state = (objects: readonly JsonItem[], on: readonly string[] = ['1.2.3']): ReadReport =>
    readReport(
      dataSetOfJson({
        '00080016': { vr: 'UI', Value: ['1.2.840.10008.5.1.4.1.1.11.1'] },
        '0020000D': { vr: 'UI', Value: ['1.2.9'] },
        '00700001': {
          vr: 'SQ',
          Value: [{ '00081140': images(...on), '00700009': { vr: 'SQ', Value: [...objects] } }],
        },
        '00700084': { vr: 'PN', Value: [{ Alphabetic: 'Reader^One' }] },
        '00700082': { vr: 'DA', Value: ['20200302'] },
        '00700083': { vr: 'TM', Value: ['0910'] },
      }),
      ['gsps'],
    );
  const LONG = object([100, 100, 140, 100]);
  const SHORT = object([118, 88, 118, 108]);
  const lines = (report: ReadReport): number[] =>
    report.measurements.map((m) => [m.longAxis, m.shortAxis].filter((axis) => axis?.points).length);

  test.each<[string, readonly JsonItem[], readonly number[]]>([
    ['two lines that cross', [LONG, SHORT], [2]],
    ['the same with a tick on the middle of the long one', [LONG, SHORT, object([120, 96, 120, 104])], [2]],
    ['the same with ticks on its ends', [LONG, SHORT, object([100, 96, 100, 104]), object([140, 96, 140, 104])], [2]],
    ['each drawn twice', [LONG, SHORT, LONG, object([118, 108, 118, 88])], [2]],
    ['an angle', [LONG, object([100, 100, 120, 70])], []],
    ['an arrow whose head is one polyline', [LONG, object([136, 96, 140, 100, 136, 104])], []],
    ['a line that crosses at 60 degrees', [LONG, object([110, 82.68, 130, 117.32])], []],
    ['a click', [object([10, 10, 12, 12])], []],
    ['three lines through one point', [LONG, SHORT, object([121, 88, 121, 112])], []],
    ['a closed curve of many points', [object([0, 0, 9, 0, 9, 9, 0, 9, 0, 0])], []],
    ['a line in display units', [object([0.1, 0.1, 0.4, 0.4], 'POLYLINE', 'DISPLAY')], []],
    ['a line that is no number', [object([1, 2, NaN, 4])], []],
  ])('%s', (_, objects, expected) => {
    expect(lines(state(objects))).toEqual(expected);
  });

  test.each<[string, readonly JsonItem[], readonly string[]]>([
    ['a tick', [LONG, SHORT, object([120, 96, 120, 104])], ['1.1.3']],
    ['ticks on both ends', [LONG, object([100, 96, 100, 104]), SHORT, object([140, 96, 140, 104])], ['1.1.2', '1.1.4']],
    ['the shaft and the head of an arrow', [LONG, object([136, 96, 140, 100, 136, 104])], ['1.1.1', '1.1.2']],
    ['a click', [LONG, SHORT, object([10, 10, 12, 12])], ['1.1.3']],
    ['nothing where all lines are axes', [LONG, SHORT], []],
  ])('what is passed over is said: %s', (_, objects, expected) => {
    const { skipped } = state(objects);
    expect(skipped.filter(({ reason }) => reason === 'drawing-ornament').map(({ where }) => where)).toEqual(expected);
  });

  test('why there is no measurement comes before what was passed over', () => {
    const { skipped } = state([LONG, object([136, 96, 140, 100, 136, 104])]);
    expect(skipped[0]).toEqual({ reason: 'lines-unpaired', where: '1' });
  });

  test('a mark for several images is on none of them', () => {
    const report = state([LONG, SHORT], ['1.2.3', '1.2.4']);
    expect(report.measurements).toEqual([]);
    expect(report.skipped.map(({ reason }) => reason)).toContain('no-image-reference');
  });

  test('who drew, and when', () => {
    expect(state([LONG])).toMatchObject({ observer: 'Reader^One', contentDateTime: '202003020910' });
  });

  test('a drawing has no number, and its place in the file is its key', () => {
    const [measurement] = state([LONG, SHORT]).measurements;
    expect(measurement).toMatchObject({ key: '1.1.1', longAxis: { match: 'position' }, shape: 'M' });
    expect(measurement?.longAxis?.reportedMm).toBeUndefined();
  });

  test('nothing is read where nobody asked', () => {
    const file = fixtureCorpus().reports.find(({ kind }) => kind === 'gsps')!;
    expect(readReport(file.dataSet)).toMatchObject({
      kind: 'gsps',
      measurements: [],
      skipped: [{ reason: 'carrier-not-enabled' }],
    });
  });
});
