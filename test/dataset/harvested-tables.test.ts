import { describe, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  deepLesionPlaces,
  deepLesionTable,
  differenceOf,
  digestsOf,
  harvestedTable,
  readLesionSet,
  splitsTable,
  type HarvestedRow,
  type LesionSet,
} from '../../src/dataset/index.js';
import { agreement, mm, pixelIndex } from '../../src/domain/index.js';

const row = (id: string, more: Partial<HarvestedRow> = {}): HarvestedRow => ({
  id,
  source: 'pacs',
  lesion: `l-${id}`,
  isKey: true,
  patient: 'pa',
  study: 'st',
  series: 'se',
  split: 'val',
  folder: 'se',
  slice: 7,
  range: [6, 8],
  rows: 100,
  columns: 120,
  spacing: { betweenColumns: mm(0.75), betweenRows: mm(0.75) },
  intervalMm: 2.5,
  marks: {
    longAxis: [pixelIndex(10, 20), pixelIndex(13, 24)],
    shortAxis: [pixelIndex(10, 24), pixelIndex(12.5, 21.5)],
  },
  coarseType: 5,
  window: [-160, 240],
  sex: 'F',
  ageYears: 61,
  agreement: agreement(0.5),
  method: 'grabcut',
  origin: 'tid1500 A',
  expert: null,
  ...more,
});

async function set(rows: readonly HarvestedRow[]): Promise<LesionSet> {
  const folder = mkdtempSync(join(tmpdir(), 'caliper-tables-'));
  writeFileSync(join(folder, 'dataset.json'), JSON.stringify({ name: 'x', format: 'caliper-lesions/1' }));
  writeFileSync(join(folder, 'lesions.csv'), harvestedTable(rows));
  writeFileSync(join(folder, 'splits.csv'), splitsTable(rows));
  const read = await readLesionSet(folder);
  rmSync(folder, { recursive: true });
  if (!read.ok) throw new Error(read.error.says);
  expect(read.value.refused).toEqual([]);
  return read.value;
}

describe('tables of a harvest', () => {
  test('are read again as they were meant, with one axis too', async () => {
    const single = { longAxis: [pixelIndex(1, 2), pixelIndex(3, 4)] as const, shortAxis: undefined };
    const rows = [
      row('a'),
      row('b', { marks: single, isKey: false, intervalMm: null, window: null, sex: null, ageYears: null }),
    ];
    const { rows: read } = await set(rows);
    expect(read.map((r) => [r.id, r.key, r.split, r.patient, r.imagePath])).toEqual([
      ['a', true, 'val', 'pa', 'images/se/007.png'],
      ['b', false, 'val', 'pa', 'images/se/007.png'],
    ]);
    expect(read.map((r) => r.observerMarks)).toEqual(rows.map((r) => r.marks));
    expect(read[0]!.record.get('Bounding_boxes')).toBe('5, 15, 18, 29');
    expect(read[0]!.record.get('Lesion_diameters_Pixel_')).toBe('5, 3.535534');
    expect(read[0]!.spacing).toEqual({ betweenColumns: 0.75, betweenRows: 0.75 });
  });

  test("in DeepLesion's form count from one and number patients, studies and series", () => {
    const rows = [
      row('b', { folder: 'z', study: 's2' }),
      row('a', { folder: 'y' }),
      row('c', { patient: 'pb', folder: 'x' }),
    ];
    const lines = deepLesionTable(rows, deepLesionPlaces(rows)).trimEnd().split('\n').slice(1);
    expect(lines.map((line) => line.split(',').slice(0, 5))).toEqual([
      ['000001_01_01_007.png', '1', '1', '1', '7'],
      ['000001_02_01_007.png', '1', '2', '1', '7'],
      ['000002_01_01_007.png', '2', '1', '1', '7'],
    ]);
    expect(lines[0]).toContain('"11, 21, 14, 25, 11, 25, 13.5, 22.5","6, 16, 19, 30"');
    expect(lines[0]!.endsWith('"6, 8","0.75, 0.75, 2.5","100, 120","-160, 240",F,61,2')).toBe(true);
  });

  test('compared, tell what came, went, changed and was merged', async () => {
    const before = {
      set: await set([row('a'), row('b', { patient: 'pb' }), row('c', { patient: 'pc' })]),
      digests: digestsOf(''),
    };
    const digest = 'f'.repeat(64);
    const after = {
      set: await set([
        row('a'),
        row('b', { patient: 'pa', agreement: agreement(0.6) }),
        row('d', { patient: 'pd', split: 'test' }),
      ]),
      digests: digestsOf(`${digest}  seeds/a.png\nnot a digest\n`),
    };
    expect(differenceOf(before, after)).toEqual({
      came: ['d'],
      went: ['c'],
      changed: [
        { id: 'a', what: ['seed'] },
        { id: 'b', what: ['Patient_index', 'agreement'] },
      ],
      patientsCame: ['pd'],
      patientsWent: ['pc'],
      merged: [{ was: 'pb', is: 'pa' }],
      splitChanged: [],
    });
  });
});
