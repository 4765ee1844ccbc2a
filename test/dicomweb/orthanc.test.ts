import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Archive, InstanceReference } from '../../src/dicomweb/index.js';
import { readPart10 } from '../../src/dicom/index.js';
import { asReadUid, TAG, type SopInstanceUid, type StudyInstanceUid } from '../../src/domain/index.js';
import { startOrthanc, type RunningOrthanc } from '../environment/orthanc.js';
import { describeWith, orthanc, shared } from '../environment/peers.js';
import { madeFile, type MadeInstance } from './made-file.js';
import { open } from './open.js';

const users = { caliper: 'sécret' };
const credentials = { kind: 'basic', user: 'caliper', password: users.caliper } as const;

const SEG = '1.2.840.10008.5.1.4.1.1.66.4';
const seg = (instance: string, more: Partial<MadeInstance> = {}): MadeInstance => ({
  study: '1.2.1',
  series: '1.2.1.5',
  instance,
  sopClass: SEG,
  modality: 'SEG',
  studyDate: '20260110',
  ...more,
});
const study = asReadUid<StudyInstanceUid>('1.2.1');
const at = (instance: string): InstanceReference => ({
  study,
  series: asReadUid('1.2.1.5'),
  instance: asReadUid(instance),
});

describeWith({ orthanc: orthanc() }, 'Orthanc with users', () => {
  let server: RunningOrthanc;
  let archive: Archive;
  beforeAll(async () => {
    server = await startOrthanc({ users });
    archive = open(server.url, { credentials });
  });
  afterAll(async () => {
    await archive.close();
    await server.stop();
  });

  const pixels = Buffer.from('\r\n--boundary\r\nContent-Type: application/dicom\r\n\r\n--boundary--', 'latin1');
  const first = madeFile(seg('1.2.1.5.1', { pixels }));

  test('what is stored is there and comes back byte for byte', async () => {
    expect(await archive.retrieve(at('1.2.1.5.1'))).toMatchObject({ ok: false, error: { code: 'image-gone' } });
    expect(await archive.store(study, [first])).toEqual({ kind: 'stored', instances: ['1.2.1.5.1'], warnings: [] });
    const held = await server.files();
    expect(Buffer.from(held.get('1.2.1.5.1') ?? []).equals(first)).toBe(true);
    const got = await archive.retrieve(at('1.2.1.5.1'));
    expect(got.ok && Buffer.from(got.value).equals(first)).toBe(true);
  });

  test('the same again is "stored", and so is another object under its UID: the old one stays, only a read-back shows it', async () => {
    expect((await archive.store(study, [first])).kind).toBe('stored');
    const other = madeFile(seg('1.2.1.5.1', { pixels: Buffer.from('different') }));
    expect((await archive.store(study, [other])).kind).toBe('stored');
    const got = await archive.retrieve(at('1.2.1.5.1'));
    expect(got.ok && Buffer.from(got.value).equals(first)).toBe(true);
  });

  test("a study that is not the object's refuses it with a number", async () => {
    expect(await archive.store(asReadUid('1.9'), [madeFile(seg('1.2.1.5.9'))])).toEqual({
      kind: 'refused',
      refused: [{ instance: '1.2.1.5.9', failureReason: 272, means: 'retry', reason: 'archive-error' }],
    });
    expect((await server.files()).has('1.2.1.5.9')).toBe(false);
  });

  test('one good and one that it cannot read: 400, and the good one is there', async () => {
    const good = madeFile(seg('1.2.1.5.2'));
    // cut inside the patient's name: whose it is can still be read by us, not by Orthanc
    const cut = madeFile(seg('1.2.1.5.3')).subarray(0, 420);
    const answer = await archive.store(study, [good, cut]);
    expect(answer).toEqual({
      kind: 'partly',
      stored: ['1.2.1.5.2'],
      warnings: [],
      refused: [{ instance: '1.2.1.5.3', failureReason: undefined, means: 'never', reason: 'store-refused' }],
    });
    expect([...(await server.files()).keys()].sort()).toEqual(['1.2.1.5.1', '1.2.1.5.2']);
    expect(await archive.store(study, [cut])).toMatchObject({ kind: 'refused' });
  });

  test('searching, locating, metadata', async () => {
    const rows = await archive.search('series', { StudyInstanceUID: '1.2.1', Modality: 'SEG' });
    expect(
      rows.ok &&
        rows.value.map((row) => [row.text(TAG.SeriesInstanceUID), row.number(TAG.NumberOfSeriesRelatedInstances)]),
    ).toEqual([['1.2.1.5', 2]]);
    const place = { study: '1.2.1', series: '1.2.1.5', instance: '1.2.1.5.2', sopClass: SEG };
    expect(await archive.locate(asReadUid('1.2.1.5.2'), undefined)).toEqual({ ok: true, value: place });
    expect(await archive.locate(asReadUid('1.2.1.5.2'), asReadUid('1.77'))).toEqual({ ok: true, value: place });
    const metadata = await archive.metadata(at('1.2.1.5.2'));
    expect(metadata.ok && metadata.value.map((row) => row.text(TAG.SOPInstanceUID))).toEqual(['1.2.1.5.2']);
  });

  test('paging over more rows than fit one page', async () => {
    const uids = Array.from({ length: 205 }, (_, i) => `1.5.${i}`);
    for (const uid of uids)
      await server.upload(madeFile(seg(`${uid}.1.1`, { study: uid, series: `${uid}.1`, studyDate: '20200202' })));
    const rows = await archive.search('studies', { StudyDate: '20200202' });
    expect(rows.ok && rows.value.map((row) => row.text(TAG.StudyInstanceUID)).sort()).toEqual([...uids].sort());
  });

  test('wrong credentials are said', async () => {
    const wrong = open(server.url, { credentials: { ...credentials, password: 'x' } });
    expect(await wrong.search('studies', { StudyInstanceUID: '1.2.1' })).toEqual({
      ok: false,
      error: { code: 'archive-unauthorised', status: 401 },
    });
    expect(await wrong.retrieve(at('1.2.1.5.1'))).toEqual({
      ok: false,
      error: { code: 'archive-unauthorised', status: 401 },
    });
    expect(await wrong.store(study, [first])).toEqual({ kind: 'unauthorised' });
    await wrong.close();
  });
});

