import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { gzipSync } from 'node:zlib';
import type { ServerResponse } from 'node:http';
import type { Archive } from '../../src/dicomweb/index.js';
import { asReadUid, TAG, type SopInstanceUid, type StudyInstanceUid } from '../../src/domain/index.js';
import { json, startFaultServer, type FaultServer } from './fault-server.js';
import { open } from './open.js';

let server: FaultServer;
let archive: Archive;
beforeAll(async () => {
  server = await startFaultServer();
  archive = open(server.url);
});
afterAll(async () => {
  await archive.close();
  await server.stop();
});

const study = (uid: string, date = '20260110', modalities = ['CT', 'SR']) => ({
  '00080020': { vr: 'DA', Value: [date] },
  '00080061': { vr: 'CS', Value: modalities },
  '0020000D': { vr: 'UI', Value: [uid] },
});
const series = (uid: string, of: string, modality = 'SR') => ({
  '00080060': { vr: 'CS', Value: [modality] },
  '0020000D': { vr: 'UI', Value: [of] },
  '0020000E': { vr: 'UI', Value: [uid] },
});
const instance = (uid: string, of: string, ofSeries: string) => ({
  ...series(ofSeries, of),
  '00080016': { vr: 'UI', Value: ['1.2.840.10008.5.1.4.1.1.88.33'] },
  '00080018': { vr: 'UI', Value: [uid] },
});
const uids = (rows: Awaited<ReturnType<Archive['search']>>, tag = TAG.StudyInstanceUID) =>
  rows.ok ? rows.value.map((row) => row.text(tag)) : rows.error;

describe('what is asked', () => {
  beforeAll(() => server.answer((_, response) => json(response, [])));
  const asked = () => {
    const request = server.requests.at(-1);
    return `${request?.path}?${request?.rawQuery}`;
  };

  test('studies by keys, with what is to be answered', async () => {
    await archive.search(
      'studies',
      { StudyDate: '20260101-20260131', ModalitiesInStudy: 'SR' },
      { include: ['StudyDescription'] },
    );
    expect(asked()).toBe(
      '/studies?StudyDate=20260101-20260131&ModalitiesInStudy=SR&includefield=StudyDescription,StudyDate,ModalitiesInStudy&limit=200',
    );
    expect(server.requests.at(-1)?.headers.accept).toBe('application/dicom+json');
  });

  test('a study at its own level is a key', async () => {
    await archive.search('studies', { StudyInstanceUID: '1.2' });
    expect(asked()).toBe('/studies?StudyInstanceUID=1.2&includefield=StudyInstanceUID&limit=200');
  });

  test('study and series become the path', async () => {
    await archive.search('series', { StudyInstanceUID: '1.2', Modality: 'SR' });
    expect(asked()).toBe('/studies/1.2/series?Modality=SR&includefield=Modality&limit=200');
    await archive.search('instances', { StudyInstanceUID: '1.2', SeriesInstanceUID: '1.3' });
    expect(asked()).toBe('/studies/1.2/series/1.3/instances?limit=200');
    await archive.search('instances', { StudyInstanceUID: '1.2', SOPInstanceUID: '1.4' });
    expect(asked()).toBe('/studies/1.2/instances?SOPInstanceUID=1.4&includefield=SOPInstanceUID&limit=200');
    await archive.search('instances', { SeriesInstanceUID: '1.3' });
    expect(asked()).toBe('/instances?SeriesInstanceUID=1.3&includefield=SeriesInstanceUID&limit=200');
  });

  test('a list of studies stays a key, with its commas', async () => {
    await archive.search('series', { StudyInstanceUID: '1.2,1.3' });
    expect(asked()).toBe('/series?StudyInstanceUID=1.2,1.3&includefield=StudyInstanceUID&limit=200');
  });

  test('a root with a slash at its end is the same root', async () => {
    const slashed = open(`${server.url}/`);
    await slashed.search('studies', { StudyInstanceUID: '1.2' });
    expect(asked()).toBe('/studies?StudyInstanceUID=1.2&includefield=StudyInstanceUID&limit=200');
    await slashed.close();
  });

  test('everything is never asked for', async () => {
    const before = server.requests.length;
    for (const query of [{}, { Modality: '*' }, { PatientID: '' }, { StudyInstanceUID: '' }])
      await expect(archive.search('studies', query)).rejects.toThrow('unfiltered');
    await expect(archive.search('series', { Modalty: 'SR' })).rejects.toThrow('not a keyword');
    expect(server.requests).toHaveLength(before);
  });

  test('nothing is found under an identifier that leads elsewhere, and it is not asked for', async () => {
    const before = server.requests.length;
    for (const uid of ['../..', '1.2/series', '1.2?x', '..'])
      expect(await archive.search('series', { StudyInstanceUID: uid })).toEqual({ ok: true, value: [] });
    expect(server.requests).toHaveLength(before);
  });
});

