import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { sweep, type Archive, type SearchLayer } from '../../../src/dicomweb/index.js';
import { fail, SOP_CLASS, type SeriesInstanceUid } from '../../../src/domain/index.js';
import { madeFile } from '../../dicomweb/made-file.js';
import { startOrthanc } from '../../environment/orthanc.js';
import { describeWith, orthanc } from '../../environment/peers.js';
import { filesOf } from '../../pipeline/altered-phantom.js';
import { manyReports } from '../many-reports.js';
import { startBench, startVault, type DefectBench } from './bench.js';
import { startGate, type GateRequest, type Judgement } from './gate.js';

const long = process.env['CALIPER_LONG'] === '1';
const make = manyReports();

let bench: DefectBench;
beforeAll(async () => {
  bench = await startBench();
});
beforeEach(() => bench.empty());
afterAll(() => bench.close());

test('d06-poison-does-not-block', async () => {
  const good = long ? 100 : 12;
  const poison = {
    'never ends': make(0),
    'crashes the worker': make(1),
    'is a report of 100 MB': make(2),
    throws: make(3),
  };
  const noPixels = filesOf({ name: '', reason: '', image: (image) => void delete image['PixelData'] }, 77);
  const reports = Array.from({ length: good }, (_, n) => make(10 + n));
  const source = bench.keep(
    await startVault([
      ...Object.values(poison).flatMap(({ files }) => files),
      ...noPixels,
      ...reports.flatMap(({ files }) => files),
    ]),
  );
  const target = bench.keep(await startVault());
  const gate = bench.keep(await startGate(source.url, bench.clock.now));
  const isImageOf = ({ studyUID }: { studyUID: string }, path: string) =>
    path.includes(studyUID) && path.includes(`${studyUID.slice(0, -2)}.3`) && path.includes('/instances/');
  gate.judge = (request): Judgement => {
    if (isImageOf(poison['never ends'], request.path)) return 'never-answer';
    const { studyUID, reportUID } = poison['is a report of 100 MB'];
    if (request.path.includes(studyUID) && request.path.includes(`/instances/${reportUID}`))
      return { status: 200, headers: { 'content-type': 'application/dicom' }, body: Buffer.alloc(100_000_000, 0x20) };
    return 'pass';
  };
  const pacs = bench.archive('pacs', gate.url, {
    timeouts: { connect: 5_000, headers: 700, body: 5_000, whole: 20_000 },
    maximumAnswerBytes: 32_000_000,
  });
  const honest = bench.world([pacs], [bench.archive('vault', target.url)]);
  const crashing = Buffer.from(`${poison['crashes the worker'].studyUID.slice(0, -2)}.3`);
  const world = {
    ...honest,
    kernels: {
      ...honest.kernels,
      decode: (bytes: Uint8Array, frame: number | undefined) =>
        Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes(crashing)
          ? Promise.resolve(fail('worker-crashed' as const))
          : honest.kernels.decode(bytes, frame),
    },
    sources: new Map(
      [...honest.sources].map(([name, source]) => [
        name,
        {
          ...source,
          archive: {
            ...pacs,
            retrieve: (place: Parameters<typeof pacs.retrieve>[0]) => {
              if (place.study === poison.throws.studyUID) throw new TypeError('nobody expects this');
              return pacs.retrieve(place);
            },
          },
        },
      ]),
    ),
  };
  await bench.sweep(world);
  // one pass over all that is due: the poison came first
  await bench.work(world);
  expect(target.segmentations()).toHaveLength(good);
  expect((await bench.outcomes())['stored']).toBe(good);
  // and ends in the dead letter with a reason, once it has been tried as often as its reason allows
  await bench.live(world, 3_600_000);
  for (let i = 0; i < 2; i++) {
    await bench.database.pool.query("update caliper.run set attempts = 176, due = now() where state = 'waiting'");
    await bench.work(world);
  }
  const { rows } = await bench.database.pool.query<{ study: string; ends: string }>(
    `select p.study_instance_uid as study, r.state || coalesce(': ' || r.reason, '') as ends
     from caliper.run r join caliper.report p on p.number = r.report where r.state <> 'done'`,
  );
  const became = new Map(rows.map(({ study, ends }) => [study, ends]));
  expect(Object.entries(poison).map(([what, { studyUID }]) => [what, became.get(studyUID)])).toEqual([
    ['never ends', 'dead: archive-timeout'],
    ['crashes the worker', 'dead: worker-crashed'],
    ['is a report of 100 MB', 'dead: archive-answer-invalid'],
    ['throws', 'dead: unexpected-error'],
  ]);
  expect(await bench.outcomes()).toMatchObject({ 'skipped: no-pixel-data': 1 });
}, 240_000);

