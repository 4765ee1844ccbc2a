import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { SeriesInstanceUid } from '../../src/domain/index.js';
import { sweep, type Archive, type SearchLayer, type SweepResult } from '../../src/dicomweb/index.js';
import { startOrthanc, type RunningOrthanc } from '../environment/orthanc.js';
import { describeWith, orthanc, shared } from '../environment/peers.js';
import { json, startFaultServer, type FaultServer, type Handler } from './fault-server.js';
import { madeFile } from './made-file.js';
import { open } from './open.js';

const JANUARY: SearchLayer = { name: 'january', from: '20260101', to: '20260131', modalities: ['SR'] };
const SR = '1.2.840.10008.5.1.4.1.1.88.33';
const unknown = () => new Map<SeriesInstanceUid, number>();

const swept = async (
  archive: Archive,
  layer: SearchLayer,
  known: Parameters<typeof sweep>[2] = unknown,
): Promise<SweepResult> => {
  const result = await sweep(archive, layer, known);
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
};
const instances = ({ found }: SweepResult) => found.map((report) => report.sopInstanceUID).sort();

describeWith({ orthanc: orthanc() }, 'sweeping a real archive', () => {
  let server: RunningOrthanc;
  let archive: Archive;
  beforeAll(async () => {
    server = await startOrthanc({ users: { caliper: 'secret' } });
    archive = open(server.url, { credentials: { kind: 'basic', user: 'caliper', password: 'secret' } });
  });
  afterAll(async () => {
    await archive.close();
    await server.stop();
  });

  const put = (study: string, series: string, number: number, modality: string, studyDate: string) =>
    server.upload(
      madeFile({
        study,
        series,
        instance: `${series}.${number}`,
        sopClass: modality === 'SR' ? SR : '1.2.840.10008.5.1.4.1.1.2',
        modality,
        studyDate,
        contentDate: '20260102',
        creationTime: '101500',
      }),
    );

  test('finds the reports of its window and its modalities, and their classes', async () => {
    await put('1.1', '1.1.1', 1, 'SR', '20260110');
    await put('1.1', '1.1.1', 2, 'SR', '20260110');
    await put('1.1', '1.1.2', 1, 'CT', '20260110');
    await put('1.2', '1.2.1', 1, 'SR', '20260131');
    await put('1.3', '1.3.1', 1, 'SR', '20260201');
    await put('1.4', '1.4.1', 1, 'KO', '20260110');
    const result = await swept(archive, JANUARY);
    expect(instances(result)).toEqual(['1.1.1.1', '1.1.1.2', '1.2.1.1']);
    expect(result.found.find((report) => report.sopInstanceUID === '1.1.1.2')).toEqual({
      source: 'test',
      studyInstanceUID: '1.1',
      seriesInstanceUID: '1.1.1',
      sopInstanceUID: '1.1.1.2',
      sopClassUID: SR,
      madeAt: { ContentDate: '20260102', InstanceCreationTime: '101500' },
    });
    expect(result).toMatchObject({ requests: 3, instances: 3, failed: [], ignoredKeys: [], shortfalls: [] });
    expect(instances(await swept(archive, { ...JANUARY, modalities: ['SR', 'KO', 'PR'] }))).toEqual([
      '1.1.1.1',
      '1.1.1.2',
      '1.2.1.1',
      '1.4.1.1',
    ]);
  });

  test('costs one request when nothing changed, and lists what did', async () => {
    const counts = new Map((await swept(archive, JANUARY)).series.map(({ series, count }) => [series, count!]));
    expect(counts).toEqual(
      new Map([
        ['1.1.1', 2],
        ['1.2.1', 1],
      ]),
    );
    const quiet = await swept(archive, JANUARY, () => counts);
    expect(quiet).toMatchObject({ found: [], requests: 1, instances: 0 });
    expect(quiet.series.every(({ looked }) => looked === 'skipped')).toBe(true);
    await put('1.2', '1.2.1', 2, 'SR', '20260131');
    const grown = await swept(archive, JANUARY, () => Promise.resolve(counts));
    expect(instances(grown)).toEqual(['1.2.1.1', '1.2.1.2']);
    expect(grown.requests).toBe(2);
  });
});