describe('rows', () => {
  test('200 with an empty list, and 204, are nothing', async () => {
    server.answer((_, response) => json(response, []));
    expect(await archive.search('studies', { StudyInstanceUID: '1.2' })).toEqual({ ok: true, value: [] });
    server.answer((_, response) => response.writeHead(204).end());
    expect(await archive.search('studies', { StudyInstanceUID: '1.2' })).toEqual({ ok: true, value: [] });
  });

  test('404 for a study that is named is nothing; for the search itself it is a wrong address', async () => {
    server.answer((_, response) => response.writeHead(404).end());
    expect(await archive.search('series', { StudyInstanceUID: '1.2' })).toEqual({ ok: true, value: [] });
    expect(await archive.search('series', { Modality: 'SR' })).toEqual({
      ok: false,
      error: { code: 'archive-not-found', status: 404 },
    });
  });

  test('that do not fit are dropped, and the keys are named', async () => {
    server.answer((_, response) => json(response, [study('1.1'), study('1.2', '20260110', ['CT']), study('1.3')]));
    const answer = await archive.survey('studies', { StudyDate: '20260101-20260131', ModalitiesInStudy: 'SR' });
    expect(answer.ok && answer.value.rows.map((row) => row.text(TAG.StudyInstanceUID))).toEqual(['1.1', '1.3']);
    expect(answer.ok && answer.value.ignoredKeys).toEqual(['ModalitiesInStudy']);
    expect(answer.ok && answer.value.shortfalls).toEqual([]);
  });

  test('of an archive that ignores the key that bounds the search: one page, then no further', async () => {
    server.answer((request, response) => {
      const offset = Number(request.query.get('offset') ?? 0);
      json(
        response,
        Array.from({ length: 200 }, (_, i) => study(`1.2.${offset + i}`, '19990101')),
      );
    });
    const answer = await archive.survey('studies', { StudyDate: '20260101-20260131' });
    expect(answer).toEqual({
      ok: true,
      value: { rows: [], ignoredKeys: ['StudyDate'], shortfalls: ['key-ignored'], requests: 1 },
    });
    expect(await archive.search('studies', { StudyDate: '20260101-20260131' })).toEqual({
      ok: false,
      error: { code: 'search-key-ignored', detail: 'StudyDate' },
    });
  });

  test('one with a date that was corrected meanwhile does not end the search', async () => {
    const all = Array.from({ length: 250 }, (_, i) => study(`1.2.${i}`, i === 7 ? '19990101' : '20260110'));
    server.answer((request, response) => {
      const offset = Number(request.query.get('offset') ?? 0);
      json(response, all.slice(offset, offset + 200));
    });
    const answer = await archive.survey('studies', { StudyDate: '20260101-20260131' });
    expect(answer.ok && answer.value.rows).toHaveLength(249);
    expect(answer.ok && [answer.value.ignoredKeys, answer.value.shortfalls]).toEqual([['StudyDate'], []]);
  });

  test('of another study than the one in the path are dropped', async () => {
    server.answer((_, response) => json(response, [series('1.2.1', '1.2'), series('1.3.1', '1.3')]));
    expect(uids(await archive.search('series', { StudyInstanceUID: '1.2' }), TAG.SeriesInstanceUID)).toEqual(['1.2.1']);
  });

  test('over several pages, each once', async () => {
    const all = Array.from({ length: 450 }, (_, i) => study(`1.2.${i}`));
    server.answer((request, response) => {
      const offset = Number(request.query.get('offset') ?? 0);
      json(response, all.slice(offset, offset + Number(request.query.get('limit'))));
    });
    const fresh = open(server.url);
    const rows = await fresh.search('studies', { StudyDate: '20260101-20260131' });
    expect(uids(rows)).toEqual(all.map((_, i) => `1.2.${i}`));
    expect(server.requests.map((request) => request.query.get('offset'))).toEqual([null, '190', '380']);
    await fresh.close();
  });

  test('a row without its UID is left out, and a search that must be complete fails', async () => {
    server.answer((_, response) => json(response, [study('1.1'), { '00080020': { vr: 'DA' } }, 'row', null]));
    const answer = await archive.survey('studies', { StudyDate: '20260101-20260131' });
    expect(answer.ok && answer.value.shortfalls).toEqual(['row-unusable']);
    expect(answer.ok && answer.value.rows).toHaveLength(1);
    expect(await archive.search('studies', { StudyDate: '20260101-20260131' })).toEqual({
      ok: false,
      error: { code: 'archive-answer-invalid', detail: 'row-unusable' },
    });
  });

  test('in JSON by another name, with a byte order mark, or compressed unasked', async () => {
    for (const [type, bytes, encoding] of [
      ['application/json; charset=utf-8', Buffer.from(JSON.stringify([study('1.1')]))],
      ['text/plain', Buffer.from(`\ufeff${JSON.stringify([study('1.1')])}`)],
      ['application/dicom+json', gzipSync(JSON.stringify([study('1.1')])), 'gzip'],
    ] as const) {
      server.answer((_, response) =>
        response
          .writeHead(200, { 'content-type': type, ...(encoding ? { 'content-encoding': encoding } : {}) })
          .end(bytes),
      );
      expect(uids(await archive.search('studies', { StudyInstanceUID: '1.1' }))).toEqual(['1.1']);
    }
  });
});