describe('d08', () => {
  const LAYER: SearchLayer = { name: 'days', from: '20260101', to: '20260116', modalities: ['SR'] };
  interface Row {
    readonly uid: string;
    readonly date: string;
  }
  const REPORTS: readonly Row[] = Array.from({ length: 96 }, (_, n) => ({
    uid: `1.2.${n + 1}`,
    date: `202601${String(1 + (n % 16)).padStart(2, '0')}`,
  }));

  /** A search service with one report a series; `page` is what it makes of the rows that fit. */
  async function hostile(
    page: (rows: readonly Row[], offset: number, limit: number, request: number) => readonly Row[],
    rowsAt: (request: number) => readonly Row[] = () => REPORTS,
  ) {
    const gate = bench.keep(await startGate(undefined));
    let searches = 0;
    gate.judge = ({ path }: GateRequest): Judgement => {
      const url = new URL(path, 'http://archive');
      const json = (value: unknown) => ({
        status: 200,
        headers: { 'content-type': 'application/dicom+json' },
        body: JSON.stringify(value),
      });
      const ui = (value: string) => ({ vr: 'UI', Value: [value] });
      const one = /\/studies\/([\d.]+)\/series\/[\d.]+\/instances/.exec(url.pathname)?.[1];
      if (one !== undefined)
        return json([
          {
            '00080018': ui(`${one}.5`),
            '00080016': ui('1.2.840.10008.5.1.4.1.1.88.34'),
            '0020000D': ui(one),
            '0020000E': ui(`${one}.4`),
          },
        ]);
      const [from, to] = url.searchParams.get('StudyDate')!.split('-') as [string, string];
      const fitting = rowsAt(++searches).filter(({ date }) => date >= from && date <= to);
      const rows = page(
        fitting,
        Number(url.searchParams.get('offset') ?? 0),
        Number(url.searchParams.get('limit')),
        searches,
      );
      return json(
        rows.map(({ uid, date }) => ({
          '00080020': { vr: 'DA', Value: [date] },
          '00080060': { vr: 'CS', Value: ['SR'] },
          '0020000D': ui(uid),
          '0020000E': ui(`${uid}.4`),
          '00201209': { vr: 'IS', Value: [1] },
        })),
      );
    };
    return gate;
  }
  const shuffled = (rows: readonly Row[], by: number): readonly Row[] =>
    [...rows].sort(
      (a, b) => ((Number(a.uid.slice(4)) * 7919 * by) % 101) - ((Number(b.uid.slice(4)) * 7919 * by) % 101),
    );

  test('d08-hostile-paging', async () => {
    const arriving = (request: number): readonly Row[] => [
      ...Array.from({ length: request }, (_, n) => ({ uid: `1.3.${n + 1}`, date: '20260108' })),
      ...REPORTS,
    ];
    const vanishing = (request: number): readonly Row[] => [
      ...Array.from({ length: Math.max(0, 30 - 3 * request) }, (_, n) => ({ uid: `1.3.${n + 1}`, date: '20260108' })),
      ...REPORTS,
    ];
    const ways: Readonly<Record<string, () => ReturnType<typeof hostile>>> = {
      'cuts to 12 in silence': () => hostile((rows, offset) => rows.slice(offset, offset + 12)),
      'ignores offset and gives everything': () => hostile((rows) => rows),
      'cuts to 12 and ignores offset': () => hostile((rows) => rows.slice(0, 12)),
      'shuffles between pages of 50': () =>
        hostile((rows, offset, _limit, request) => shuffled(rows, request).slice(offset, offset + 50)),
      'inserts while paging': () => hostile((rows, offset) => rows.slice(offset, offset + 40), arriving),
      'deletes while paging': () => hostile((rows, offset) => rows.slice(offset, offset + 40), vanishing),
      'gives pages of changing length': () =>
        hostile((rows, offset, _limit, request) => rows.slice(offset, offset + 13 + ((request * 17) % 40))),
      'gives the same page for ever': () => hostile((rows) => [...rows, ...rows, ...rows].slice(0, 200)),
    };
    for (const [what, start] of Object.entries(ways)) {
      const gate = await start();
      const archive = bench.archive('pacs', gate.url, { budget: { requestsPerSecond: 1e6, megabytesPerSecond: 1e6 } });
      const found = new Set<string>();
      const counts = new Map<SeriesInstanceUid, number>();
      const requests: number[] = [];
      for (let i = 0; i < 2; i++) {
        const before = gate.requests.filter(({ path }) => path.includes('StudyDate')).length;
        const swept = await sweep(archive, LAYER, () => counts);
        if (!swept.ok) throw new Error(`${what}: ${swept.error.code}`);
        for (const { sopInstanceUID } of swept.value.found) found.add(sopInstanceUID);
        for (const { series, count } of swept.value.series) if (count !== undefined) counts.set(series, count);
        requests.push(gate.requests.filter(({ path }) => path.includes('StudyDate')).length - before);
      }
      expect([what, REPORTS.filter(({ uid }) => !found.has(`${uid}.5`))]).toEqual([what, []]);
      expect(Math.max(...requests)).toBeLessThan(110);
    }
  }, 120_000);

  describeWith({ orthanc: orthanc() }, 'Orthanc behind a gate that cuts its pages', () => {
    test('d08-hostile-paging', async () => {
      const server = bench.keep(await startOrthanc().then((o) => ({ ...o, close: () => o.stop() })));
      const reports = Array.from({ length: 15 }, (_, n) => make(200 + n));
      for (const { files } of reports)
        for (const { name, bytes } of files) if (name.includes('report')) await server.upload(bytes);
      const gate = bench.keep(await startGate(server.url));
      gate.judge = ({ path }) =>
        path.includes('/series?')
          ? {
              change: ({ status, body }) => ({
                status,
                headers: { 'content-type': 'application/dicom+json' },
                body: JSON.stringify((JSON.parse(body.toString()) as unknown[]).slice(0, 12)),
              }),
            }
          : 'pass';
      const swept = await sweep(
        bench.archive('pacs', gate.url),
        { name: 'all', from: '19000101', to: '29991231', modalities: ['SR'] },
        () => new Map(),
      );
      expect(swept.ok && new Set(swept.value.found.map(({ sopInstanceUID }) => sopInstanceUID)).size).toBe(15);
    }, 60_000);
  });
});