describeWith({ orthanc: orthanc(), shared: shared() }, 'sweeping the collection of real reports', ({ shared }) => {
  let server: RunningOrthanc;
  let archive: Archive;
  beforeAll(async () => {
    server = await startOrthanc();
    archive = open(server.url);
  });
  afterAll(async () => {
    await archive.close();
    await server.stop();
  });

  const rest = async (path: string): Promise<unknown> => (await fetch(`${server.rest}${path}`)).json();

  test('finds what Orthanc itself knows to be reports with a study date', async () => {
    for (const path of ['negative', 'highdicom', 'ct'].flatMap((folder) =>
      filesUnder(join(shared, 'sr-corpus', folder)),
    ))
      await server.upload(readFileSync(path)).catch((error: unknown) => {
        // a few of the negatives are no files that an archive takes
        if (!/answers 4\d\d/.test(String(error))) throw error;
      });

    const studies = (await rest('/studies?expand')) as { ID: string; MainDicomTags: { StudyDate?: string } }[];
    const dated = new Set(studies.filter((s) => /^\d{8}$/.test(s.MainDicomTags.StudyDate ?? '')).map((s) => s.ID));
    const series = (await rest('/series?expand')) as {
      ID: string;
      ParentStudy: string;
      MainDicomTags: { Modality?: string };
    }[];
    const reports = new Set(
      series.filter((s) => s.MainDicomTags.Modality === 'SR' && dated.has(s.ParentStudy)).map((s) => s.ID),
    );
    const held = (await rest('/instances?expand')) as {
      ParentSeries: string;
      MainDicomTags: { SOPInstanceUID: string };
    }[];
    const expected = held.filter((i) => reports.has(i.ParentSeries)).map((i) => i.MainDicomTags.SOPInstanceUID);
    expect(expected.length).toBeGreaterThan(50);
    expect(held.length - expected.length).toBeGreaterThan(5);

    const result = await swept(archive, { name: 'all', from: '19000101', to: '29991231', modalities: ['SR'] });
    // the same UID may lie in two series: both are seen
    expect([...new Set(instances(result))]).toEqual([...new Set(expected)].sort());
    expect(result).toMatchObject({ failed: [], ignoredKeys: [], shortfalls: [] });
  });
});

const filesUnder = (folder: string): string[] =>
  readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) return filesUnder(path);
    return name.endsWith('.dcm') ? [path] : [];
  });