describe('what is no answer is a reason', () => {
  const cases: readonly [string, (response: ServerResponse) => void, string][] = [
    [
      'a login page',
      (r) => r.writeHead(200, { 'content-type': 'text/html' }).end('<html>Doe^Jane</html>'),
      'archive-answer-invalid',
    ],
    ['broken JSON', (r) => r.writeHead(200).end('[{"00100010": "Doe^Jane"'), 'archive-answer-invalid'],
    ['an object', (r) => json(r, study('1.1')), 'archive-answer-invalid'],
    ['nothing', (r) => r.writeHead(200).end(), 'archive-answer-invalid'],
    [
      'multipart XML',
      (r) =>
        r
          .writeHead(200, { 'content-type': 'multipart/related; type="application/dicom+xml"; boundary=b' })
          .end('--b\r\n\r\n<x/>\r\n--b--'),
      'archive-answer-invalid',
    ],
    ['400', (r) => json(r, { error: 'Doe^Jane' }, 400), 'archive-error'],
    ['401', (r) => r.writeHead(401).end(), 'archive-unauthorised'],
    ['403', (r) => r.writeHead(403).end(), 'archive-forbidden'],
    ['302', (r) => r.writeHead(302, { location: '/login' }).end(), 'archive-redirects'],
    ['503', (r) => r.writeHead(503).end(), 'archive-busy'],
    ['500', (r) => r.writeHead(500).end('Doe^Jane'), 'archive-error'],
  ];
  test.each(cases)('%s', async (_, handler, code) => {
    server.answer((__, response) => handler(response));
    const answer = await archive.search('studies', { StudyInstanceUID: '1.1' });
    expect(!answer.ok && answer.error.code).toBe(code);
    expect(JSON.stringify(answer)).not.toContain('Doe');
  });
});