describeWith({ orthanc: orthanc() }, 'Orthanc that overwrites', () => {
  test('replaces in silence', async () => {
    const server = await startOrthanc({ overwrite: 'takes-new' });
    const archive = open(server.url);
    const old = madeFile(seg('1.2.1.5.1', { pixels: Buffer.from('old!') }));
    const fresh = madeFile(seg('1.2.1.5.1', { pixels: Buffer.from('new!') }));
    expect((await archive.store(study, [old])).kind).toBe('stored');
    expect((await archive.store(study, [fresh])).kind).toBe('stored');
    const got = await archive.retrieve(at('1.2.1.5.1'));
    expect(got.ok && Buffer.from(got.value).equals(fresh)).toBe(true);
    await archive.close();
    await server.stop();
  });
});

describeWith({ orthanc: orthanc(), shared: shared() }, 'Orthanc with real files', ({ shared }) => {
  test('gives every transfer syntax as it was stored', async () => {
    const server = await startOrthanc();
    const archive = open(server.url);
    const folder = join(shared, 'data/studies/variety/ge-one-slice-six-syntaxes');
    const names = readdirSync(folder).filter((name) => name.endsWith('.dcm'));
    expect(names.length).toBeGreaterThanOrEqual(6);
    for (const name of names) {
      const bytes = readFileSync(join(folder, name));
      await server.upload(bytes);
      const file = readPart10(bytes);
      const text = (tag: Parameters<NonNullable<typeof dataSet>['text']>[0]): string => dataSet?.text(tag) ?? '';
      const dataSet = file.ok ? file.value.dataSet : undefined;
      const got = await archive.retrieve({
        study: asReadUid(text(TAG.StudyInstanceUID)),
        series: asReadUid(text(TAG.SeriesInstanceUID)),
        instance: asReadUid<SopInstanceUid>(text(TAG.SOPInstanceUID)),
      });
      expect([name, got.ok && Buffer.compare(got.value, bytes)]).toEqual([name, 0]);
      await server.empty();
    }
    await archive.close();
    await server.stop();
  });
});