test('d12-memory-bounded', async () => {
  const gate = bench.keep(await startGate(undefined));
  const flood = (headers: Record<string, string>, chunk: Buffer): Judgement => ({
    write: (response) => {
      response.writeHead(200, headers);
      const more = (): void => {
        while (!response.destroyed && response.write(chunk));
        if (!response.destroyed) response.once('drain', more);
      };
      response.once('close', () => response.destroy());
      more();
    },
  });
  const part = Buffer.concat([
    Buffer.from('\r\n--b\r\nContent-Type: application/dicom\r\n\r\n'),
    Buffer.alloc(60_000, 1),
  ]);
  const bomb = gzipSync(Buffer.alloc(300_000_000), { level: 1 });
  const answers: Readonly<Record<string, Judgement>> = {
    '4 GB': flood({ 'content-type': 'application/dicom', 'content-length': '4000000000' }, Buffer.alloc(65_536, 1)),
    'without an end': flood({ 'content-type': 'application/dicom' }, Buffer.alloc(65_536, 1)),
    'a multipart without an end': flood(
      { 'content-type': 'multipart/related; type="application/dicom"; boundary=b' },
      part,
    ),
    'a gzip bomb': {
      status: 200,
      headers: { 'content-type': 'application/dicom', 'content-encoding': 'gzip' },
      body: bomb,
    },
    'a length that is too long': {
      write: (response) => {
        response.writeHead(200, { 'content-type': 'application/dicom', 'content-length': '1000000' });
        response.write(Buffer.alloc(1000), () => response.destroy());
      },
    },
  };
  const place = { study: '1.2', series: '1.2.3', instance: '1.2.3.4' } as never;
  for (const [what, answer] of Object.entries(answers)) {
    gate.judge = () => answer;
    expect([what, await refusedWithin(gate.url, place)]).toEqual([what, 'archive-answer-invalid']);
  }
}, 60_000);