describe('locating an instance', () => {
  const wanted = asReadUid<SopInstanceUid>('1.2.1.1');
  const itsStudy = asReadUid<StudyInstanceUid>('1.2');
  const place = { study: '1.2', series: '1.2.1', instance: wanted, sopClass: '1.2.840.10008.5.1.4.1.1.88.33' };

  test('in its study', async () => {
    server.answer((_, response) => json(response, [instance(wanted, '1.2', '1.2.1')]));
    expect(await archive.locate(wanted, itsStudy)).toEqual({ ok: true, value: place });
    expect(server.requests.map((request) => request.path)).toEqual(['/studies/1.2/instances']);
  });

  test('elsewhere, when its study does not have it', async () => {
    server.answer((request, response) =>
      json(response, request.path === '/instances' ? [instance(wanted, '1.3', '1.3.1')] : []),
    );
    expect(await archive.locate(wanted, itsStudy)).toEqual({
      ok: true,
      value: { ...place, study: '1.3', series: '1.3.1' },
    });
  });

  test('twice in the archive: the same place every time', async () => {
    const rows = [instance(wanted, '1.3', '1.3.1'), instance(wanted, '1.2', '1.2.1')];
    for (const order of [rows, [...rows].reverse()]) {
      server.answer((_, response) => json(response, order));
      const found = await archive.locate(wanted, undefined);
      expect(found.ok && found.value.series).toBe('1.2.1');
    }
  });

  test('nowhere', async () => {
    server.answer((_, response) => json(response, []));
    expect(await archive.locate(wanted, itsStudy)).toEqual({ ok: false, error: { code: 'image-gone' } });
    expect(await archive.locate(asReadUid('../1'), undefined)).toEqual({ ok: false, error: { code: 'image-gone' } });
  });

  test('in an archive that cannot search instances across studies', async () => {
    server.answer((request, response) =>
      request.path === '/instances' ? response.writeHead(400).end() : json(response, []),
    );
    expect(await archive.locate(wanted, itsStudy)).toEqual({ ok: false, error: { code: 'image-gone' } });
    expect(await archive.locate(wanted, undefined)).toEqual({
      ok: false,
      error: { code: 'archive-error', status: 400 },
    });
  });

  test('in an archive that ignores the key', async () => {
    server.answer((_, response) =>
      json(
        response,
        Array.from({ length: 200 }, (__, i) => instance(`9.${i}`, '9', '9.9')),
      ),
    );
    expect(await archive.locate(wanted, undefined)).toMatchObject({ ok: false, error: { code: 'search-key-ignored' } });
  });
});

describe('metadata', () => {
  const reference = { study: asReadUid<StudyInstanceUid>('1.2'), series: asReadUid<never>('1.2.1') };
  test('of a series and of an instance', async () => {
    server.answer((_, response) => json(response, [instance('1.2.1.1', '1.2', '1.2.1')]));
    expect(uids(await archive.metadata(reference), TAG.SOPInstanceUID)).toEqual(['1.2.1.1']);
    expect(server.requests[0]?.path).toBe('/studies/1.2/series/1.2.1/metadata');
    await archive.metadata({ ...reference, instance: asReadUid('1.2.1.1') });
    expect(server.requests[1]?.path).toBe('/studies/1.2/series/1.2.1/instances/1.2.1.1/metadata');
  });

  test('of what is not there', async () => {
    server.answer((_, response) => response.writeHead(404).end());
    expect(await archive.metadata(reference)).toEqual({ ok: false, error: { code: 'image-gone', status: 404 } });
  });
});
