import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeWith } from '../environment/peers.js';
import { open } from './open.js';

const openssl = spawnSync('openssl', ['version']).status === 0 ? 'openssl' : undefined;

describeWith({ openssl }, 'an archive behind TLS', () => {
  let folder: string;
  let server: Server;
  let url: string;
  const pem = (name: string): string => readFileSync(join(folder, name), 'utf8');
  const ssl = (...words: string[]): void => void execFileSync('openssl', words, { cwd: folder, stdio: 'pipe' });

  /** A certificate signed by the authority of this test. */
  const signed = (name: string, extension: string, validity: readonly string[] = ['-days', '2']): void => {
    writeFileSync(join(folder, `${name}.ext`), extension);
    ssl(
      'req',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.csr`,
      '-subj',
      `/CN=${name}`,
    );
    ssl(
      'x509',
      '-req',
      '-in',
      `${name}.csr`,
      '-CA',
      'ca.pem',
      '-CAkey',
      'ca.key',
      '-CAcreateserial',
      ...validity,
      '-extfile',
      `${name}.ext`,
      '-out',
      `${name}.pem`,
    );
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'caliper-tls-'));
    ssl(
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-keyout',
      'ca.key',
      '-out',
      'ca.pem',
      '-days',
      '2',
      '-subj',
      '/CN=Authority of a test',
    );
    signed('server', 'subjectAltName=IP:127.0.0.1');
    signed('client', 'extendedKeyUsage=clientAuth');
    server = createServer(
      {
        key: pem('server.key'),
        cert: pem('server.pem'),
        ca: pem('ca.pem'),
        requestCert: true,
        rejectUnauthorized: false,
      },
      (request, response) =>
        response.writeHead('authorized' in request.socket && request.socket.authorized === true ? 204 : 403).end(),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/dicom-web`;
  });
  afterAll(() => {
    server.close();
    server.closeAllConnections();
    rmSync(folder, { recursive: true });
  });

  const search = async (tls: Parameters<typeof open>[1]) => {
    const archive = open(url, tls);
    const answer = await archive.search('studies', { StudyInstanceUID: '1.2' });
    const stored = await archive.probeStore();
    await archive.close();
    return { answer, stored: stored[0]?.ok };
  };

  test('with an authority that is not known is not trusted, and nothing is sent to it', async () => {
    const { answer, stored } = await search({});
    expect(answer).toMatchObject({
      ok: false,
      error: { code: 'archive-unreachable', detail: expect.stringMatching(/CERT|VERIFY|SIGN/) },
    });
    expect(stored).toBe(false);
  });

  test('knows our client certificate', async () => {
    const both = await search({ tls: { ca: pem('ca.pem'), certificate: pem('client.pem'), key: pem('client.key') } });
    expect(both).toEqual({ answer: { ok: true, value: [] }, stored: true });
  });

  test('refuses us without one', async () => {
    const { answer } = await search({ tls: { ca: pem('ca.pem') } });
    expect(answer).toEqual({ ok: false, error: { code: 'archive-forbidden', status: 403 } });
  });

  test('whose certificate has expired is not trusted, and nothing is sent to it', async () => {
    signed('expired', 'subjectAltName=IP:127.0.0.1', ['-days', '-1']);
    let asked = 0;
    const old = createServer({ key: pem('expired.key'), cert: pem('expired.pem') }, (_, response) => {
      asked += 1;
      response.writeHead(204).end();
    });
    await new Promise<void>((resolve) => old.listen(0, '127.0.0.1', resolve));
    const { port } = old.address() as AddressInfo;
    const archive = open(`https://127.0.0.1:${port}/dicom-web`, { tls: { ca: pem('ca.pem') } });
    const answer = await archive.search('studies', { StudyInstanceUID: '1.2' });
    expect(answer).toMatchObject({ ok: false, error: { code: 'archive-unreachable', detail: 'CERT_HAS_EXPIRED' } });
    expect(asked).toBe(0);
    await archive.close();
    old.close();
    old.closeAllConnections();
  });
});

test('an archive whose name is not known anywhere is unreachable, and nothing was sent', async () => {
  const archive = open('http://no-such-archive.invalid/dicom-web');
  const answer = await archive.search('studies', { StudyInstanceUID: '1.2' });
  expect(answer).toMatchObject({
    ok: false,
    error: { code: 'archive-unreachable', detail: expect.stringMatching(/ENOTFOUND|EAI_AGAIN/) },
  });
  await archive.close();
});
