import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { asReadUid, type ArchiveRequest } from '../../src/domain/index.js';
import { json, multipart, startFaultServer, type FaultServer } from './fault-server.js';
import { madeFile } from './made-file.js';
import { open } from './open.js';

let server: FaultServer;
beforeAll(async () => {
  server = await startFaultServer();
});
afterAll(() => server.stop());

const uid = (n: number) => asReadUid<never>(`2.25.${n}`);
const instance = { study: uid(1), series: uid(2), instance: uid(3) };
const madeOf = { ...instance, sopClass: '1.2.840.10008.5.1.4.1.1.2', modality: 'CT' };

test('each request on the wire is told once, with its kind, what became of it, and the bytes that a server counts', async () => {
  const seen: ArchiveRequest[] = [];
  const archive = open(server.url, { observe: (request) => seen.push(request) });
  const file = madeFile(madeOf);
  const body = multipart('b', [{ headers: ['Content-Type: application/dicom'], body: file }]);
  server.answer(({ method, path }, response) => {
    if (method === 'POST') response.writeHead(409).end();
    else if (path.endsWith('/metadata')) response.writeHead(404).end('gone');
    else if (path.endsWith('/instances/2.25.3'))
      response.writeHead(200, { 'content-type': 'multipart/related; boundary=b' }).end(body);
    else if (path.endsWith('/series')) response.writeHead(500).end('12345');
    else json(response, []);
  });
  await archive.search('studies', { StudyInstanceUID: '2.25.1' });
  await archive.search('instances', { StudyInstanceUID: '2.25.1', SeriesInstanceUID: '2.25.2' });
  await archive.search('series', { StudyInstanceUID: '2.25.1' });
  await archive.metadata(instance);
  await archive.retrieve(instance);
  await archive.store(instance.study, [file]);
  await archive.close();
  // closed: nothing goes, nothing is told
  await archive.search('studies', { StudyInstanceUID: '2.25.1' });

  expect(seen.map(({ archive: name, kind, outcome }) => `${name} ${kind} ${outcome}`)).toEqual([
    'test search success',
    'test search success',
    'test search error',
    'test metadata not-there',
    'test retrieve success',
    'test store refused',
  ]);
  expect(seen.map(({ receivedBytes }) => receivedBytes)).toEqual([2, 2, 5, 4, body.length, 0]);
  expect(seen.map(({ sentBytes }) => sentBytes)).toEqual(server.requests.map(({ body: sent }) => sent.length));
  expect(seen.at(-1)!.sentBytes).toBeGreaterThan(file.length);
});

test('a question asked twice on a lost connection is two requests, and an archive that is away answers none', async () => {
  const seen: ArchiveRequest[] = [];
  const archive = open(server.url, { observe: (request) => seen.push(request) });
  server.answer((_, response) => response.destroy());
  await archive.search('studies', { StudyInstanceUID: '2.25.1' });
  await archive.close();
  expect(seen.map(({ outcome }) => outcome)).toEqual(['no-answer', 'no-answer']);
  expect(server.requests).toHaveLength(2);

  const away = open('http://127.0.0.1:9/dicom-web', { observe: (request) => seen.push(request) });
  await away.retrieve(instance);
  await away.close();
  expect(seen.slice(2)).toMatchObject([{ kind: 'retrieve', outcome: 'no-answer', sentBytes: 0, receivedBytes: 0 }]);
});

test('what is waited for our own budget is not counted as the archive’s time', async () => {
  const seen: ArchiveRequest[] = [];
  let now = 1_000_000;
  const { openArchive } = await import('../../src/dicomweb/index.js');
  const archive = openArchive(
    {
      name: 'slow',
      url: server.url,
      credentials: { kind: 'none' },
      budget: { requestsPerSecond: 1, megabytesPerSecond: 0.001 },
      timeouts: { connect: 10_000, headers: 20_000, body: 20_000, whole: 40_000 },
      maximumAnswerBytes: 50_000_000,
      observe: (request) => seen.push(request),
    },
    {
      now: () => now,
      sleep: (milliseconds) => {
        now += milliseconds;
        return Promise.resolve();
      },
    },
  );
  server.answer((_, response) => response.writeHead(404).end(Buffer.alloc(3_000)));
  for (let i = 0; i < 2; i++) await archive.metadata(instance);
  await archive.close();
  // 6,000 bytes at 1,000 a second: the clock moved by seconds, all of them ours
  expect(now).toBeGreaterThan(1_003_000);
  expect(seen.map(({ took }) => took)).toEqual([0, 0]);
});
