import { afterAll, describe, expect, it } from '@jest/globals';
import { rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readExpertMask, readLesionSet, readRowHu, type LesionSet } from '../../src/dataset/index.js';
import { madeRows, madeSet, type MadeRow, type MadeSetOptions } from './made-set.js';
import { greyPng } from './png.js';

const folders: string[] = [];
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true })));

function made(options?: MadeSetOptions): string {
  const folder = madeSet(options);
  folders.push(folder);
  return folder;
}

async function opened(options?: MadeSetOptions): Promise<LesionSet> {
  const set = await readLesionSet(made(options));
  if (!set.ok) throw new Error(set.error.says);
  return set.value;
}

const changed = (index: number, cells: Record<string, string>): MadeRow[] =>
  madeRows().map((row, i) => (i === index ? { ...row, cells: { ...row.cells, ...cells } } : row));

describe('a data set in the format caliper-lesions/1', () => {
  it('gives rows with their marks, spacing, split and source', async () => {
    const set = await opened({ withoutMask: ['made_2'] });
    expect(set).toMatchObject({ name: 'made', version: '7', format: 'caliper-lesions/1', refused: [] });
    expect(set.sources.map((s) => [s.name, s.commercial])).toEqual([
      ['beta', true],
      ['alpha', false],
    ]);
    expect(set.rows.map((r) => [r.id, r.split, r.source, r.lesion, r.key, set.masks.has(r.id)])).toEqual([
      ['made_0', 'train', 'alpha', 'made_0', true, true],
      ['made_1', 'train', 'alpha', 'made_1', true, true],
      ['made_2', 'test', 'alpha', 'made_2', true, false],
      ['made_3', 'val', 'alpha', 'made_3', true, true],
      ['made_4', 'val', 'beta', 'shared', true, true],
      ['made_5', 'val', 'beta', 'shared', false, true],
    ]);
    madeRows().forEach(({ marks }, i) => {
      const row = set.rows[i]!;
      expect(row.spacing).toEqual({ betweenColumns: 0.75, betweenRows: 0.75 });
      for (const axis of ['longAxis', 'shortAxis'] as const)
        for (const end of [0, 1] as const) {
          expect(row.observerMarks[axis]![end].column).toBeCloseTo(marks[axis]![end].column, 3);
          expect(row.observerMarks[axis]![end].row).toBeCloseTo(marks[axis]![end].row, 3);
        }
    });
  });

  it('gives every pixel of images and masks', async () => {
    const set = await opened();
    for (const [i, { hu, truth }] of madeRows().entries()) {
      expect(await readRowHu(set, set.rows[i]!)).toEqual({ ok: true, value: hu });
      expect(await readExpertMask(set, set.rows[i]!)).toEqual({ ok: true, value: truth });
    }
  });

  it.each([
    ['Measurement_coordinates', '1,2,3,x,5,6,7,8', 'value-unreadable'],
    ['Measurement_coordinates', '1,2,3,,5,6,7,8', 'value-unreadable'],
    ['Measurement_coordinates', '1,2,3', 'value-unreadable'],
    ['Exact_coordinates', '1,2,3,4,5', 'value-unreadable'],
    ['Spacing_mm_px_', '0,0.7,5', 'value-unreadable'],
    ['Spacing_mm_px_', '', 'value-unreadable'],
    ['Image_size', '56', 'value-unreadable'],
    ['key', '2', 'value-unreadable'],
    ['source', '', 'value-unreadable'],
    ['id', 'made_0', 'id-twice'],
    ['id', '../made', 'path-leaves-set'],
    ['File_name', '../../etc/passwd.png', 'path-leaves-set'],
    ['File_name', '/etc/passwd.png', 'path-leaves-set'],
  ] as const)('refuses a row with %s %j alone', async (column, value, code) => {
    const set = await opened({ rows: changed(1, { [column]: value }) });
    expect(set.refused).toEqual([{ line: 3, column, code }]);
    expect(set.rows.map((r) => r.id)).toEqual(['made_0', 'made_2', 'made_3', 'made_4', 'made_5']);
  });

  it('reads a single mark, and an unknown slice interval', async () => {
    const set = await opened({ rows: changed(1, { Measurement_coordinates: '1,2,3,4', Spacing_mm_px_: '0.5,0.6,' }) });
    expect(set.rows[1]!.observerMarks.shortAxis).toBeUndefined();
    expect(set.rows[1]!.spacing).toEqual({ betweenColumns: 0.5, betweenRows: 0.6 });
  });

  it('refuses rows that are too short, and patients without split', async () => {
    const set = await opened({ files: { 'splits.csv': 'patient,split\n1,train\n2,train\n3,test\n' } });
    expect(set.refused.map((r) => [r.line, r.code])).toEqual([
      [5, 'split-unknown'],
      [6, 'split-unknown'],
      [7, 'split-unknown'],
    ]);
  });

  it.each([
    ['dataset.json', 'is not JSON', '{'],
    ['dataset.json', 'is not an object', '[]'],
    ['dataset.json', 'has another format than caliper-lesions/1', '{"format":"x"}'],
    ['dataset.json', 'has no name', '{"format":"caliper-lesions/1"}'],
    [
      'dataset.json',
      'has coordinates that are not zero-based',
      '{"format":"caliper-lesions/1","name":"x","coordinates":"one-based"}',
    ],
    ['lesions.csv', 'is empty', ''],
    ['lesions.csv', 'is not UTF-8', Uint8Array.of(0x61, 0xe9, 0x62)],
    ['splits.csv', 'puts a patient into a second split', 'patient,split\n1,train\n1,val\n'],
    ['splits.csv', 'is not a patient and one of train, val, test', 'patient,split\n1,valid\n'],
    ['splits.csv', 'lacks the column split', 'patient\n1\n'],
  ] as const)('%s that %s is no data set', async (file, says, content) => {
    const set = await readLesionSet(made({ files: { [file]: content } }));
    expect(set).toMatchObject({ ok: false, error: { file, says } });
  });

  it('a folder of neither kind says so', async () => {
    const folder = made();
    unlinkSync(join(folder, 'dataset.json'));
    expect(await readLesionSet(folder)).toMatchObject({
      ok: false,
      error: { says: expect.stringContaining('neither') as unknown },
    });
  });
});

