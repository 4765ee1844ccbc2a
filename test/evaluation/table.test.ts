import { describe, expect, it } from '@jest/globals';
import { agreement, mm, ms, pixelIndex } from '../../src/domain/index.js';
import type { LesionRow } from '../../src/dataset/index.js';
import { chooseCases } from '../../src/evaluation/cases.js';
import type { LesionScore } from '../../src/evaluation/evaluate.js';
import { lesionCsv, marksOfRow, tableOf } from '../../src/evaluation/index.js';

const row = (id: string, source: string): LesionRow => ({
  id,
  source,
  lesion: id,
  key: true,
  patient: 'p',
  split: 'val',
  imagePath: '',
  rows: 10,
  columns: 10,
  spacing: { betweenRows: mm(1), betweenColumns: mm(2) },
  observerMarks: {
    longAxis: [pixelIndex(1, 4), pixelIndex(9, 4)],
    shortAxis: [pixelIndex(3, 2), pixelIndex(3, 8)],
  },
  exactMarks: undefined,
  record: new Map(),
});

const scored = (source: string, dice: number, id = `${source}-${dice}`): LesionScore => ({
  row: row(id, source),
  method: 'grabcut',
  outcome:
    dice === 0
      ? { kind: 'refused', reason: 'axes-zero-length' }
      : { kind: 'mask', used: 'grabcut', agreement: agreement(0.5), areaPx: 7 },
  truthPx: 9,
  score: {
    dice,
    recall: dice,
    precision: dice,
    volumeSimilarity: dice,
    averageDistancePx: 10 * dice,
    averageDistanceMm: 20 * dice,
    empty: dice === 0 ? 'mask' : 'none',
  },
  tookMs: dice === 0 ? undefined : ms(100 * dice),
});

describe('the table', () => {
  const scores = [scored('b', 0.5), scored('a', 0.2), scored('a', 0.4), scored('a', 0.9), scored('a', 0)];

  it('has mean, sd with n - 1 and median by source, over rows and over sources', () => {
    const table = tableOf(scores, ['ellipse', 'grabcut'], ['b', 'a', 'c']);
    expect(table.map((r) => [r.method, r.source, r.n, r.empties])).toEqual([
      ['grabcut', 'b', 1, 0],
      ['grabcut', 'a', 4, 1],
      ['grabcut', 'all', 5, 1],
      ['grabcut', 'macro', 2, 1],
    ]);
    const [b, a, all, macro] = table;
    expect(b!.dice).toEqual({ mean: 0.5, sd: null, median: 0.5 });
    expect(a!.dice.mean).toBeCloseTo(0.375, 12);
    // squares of -0.175, 0.025, 0.525, -0.375 add up to 0.4475
    expect(a!.dice.sd).toBeCloseTo(Math.sqrt(0.4475 / 3), 12);
    expect(a!.dice.median).toBeCloseTo(0.3, 12);
    expect(all!.dice.mean).toBeCloseTo(0.4, 12);
    expect(macro!.dice.mean).toBeCloseTo((0.5 + 0.375) / 2, 12);
    expect(macro!.dice.sd).toBeCloseTo(0.125 / Math.SQRT2, 12);
    expect(all!.avdMm.mean).toBeCloseTo(8, 12);
    expect(a!.msPerLesion).toBeCloseTo(50, 12);
  });

  it('goes into a file with a line for every row and method', () => {
    const lines = lesionCsv(scores).trimEnd().split('\n');
    expect(lines).toHaveLength(6);
    expect(lines[1]).toBe(
      'b-0.5,b,val,p,b-0.5,1,grabcut,grabcut,0.500000,0.500000,0.500000,0.500000,5.000000,10.000000,0.5000,9,7,',
    );
    expect(lines[5]).toMatch(/,0\.000000,,9,0,axes-zero-length$/);
  });
});

describe('cases to look at', () => {
  it('are the best, the median and the worst, none twice', () => {
    const scores = [5, 1, 4, 2, 3, 9, 8, 7, 6].map((n) => scored('a', n / 10));
    const [group] = chooseCases(scores, ['grabcut'], ['a', 'none'], 2);
    expect(group!.cases.map((c) => [c.rank, c.scored.score.dice])).toEqual([
      ['best', 0.9],
      ['best', 0.8],
      ['median', 0.6],
      ['median', 0.5],
      ['worst', 0.2],
      ['worst', 0.1],
    ]);
    const few = chooseCases([scored('a', 0.3), scored('a', 0.1)], ['grabcut'], ['a'], 3);
    expect(few.map((g) => g.cases.map((c) => c.scored.score.dice))).toEqual([[0.3, 0.1]]);
  });
});

describe('marks of a row', () => {
  it('are scaled about the point where they cross', () => {
    const marks = marksOfRow(row('x', 'a'), { marks: 'observer', scaleMarks: 0.5 })!;
    // they cross at column 3, row 4
    expect(marks.longAxis).toMatchObject([
      { column: 2, row: 4 },
      { column: 6, row: 4 },
    ]);
    expect(marks.shortAxis).toMatchObject([
      { column: 3, row: 3 },
      { column: 3, row: 6 },
    ]);
  });

  it('are those of the reader, and none where there are no exact ones', () => {
    const r = row('x', 'a');
    expect(marksOfRow(r, { marks: 'observer', scaleMarks: 1 })).toBe(r.observerMarks);
    expect(marksOfRow(r, { marks: 'exact', scaleMarks: 1 })).toBeUndefined();
  });
});