describeWith({ orthanc: orthanc() }, 'Orthanc with an image that is too large', () => {
  test('d12-memory-bounded', async () => {
    const server = bench.keep(await startOrthanc().then((o) => ({ ...o, close: () => o.stop() })));
    const image = { study: '1.2', series: '1.2.3', modality: 'CT', sopClass: SOP_CLASS.CTImage };
    await server.upload(madeFile({ ...image, instance: '1.2.3.4', pixels: new Uint8Array(4 * MOST) }));
    await server.upload(madeFile({ ...image, instance: '1.2.3.5', pixels: new Uint8Array(MOST / 2) }));
    const place = (instance: string) => ({ study: '1.2', series: '1.2.3', instance }) as never;
    for (const forwards of [true, false]) {
      // a proxy that does not say how long an answer is
      const url = forwards ? server.url : bench.keep(await startChunking(server.url)).url;
      expect(await refusedWithin(url, place('1.2.3.4'))).toBe('archive-answer-invalid');
      expect(await refusedWithin(url, place('1.2.3.5'))).toBe('read');
    }
  }, 60_000);
});

/** Hands on what an archive answers, piece by piece and without its length. */
async function startChunking(target: string): Promise<{ readonly url: string; close(): Promise<void> }> {
  const { hostname, port, pathname } = new URL(target);
  const server = createServer((asked, answer) => {
    const onward = request({ hostname, port, path: asked.url, headers: asked.headers }, (given) => {
      const { 'content-length': _length, ...headers } = given.headers;
      answer.writeHead(given.statusCode ?? 502, headers);
      given.pipe(answer);
      answer.once('close', () => given.destroy());
    });
    onward.on('error', () => answer.destroy());
    onward.end();
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${pathname}`,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}

/** Bytes that an archive may answer at most. */
const MOST = 16_000_000;

/** With which code an instance is refused, or `read`; memory stays bounded meanwhile. */
async function refusedWithin(url: string, place: Parameters<Archive['retrieve']>[0]): Promise<string> {
  const archive = bench.archive('pacs', url, {
    maximumAnswerBytes: MOST,
    budget: { requestsPerSecond: 1e6, megabytesPerSecond: 1e6 },
  });
  const before = process.memoryUsage.rss();
  let most = before;
  const watch = setInterval(() => (most = Math.max(most, process.memoryUsage.rss())), 5);
  try {
    const got = await archive.retrieve(place);
    // the answer itself, and what copies of it cost until they are collected
    expect(most - before).toBeLessThan(10 * MOST);
    return got.ok ? 'read' : got.error.code;
  } finally {
    clearInterval(watch);
  }
}
