import { afterAll, expect, it } from '@jest/globals';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readLesionSet, readRowHu } from '../../src/dataset/index.js';
import { describeWith, shared } from '../environment/peers.js';
import { greyPng } from './png.js';

const HEADER =
  'File_name,Patient_index,Study_index,Series_ID,Key_slice_index,Measurement_coordinates,Bounding_boxes,Lesion_diameters_Pixel_,Normalized_lesion_location,Coarse_lesion_type,Possibly_noisy,Slice_range,Spacing_mm_px_,Image_size,DICOM_windows,Patient_gender,Patient_age,Train_Val_Test';
const row = (file: string, marks: string, split: number): string =>
  `${file},1,1,1,109,"${marks}","1, 1, 20, 20","11.9677, 5.10387","0.4, 0.2, 0.4",3,0,"103, 115","0.5, 0.5, 5","32, 40","-175, 275",F,NaN,${split}`;

const folder = mkdtempSync(join(tmpdir(), 'caliper-deeplesion-'));
afterAll(() => rmSync(folder, { recursive: true }));

it("DeepLesion's own rows count the first pixel as 1, and a file may have several", async () => {
  const lines = [
    HEADER,
    row('000001_01_01_109.png', '5, 6, 15.5, 6, 10, 4, 10, 9', 3),
    row('000001_01_01_109.png', '1, 1, 2, 2, 1, 2, 2, 1', 1),
    row('odd.png', '1, 1, 2, 2, 1, 2, 2, 1', 1),
    row('000001_01_01_110.png', '1, 1, 2, 2, 1, 2, 2, 1', 4),
  ];
  writeFileSync(join(folder, 'DL_info.csv'), `${lines.join('\n')}\n`);
  mkdirSync(join(folder, 'Images_png/000001_01_01'), { recursive: true });
  writeFileSync(
    join(folder, 'Images_png/000001_01_01/109.png'),
    greyPng(40, 32, 16, (p) => 32768 + p - 100),
  );
  const read = await readLesionSet(folder);
  if (!read.ok) throw new Error(read.error.says);
  const set = read.value;
  expect(set).toMatchObject({ format: 'deeplesion', name: 'DeepLesion' });
  expect(set.rows.map((r) => [r.id, r.split, r.imagePath, r.key])).toEqual([
    ['000001_01_01_109_1', 'test', 'Images_png/000001_01_01/109.png', true],
    ['000001_01_01_109_2', 'train', 'Images_png/000001_01_01/109.png', true],
  ]);
  expect(set.rows[0]!.observerMarks.longAxis).toMatchObject([
    { column: 4, row: 5 },
    { column: 14.5, row: 5 },
  ]);
  expect(set.rows[0]!.record.get('Measurement_coordinates')).toBe('4,5,14.5,5,9,3,9,8');
  expect(set.rows[0]!.record.get('Bounding_boxes')).toBe('0,0,19,19');
  expect(set.refused.map((r) => [r.line, r.code])).toEqual([
    [4, 'value-unreadable'],
    [5, 'split-unknown'],
  ]);
  const hu = await readRowHu(set, set.rows[0]!);
  expect(hu.ok && [hu.value[0], hu.value[41], hu.value.length]).toEqual([-100, -59, 40 * 32]);
});

describeWith({ shared: shared() }, 'the sample of DeepLesion', ({ shared: data }) => {
  const sample = join(data, 'data/deeplesion-sample');

  it('has 10,857 rows that all parse, one pixel up and left of what they say', async () => {
    const read = await readLesionSet(sample);
    if (!read.ok) throw new Error(read.error.says);
    const { rows, refused } = read.value;
    expect([rows.length, refused.length]).toEqual([10_857, 0]);
    expect(['train', 'val', 'test'].map((split) => rows.filter((r) => r.split === split).length)).toEqual([
      1041, 4889, 4927,
    ]);
    expect(new Set(rows.map((r) => r.id)).size).toBe(rows.length);
    const first = rows.find((r) => r.id === '000001_01_01_109_1')!;
    expect(first.observerMarks.longAxis[0].column).toBeCloseTo(232.537, 9);
    expect(first.observerMarks.longAxis[0].row).toBeCloseTo(94.0204, 9);
  });

  it('lacks the images of all its rows, which is a reason and no crash', async () => {
    const read = await readLesionSet(sample);
    if (!read.ok) throw new Error(read.error.says);
    const five = read.value.rows.filter((r) => /^000007_03_01|^000062_01_01/.test(r.id));
    expect(five).toHaveLength(5);
    for (const r of five) expect(await readRowHu(read.value, r)).toEqual({ ok: false, error: 'image-missing' });
  });

  it('has a neighbouring slice that loads to Hounsfield units', async () => {
    const read = await readLesionSet(sample);
    if (!read.ok) throw new Error(read.error.says);
    const near = read.value.rows.find((r) => r.id.startsWith('000007_03_01_052'))!;
    const hu = await readRowHu(read.value, { ...near, imagePath: 'Images_png/000007_03_01/050.png' });
    if (!hu.ok) throw new Error(hu.error);
    expect(hu.value).toHaveLength(512 * 512);
    expect(hu.value.reduce((a, b) => Math.min(a, b), Infinity)).toBe(-1024);
    const sorted = [...hu.value].sort((a, b) => a - b);
    expect(sorted[Math.floor(0.9 * sorted.length)]).toBeGreaterThan(0);
  });
});