describe('sweeping an archive with limits or faults', () => {
  let server: FaultServer;
  let archive: Archive;
  beforeAll(async () => {
    server = await startFaultServer();
  });
  beforeEach(() => {
    archive = open(server.url);
  });
  afterEach(() => archive.close());
  afterAll(() => server.stop());

  const study = (uid: string, date = '20260110') => ({
    '00080020': { vr: 'DA', Value: [date] },
    '00080061': { vr: 'CS', Value: ['CT', 'SR'] },
    '0020000D': { vr: 'UI', Value: [uid] },
  });
  const series = (uid: string, of: string, count?: number, date = '20260110') => ({
    ...study(of, date),
    '00080060': { vr: 'CS', Value: ['SR'] },
    '0020000E': { vr: 'UI', Value: [uid] },
    ...(count === undefined ? {} : { '00201209': { vr: 'IS', Value: [count] } }),
  });
  const instance = (uid: string) => ({ '00080018': { vr: 'UI', Value: [uid] } });
  const paths = () => server.requests.map((request) => request.path);

  const byStudy: Handler = (request, response) => {
    if (request.path === '/studies') json(response, [study('1.1'), study('1.2')]);
    else if (request.path === '/studies/1.1/series') json(response, [series('1.1.1', '1.1', 1)]);
    else if (request.path === '/studies/1.1/series/1.1.1/instances') json(response, [instance('1.1.1.1')]);
    else if (request.path === '/studies/1.2/series') json(response, []);
    else response.writeHead(404).end();
  };

  test.each([400, 404, 501])('series across studies answered with %i: study by study', async (status) => {
    server.answer((request, response) =>
      request.path === '/series' ? response.writeHead(status).end() : byStudy(request, response),
    );
    const result = await swept(archive, JANUARY);
    expect(instances(result)).toEqual(['1.1.1.1']);
    expect(result.found[0]?.sopClassUID).toBeUndefined();
    expect(result.requests).toBe(5);
    expect(paths()).toEqual([
      '/series',
      '/studies',
      '/studies/1.1/series',
      '/studies/1.2/series',
      '/studies/1.1/series/1.1.1/instances',
    ]);
    expect(server.requests[1]?.rawQuery).toContain('ModalitiesInStudy=SR&StudyDate=20260101-20260131');
  });

  test('StudyDate ignored for series: one page, then study by study', async () => {
    server.answer((request, response) =>
      request.path === '/series'
        ? json(
            response,
            Array.from({ length: 200 }, (_, i) => series(`7.${i}`, '7', 1, '19990101')),
          )
        : byStudy(request, response),
    );
    const result = await swept(archive, JANUARY);
    expect(instances(result)).toEqual(['1.1.1.1']);
    expect(result.ignoredKeys).toEqual(['StudyDate']);
    expect(result.shortfalls).toEqual([]);
    expect(paths().filter((path) => path === '/series')).toHaveLength(1);
  });

  test('StudyDate ignored altogether: the whole archive is not read', async () => {
    server.answer((request, response) => {
      const offset = Number(request.query.get('offset') ?? 0);
      if (request.path === '/series') response.writeHead(400).end();
      else
        json(
          response,
          Array.from({ length: 200 }, (_, i) => study(`7.${offset + i}`, '19990101')),
        );
    });
    expect(await sweep(archive, JANUARY, unknown)).toEqual({
      ok: false,
      error: { code: 'search-key-ignored', detail: 'StudyDate' },
    });
    expect(server.requests).toHaveLength(2);
  });

  test('an archive that does not count instances has every series listed', async () => {
    server.answer((request, response) =>
      request.path === '/series'
        ? json(response, [series('1.1.1', '1.1')])
        : json(response, [instance('1.1.1.1'), instance('1.1.1.2')]),
    );
    const result = await swept(archive, JANUARY, (counted) => new Map(counted.map(({ series: uid }) => [uid, 2])));
    expect(instances(result)).toEqual(['1.1.1.1', '1.1.1.2']);
    expect(result.series).toEqual([{ study: '1.1', series: '1.1.1', count: undefined, looked: 'listed' }]);
  });

  test('an instance that arrives between count and list is listed again next time', async () => {
    server.answer((request, response) =>
      request.path === '/series'
        ? json(response, [series('1.1.1', '1.1', 1)])
        : json(response, [instance('1.1.1.1'), instance('1.1.1.2')]),
    );
    expect((await swept(archive, JANUARY)).series[0]?.count).toBe(1);
    server.answer((request, response) =>
      request.path === '/series' ? json(response, [series('1.1.1', '1.1', 2)]) : json(response, [instance('1.1.1.1')]),
    );
    expect((await swept(archive, JANUARY)).series[0]?.count).toBe(1);
  });

  test('one series that cannot be listed does not hide the others', async () => {
    server.answer((request, response) => {
      if (request.path === '/series') json(response, [series('1.1.1', '1.1', 1), series('1.1.2', '1.1', 1)]);
      else if (request.path.includes('1.1.1')) response.writeHead(500).end();
      else json(response, [instance('1.1.2.1')]);
    });
    const result = await swept(archive, JANUARY);
    expect(instances(result)).toEqual(['1.1.2.1']);
    expect(result.failed).toEqual([{ study: '1.1', series: '1.1.1', problem: { code: 'archive-error', status: 500 } }]);
    expect(result.series).toHaveLength(1);
  });

  test.each([401, 403, 503])('%i in the middle ends the sweep', async (status) => {
    server.answer((request, response) =>
      request.path === '/series' ? json(response, [series('1.1.1', '1.1', 1)]) : response.writeHead(status).end(),
    );
    expect(await sweep(archive, JANUARY, unknown)).toMatchObject({ ok: false, error: { status } });
  });

  test('what was found before an end in the middle is told, and the next sweep lists the rest only', async () => {
    const known = new Map<SeriesInstanceUid, number>();
    const found: string[] = [];
    const all = Array.from({ length: 130 }, (_, n) => `1.1.${n + 1}`);
    let lists = 0;
    server.answer((request, response) => {
      if (request.path === '/series')
        return json(
          response,
          all.slice(Number(request.query.get('offset') ?? 0)).map((uid) => series(uid, '1.1', 1)),
        );
      lists++;
      if (lists === 120) return void response.writeHead(503).end();
      return json(response, [instance(`${request.path.split('/').at(-2)!}.1`)]);
    });
    const parts: number[] = [];
    const run = () =>
      sweep(
        archive,
        JANUARY,
        () => known,
        (part) => {
          parts.push(part.found.length);
          found.push(...part.found.map(({ sopInstanceUID }) => sopInstanceUID));
          for (const { series: uid, count } of part.series) if (count !== undefined) known.set(uid, count);
          return Promise.resolve();
        },
      );
    expect(await run()).toMatchObject({ ok: false, error: { code: 'archive-busy' } });
    expect(parts).toEqual([...Array<number>(11).fill(10), 9]);
    expect((await run()).ok).toBe(true);
    expect(lists).toBe(120 + 130 - 119);
    expect([...found].sort()).toEqual(all.map((uid) => `${uid}.1`).sort());
  });

  test('what is known is asked for once, for all series that are counted', async () => {
    server.answer((request, response) =>
      request.path === '/series'
        ? json(response, [series('1.1.1', '1.1', 1), series('1.1.2', '1.1', 2), series('1.1.3', '1.1')])
        : json(response, [instance(`${request.path.split('/').at(-2)!}.1`)]),
    );
    const asked: string[][] = [];
    const result = await swept(archive, JANUARY, (counted) => {
      asked.push(counted.map(({ series: uid }) => uid));
      return new Map([['1.1.1' as SeriesInstanceUid, 1]]);
    });
    expect(asked).toEqual([['1.1.1', '1.1.2']]);
    expect(instances(result)).toEqual(['1.1.2.1', '1.1.3.1']);
  });

  test('when reports were made, and whether they are online, as far as it is answered', async () => {
    const answered = {
      ...instance('1.1.1.1'),
      '00080023': { vr: 'DA', Value: ['20260110'] },
      '00080033': { vr: 'TM', Value: ['101500.25'] },
      '00080056': { vr: 'CS', Value: ['NEARLINE'] },
    };
    server.answer((request, response) =>
      json(response, request.path === '/series' ? [series('1.1.1', '1.1', 2)] : [answered, instance('1.1.1.2')]),
    );
    expect((await swept(archive, JANUARY)).found).toMatchObject([
      { madeAt: { ContentDate: '20260110', ContentTime: '101500.25' }, availability: 'NEARLINE' },
      { sopInstanceUID: '1.1.1.2', madeAt: {} },
    ]);
    expect(server.requests[1]?.rawQuery).toContain(
      'includefield=SOPClassUID,ContentDate,ContentTime,InstanceCreationDate,InstanceCreationTime,InstanceAvailability',
    );
  });

  test('an archive that refuses to answer so much is asked for the class alone', async () => {
    server.answer((request, response) => {
      if (request.path === '/series') json(response, [series('1.1.1', '1.1', 1)]);
      else if (request.rawQuery.includes('ContentDate')) response.writeHead(400).end();
      else json(response, [instance('1.1.1.1')]);
    });
    const result = await swept(archive, JANUARY);
    expect(instances(result)).toEqual(['1.1.1.1']);
    expect(result).toMatchObject({ requests: 3, failed: [] });
  });

  test('a series without its study cannot be asked for, and is said', async () => {
    const lost = { '00080060': { vr: 'CS', Value: ['SR'] }, '0020000E': { vr: 'UI', Value: ['1.9'] } };
    server.answer((_, response) => json(response, [lost]));
    expect(await swept(archive, JANUARY)).toMatchObject({ found: [], series: [], shortfalls: ['row-unusable'] });
  });
});
