import { describe, expect, test } from '@jest/globals';
import { appendFile, mkdir, readdir, readFile, rm, symlink, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ask, partsOf, rowOf, rowsOf, storeBody, value, values } from './http.js';
import { KNOWN } from './known-instances.js';
import { handMade, type Row } from './part10-bytes.js';
import { cleanUpAfterEach, scratchArchive, scratchFolder } from './scratch-archive.js';

cleanUpAfterEach();

const INDEX = '.caliper-index.jsonl';
const STUDY = '1.2.826.0.1.3680043.10.1452.3';
const made = (number: number | string, rows: readonly Row[] = []): Buffer =>
  handMade({ study: STUDY, series: `${STUDY}.1`, instance: `${STUDY}.1.${number}`, rows });
const instancesOf = async (url: string): Promise<readonly unknown[]> =>
  values(rowsOf(await ask(`${url}/instances`)), '00080018');
const bytesOf = async (url: string, number: number): Promise<Buffer | undefined> =>
  partsOf(await ask(`${url}/studies/${STUDY}/series/${STUDY}.1/instances/${STUDY}.1.${number}`))[0]?.body;

describe('the folder of the archive', () => {
  test('an instance is stored as <study>/<series>/<instance>.dcm and nothing else is left', async () => {
    const { url, folder } = await scratchArchive();
    await ask(`${url}/studies`, storeBody([made(1)]));
    expect((await readdir(folder)).sort()).toEqual(['.caliper-index.jsonl', '.incoming', STUDY]);
    expect(await readdir(join(folder, '.incoming'))).toEqual([]);
    expect(await readFile(join(folder, STUDY, `${STUDY}.1`, `${STUDY}.1.1.dcm`))).toEqual(made(1));
  });

  test('what was stored is there after a restart', async () => {
    const first = await scratchArchive();
    await ask(`${first.url}/studies`, storeBody([made(1), made(2)]));
    await first.close();
    const second = await scratchArchive({ folder: first.folder });
    expect(second.instances).toBe(2);
    expect(await instancesOf(second.url)).toEqual([`${STUDY}.1.1`, `${STUDY}.1.2`]);
    expect(await bytesOf(second.url, 2)).toEqual(made(2));
  });

  test('searches answer the same with the index file, without it and with a broken one', async () => {
    const first = await scratchArchive();
    const known = Object.values(KNOWN).map(({ bytes }) => bytes);
    await ask(`${first.url}/studies`, storeBody(known));
    const rows = async (url: string): Promise<string> => {
      const bodies = ['studies', 'series', 'instances'].map(
        async (level) => (await ask(`${url}/${level}?includefield=all`)).body,
      );
      return (await Promise.all(bodies)).join('\n').replaceAll(url, '');
    };
    const expected = await rows(first.url);
    await first.close();
    const index = join(first.folder, INDEX);
    for (const damage of [
      () => Promise.resolve(),
      () => rm(index),
      () => writeFile(index, ''),
      () => writeFile(index, 'not an index\n'),
      () => appendFile(index, '["torn",12'),
      async () => truncate(index, Math.floor((await readFile(index)).length / 2)),
      async () => writeFile(index, (await readFile(index, 'utf8')).replace('[0,"', '[900,"')),
      async () => writeFile(index, (await readFile(index, 'utf8')).replaceAll('\n', '\n{}\n[1]\nnull\n')),
    ]) {
      await damage();
      const again = await scratchArchive({ folder: first.folder });
      expect(again.instances).toBe(known.length);
      expect(again.notices).toEqual([]);
      expect(await rows(again.url)).toBe(expected);
      await again.close();
    }
  });

  test('an index that can be neither read nor written is told and costs nothing else', async () => {
    const folder = await scratchFolder();
    await mkdir(join(folder, INDEX, 'taken'), { recursive: true });
    await writeFile(join(folder, 'by-hand'), made(1));
    const first = await scratchArchive({ folder });
    expect((await ask(`${first.url}/studies`, storeBody([made(2)]))).status).toBe(200);
    expect(await instancesOf(first.url)).toEqual([`${STUDY}.1.1`, `${STUDY}.1.2`]);
    expect(first.notices.map(({ kind }) => kind)).toEqual(['index-unusable', 'index-unusable']);
    await first.close();
    expect((await scratchArchive({ folder })).instances).toBe(2);
  });

  test('files that others put there are found, at any depth and of any name', async () => {
    const folder = await scratchFolder();
    await mkdir(join(folder, 'CD 1', 'DICOM', 'ST0001'), { recursive: true });
    await writeFile(join(folder, 'CD 1', 'DICOM', 'ST0001', 'I0001'), made(1));
    await writeFile(join(folder, 'Müller.DCM.bak'), made(2));
    await writeFile(join(folder, 'DICOMDIR.txt'), 'no DICOM');
    await writeFile(join(folder, '.hidden.dcm'), made(3));
    const { url, instances, notices } = await scratchArchive({ folder });
    expect(instances).toBe(2);
    expect(await bytesOf(url, 1)).toEqual(made(1));
    expect(notices).toEqual([{ kind: 'file-not-served', path: 'DICOMDIR.txt', reason: 'not-dicom' }]);
  });

  test('what cannot be served is said with its reason', async () => {
    const folder = await scratchFolder();
    await writeFile(join(folder, 'a-empty'), '');
    await writeFile(join(folder, 'b-no-preamble.dcm'), made(1).subarray(132));
    await writeFile(join(folder, 'c-no-study.dcm'), handMade({ study: '', series: '1.2', instance: '1.2.3' }));
    await writeFile(
      join(folder, 'd-no-syntax.dcm'),
      handMade({ study: '1', series: '1.2', instance: '1.2.4', transferSyntax: '' }),
    );
    await writeFile(join(folder, 'e-first.dcm'), made(1));
    await writeFile(join(folder, 'f-second.dcm'), made(1, [[0x00080070, 'LO', 'other']]));
    await symlink(join(folder, 'nowhere'), join(folder, 'g-link'));
    const { notices, instances } = await scratchArchive({ folder });
    expect(instances).toBe(1);
    expect(
      notices.map((notice) => (notice.kind === 'file-not-served' ? [notice.path, notice.reason] : notice)),
    ).toEqual([
      ['a-empty', 'not-dicom'],
      ['b-no-preamble.dcm', 'not-dicom'],
      ['c-no-study.dcm', 'no-identity'],
      ['d-no-syntax.dcm', 'no-transfer-syntax'],
      ['f-second.dcm', 'sop-instance-twice'],
    ]);
  });

  test('a file that was changed by hand is read again, one that was taken away is forgotten', async () => {
    const first = await scratchArchive();
    await ask(`${first.url}/studies`, storeBody([made(1, [[0x00081030, 'LO', 'before']]), made(2)]));
    await first.close();
    const series = join(first.folder, STUDY, `${STUDY}.1`);
    await writeFile(join(series, `${STUDY}.1.1.dcm`), made(1, [[0x00081030, 'LO', 'after']]));
    await utimes(join(series, `${STUDY}.1.1.dcm`), new Date(), new Date(Date.now() + 5000));
    await rm(join(series, `${STUDY}.1.2.dcm`));
    const { url, instances } = await scratchArchive({ folder: first.folder });
    expect(instances).toBe(1);
    const [row] = rowsOf(await ask(`${url}/studies?includefield=StudyDescription`));
    expect(value(row, '00081030')).toBe('after');
    expect(value(row, '00201208')).toBe(1);
  });

  test('an instance whose file is taken away while the archive runs is gone', async () => {
    const { url, folder } = await scratchArchive();
    await ask(`${url}/studies`, storeBody([made(1)]));
    await rm(join(folder, STUDY), { recursive: true });
    for (const path of ['', '/metadata', '/frames/1', '/bulkdata/7FE00010'])
      expect((await ask(`${url}/studies/${STUDY}/series/${STUDY}.1/instances/${STUDY}.1.1${path}`)).status).toBe(410);
  });

  test('leftovers of interrupted writes are removed and never served', async () => {
    const folder = await scratchFolder();
    await mkdir(join(folder, '.incoming'));
    await writeFile(join(folder, '.incoming', 'half'), made(1));
    const { instances } = await scratchArchive({ folder });
    expect(instances).toBe(0);
    expect((await readdir(folder)).filter((name) => name === '.incoming')).toEqual([]);
  });

  test('what lies in the place of an instance is not overwritten', async () => {
    const { url, folder } = await scratchArchive();
    await mkdir(join(folder, STUDY, `${STUDY}.1`), { recursive: true });
    await writeFile(join(folder, STUDY, `${STUDY}.1`, `${STUDY}.1.1.dcm`), 'something of mine');
    const answer = await ask(`${url}/studies`, storeBody([made(1)]));
    expect(answer.status).toBe(409);
    expect(await readFile(join(folder, STUDY, `${STUDY}.1`, `${STUDY}.1.1.dcm`), 'utf8')).toBe('something of mine');
  });

  test.each([
    '../../escaped',
    '/etc/escaped',
    '...a',
    '1.2/../../../escaped',
    '1.02.3',
    'letters',
    'CON',
    '1.2.3 x',
    `1.${'2'.repeat(70)}`,
    '%2e%2e',
  ])('an identifier that is no UID is kept but names no path: %s', async (name) => {
    const { url, folder } = await scratchArchive();
    const bytes = handMade({ study: name, series: `${name}/..`, instance: name });
    const stored = await ask(`${url}/studies`, storeBody([bytes]));
    expect(stored.status).toBe(200);
    const references = rowOf(stored)['00081199']?.Value as ReturnType<typeof rowsOf>;
    expect(value(references[0], '00081155')).toBe(name);
    const link = String(value(references[0], '00081190'));
    expect(partsOf(await ask(link))[0]?.body).toEqual(bytes);
    expect(values(rowsOf(await ask(`${url}/studies`)), '0020000D')).toEqual([name]);
    const files = (await readdir(folder, { recursive: true })).filter((file) => file.endsWith('.dcm'));
    expect(files).toHaveLength(1);
    expect(files[0]).toMatch(/^x[0-9a-f]{40}\/x[0-9a-f]{40}\/x[0-9a-f]{40}\.dcm$/);
  });

  test('what no address can name is refused', async () => {
    const { url } = await scratchArchive();
    for (const name of ['.', '..']) {
      const answer = await ask(
        `${url}/studies`,
        storeBody([handMade({ study: STUDY, series: '1.2', instance: name })]),
      );
      expect(answer.status).toBe(400);
    }
  });

  test('of many different objects under one UID, sent at once, exactly one is kept', async () => {
    const { url } = await scratchArchive();
    const candidates = Array.from({ length: 12 }, (_, index) => made(1, [[0x00080070, 'LO', `maker ${index}`]]));
    const answers = await Promise.all(candidates.map((bytes) => ask(`${url}/studies`, storeBody([bytes]))));
    const statuses = answers.map(({ status }) => status);
    expect([...statuses].sort()).toEqual([200, ...new Array<number>(11).fill(409)]);
    expect(await bytesOf(url, 1)).toEqual(candidates[statuses.indexOf(200)]);
  });

  test('a SOP Instance UID that is known in one study is refused in another', async () => {
    const { url } = await scratchArchive();
    await ask(`${url}/studies`, storeBody([made(1)]));
    const elsewhere = handMade({ study: '1.2.3', series: '1.2.3.4', instance: `${STUDY}.1.1` });
    expect((await ask(`${url}/studies`, storeBody([elsewhere]))).status).toBe(409);
    expect(values(rowsOf(await ask(`${url}/studies`)), '0020000D')).toEqual([STUDY]);
  });

  test('a study is called as most of its instances call it', async () => {
    const { url } = await scratchArchive();
    const called = (number: number, name: string): Buffer =>
      made(number, [
        [0x00100010, 'PN', name],
        [0x00100020, 'LO', name],
      ]);
    await ask(`${url}/studies`, storeBody([called(1, 'Other'), called(2, 'Usual'), called(3, 'Usual')]));
    const [row] = rowsOf(await ask(`${url}/studies`));
    expect(row?.['00100010']?.Value).toEqual([{ Alphabetic: 'Usual' }]);
    expect(value(row, '00100020')).toBe('Usual');
  });
});