describe('a picture that cannot be used', () => {
  const good = madeRows()[0]!;
  const image = `images/${good.cells['File_name']!}`;
  const pixel = (p: number): number => good.hu[p]! + 32768;
  it.each([
    ['image-unreadable', greyPng(good.columns, good.rows, 16, pixel).subarray(0, 900)],
    ['image-unreadable', Buffer.from('no picture')],
    ['image-not-16-bit-grey', greyPng(good.columns, good.rows, 8, () => 7)],
    ['image-size-differs', greyPng(good.rows, good.columns, 16, pixel)],
  ])('is %s', async (code, bytes) => {
    const set = await opened({ files: { [image]: bytes } });
    expect(await readRowHu(set, set.rows[0]!)).toEqual({ ok: false, error: code });
  });

  it('is image-missing', async () => {
    const set = await opened();
    unlinkSync(join(set.folder, image));
    expect(await readRowHu(set, set.rows[0]!)).toEqual({ ok: false, error: 'image-missing' });
  });

  it.each([
    ['mask-unreadable', Buffer.alloc(40)],
    ['mask-not-1-bit', greyPng(good.columns, good.rows, 8, () => 255)],
    ['mask-size-differs', greyPng(8, 8, 1, () => 1)],
    ['mask-empty', greyPng(good.columns, good.rows, 1, () => 0)],
  ])('is %s', async (code, bytes) => {
    const set = await opened();
    writeFileSync(join(set.folder, 'masks/made_0.png'), bytes);
    expect(await readExpertMask(set, set.rows[0]!)).toEqual({ ok: false, error: code });
  });
});
