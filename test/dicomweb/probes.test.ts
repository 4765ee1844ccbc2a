import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Archive, ProbeRow } from '../../src/dicomweb/index.js';
import { startOrthanc, type RunningOrthanc } from '../environment/orthanc.js';
import { describeWith, orthanc } from '../environment/peers.js';
import { json, startFaultServer, type FaultServer } from './fault-server.js';
import { madeFile } from './made-file.js';
import { open } from './open.js';

const signs = (rows: readonly ProbeRow[]) => rows.map(({ what, ok, reason }) => [what, ok, reason]);

describeWith({ orthanc: orthanc() }, 'probing a real archive', () => {
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

  const searched = [
    ['search for studies (QIDO-RS)', true, undefined],
    ['StudyDate at the level of studies', true, undefined],
    ['ModalitiesInStudy at the level of studies', true, undefined],
    ['Modality at the level of series', true, undefined],
    ['StudyDate at the level of series', true, undefined],
    ['StudyInstanceUID at the level of series', true, undefined],
    ['SOPInstanceUID at the level of instances', true, undefined],
    ['SOPClassUID at the level of instances', true, undefined],
  ];

  test('that is empty', async () => {
    expect(signs(await archive.probeSearch())).toEqual(searched);
    expect(await archive.probeRetrieve()).toEqual([
      { what: 'retrieve an instance (WADO-RS)', ok: true, detail: 'nothing to retrieve yet; the route says so' },
    ]);
  });

  test('that a store leaves empty', async () => {
    expect(signs(await archive.probeStore())).toEqual([['store (STOW-RS)', true, undefined]]);
    expect(await server.count()).toBe(0);
  });

  test('that holds something', async () => {
    const file = madeFile({
      study: '1.2.1',
      series: '1.2.1.1',
      instance: '1.2.1.1.1',
      sopClass: '1.2.840.10008.5.1.4.1.1.88.33',
      modality: 'SR',
      studyDate: '20260110',
    });
    await server.upload(file);
    const rows = await archive.probeSearch();
    expect(signs(rows)).toEqual(searched);
    expect(rows.slice(1).map((row) => row.detail)).toEqual(Array(7).fill('filters'));
    expect(await archive.probeRetrieve()).toEqual([
      { what: 'retrieve an instance (WADO-RS)', ok: true, detail: `${file.length} bytes` },
    ]);
  });

  test('with wrong credentials, and at a wrong address', async () => {
    const wrong = open(server.url, { credentials: { kind: 'basic', user: 'caliper', password: 'wrong' } });
    const lost = open(`${server.url}/deeper`, { credentials: { kind: 'basic', user: 'caliper', password: 'secret' } });
    for (const [probed, reason] of [
      [wrong, 'archive-unauthorised'],
      [lost, 'archive-not-found'],
    ] as const) {
      expect(signs(await probed.probeSearch())).toEqual([['search for studies (QIDO-RS)', false, reason]]);
      expect(signs(await probed.probeRetrieve())).toEqual([
        ['search for an instance to retrieve (QIDO-RS)', false, reason],
      ]);
      expect(signs(await probed.probeStore())).toEqual([['store (STOW-RS)', false, reason]]);
      await probed.close();
    }
  });
});

describe('probing an archive with faults', () => {
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

  const row = {
    '00080016': { vr: 'UI', Value: ['1.2.840.10008.5.1.4.1.1.2'] },
    '00080018': { vr: 'UI', Value: ['1.2.1.1.1'] },
    '00080020': { vr: 'DA', Value: ['20260110'] },
    '00080060': { vr: 'CS', Value: ['CT'] },
    '00080061': { vr: 'CS', Value: ['CT'] },
    '0020000D': { vr: 'UI', Value: ['1.2.1'] },
    '0020000E': { vr: 'UI', Value: ['1.2.1.1'] },
  };
  const byWhat = (rows: readonly ProbeRow[]) => Object.fromEntries(rows.map((probe) => [probe.what, probe]));

  test('that ignores every key', async () => {
    server.answer((_, response) => json(response, [row]));
    const rows = await archive.probeSearch();
    expect(rows.slice(1).every((probe) => !probe.ok && probe.reason === 'search-key-ignored')).toBe(true);
  });

  test('that filters by SOP class so well that nothing is left, and cannot search series across studies', async () => {
    server.answer((request, response) => {
      if (request.path === '/series') response.writeHead(400).end();
      else if (request.query.has('SOPClassUID')) json(response, []);
      else {
        const asked = [...request.query.values()].join(' ');
        json(response, /18000101|ZZ|2\.25\./.test(asked + request.path) ? [] : [row]);
      }
    });
    const rows = byWhat(await archive.probeSearch());
    expect(rows['SOPClassUID at the level of instances']).toMatchObject({ ok: false, reason: 'search-key-ignored' });
    expect(rows['Modality at the level of series']).toMatchObject({
      ok: false,
      reason: 'archive-error',
      detail: 'status 400',
    });
    expect(rows['SOPInstanceUID at the level of instances']?.ok).toBe(true);
    expect(rows['ModalitiesInStudy at the level of studies']?.ok).toBe(true);
  });

  test('that is empty and answers anything for a file that is not there', async () => {
    server.answer((request, response) =>
      request.path.includes('/instances/') ? response.writeHead(200).end('<html>') : json(response, []),
    );
    expect(signs(await archive.probeRetrieve())).toEqual([
      ['retrieve an instance (WADO-RS)', false, 'archive-answer-invalid'],
    ]);
  });

  test.each([
    [200, true, undefined],
    [202, true, undefined],
    [400, true, undefined],
    [409, true, undefined],
    [415, true, undefined],
    [401, false, 'archive-unauthorised'],
    [403, false, 'archive-forbidden'],
    [404, false, 'archive-not-found'],
    [405, false, 'archive-not-found'],
    [302, false, 'archive-redirects'],
    [500, false, 'archive-error'],
    [503, false, 'archive-busy'],
  ])('that answers %i to a store of nothing', async (status, ok, reason) => {
    server.answer((_, response) => response.writeHead(status).end());
    expect(signs(await archive.probeStore())).toEqual([['store (STOW-RS)', ok, reason]]);
    expect(server.requests[0]).toMatchObject({ method: 'POST', path: '/studies' });
  });
});
