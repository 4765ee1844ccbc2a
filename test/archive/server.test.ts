import { describe, expect, test } from '@jest/globals';
import { writeFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { ask, partsOf, rowOf, rowsOf, storeBody, value, values } from './http.js';
import { handMade } from './part10-bytes.js';
import { cleanUpAfterEach, scratchArchive, scratchFolder } from './scratch-archive.js';

cleanUpAfterEach();

const STUDY = '1.2.826.0.1.3680043.10.1452.4';
const made = (number: number, padding = 0): Buffer =>
  handMade({
    study: STUDY,
    series: `${STUDY}.1`,
    instance: `${STUDY}.1.${number}`,
    rows: padding === 0 ? [] : [[0x00420011, 'OB', new Uint8Array(padding)]],
  });
const basic = (user: string, password: string): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

/** Sends bytes as they are and gives what comes back until the other side ends, or `enough` of it is there. */
const raw = (url: string, pieces: readonly (string | Uint8Array)[], enough = /$^/): Promise<string> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const socket = createConnection({ host: hostname, port: Number(port) });
    let received = '';
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
      if (enough.test(received)) socket.destroy();
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(received));
    for (const piece of pieces) socket.write(piece);
  });

describe('the server', () => {
  test('lets in who has the credentials', async () => {
    const { url } = await scratchArchive({ credentials: { user: 'caliper', password: 'geheim: äöü' } });
    for (const authorization of [
      undefined,
      basic('caliper', 'wrong'),
      basic('other', 'geheim: äöü'),
      'Bearer x',
      'Basic ',
      'Basic ###',
    ]) {
      const answer = await ask(`${url}/studies`, { headers: authorization === undefined ? {} : { authorization } });
      expect(answer.status).toBe(401);
      expect(answer.headers.get('www-authenticate')).toMatch(/^Basic realm="/);
    }
    const headers = { authorization: basic('caliper', 'geheim: äöü') };
    expect((await ask(`${url}/studies`, { headers })).status).toBe(200);
  });

  test('stores nothing for who has them not', async () => {
    const { url } = await scratchArchive({ credentials: { user: 'caliper', password: 'secret' } });
    expect((await ask(`${url}/studies`, storeBody([made(1)]))).status).toBe(401);
    const headers = { authorization: basic('caliper', 'secret') };
    expect(rowsOf(await ask(`${url}/studies`, { headers }))).toEqual([]);
  });

  test('refuses a request that is too large before it reads it', async () => {
    const { url } = await scratchArchive({ limits: { requestBytes: 10_000 } });
    const answer = await ask(`${url}/studies`, storeBody([made(1), made(2, 20_000)]));
    expect(answer.status).toBe(413);
    expect(rowsOf(await ask(`${url}/studies`))).toEqual([]);
  });

  test('tells what it stored of a request that turns out too large', async () => {
    const { url } = await scratchArchive({ limits: { requestBytes: 10_000 } });
    const { headers, body } = storeBody([made(1), made(2, 20_000)]);
    const bytes = Buffer.from(body as Buffer);
    const chunks = Array.from({ length: 20 }, (_, index) => bytes.subarray(index * 1500, (index + 1) * 1500));
    const stream = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        const chunk = chunks.shift();
        if (chunk) controller.enqueue(chunk);
        else controller.close();
      },
    });
    const answer = await ask(`${url}/studies`, {
      method: 'POST',
      headers: headers!,
      body: stream,
      duplex: 'half',
    });
    expect(answer.status).toBe(413);
    const stored = rowOf(answer)['00081199']?.Value as ReturnType<typeof rowsOf>;
    expect(values(stored, '00081155')).toEqual([`${STUDY}.1.1`]);
    expect(values(rowsOf(await ask(`${url}/instances`)), '00080018')).toEqual([`${STUDY}.1.1`]);
  });

  test('refuses an instance that is too large and keeps those before it', async () => {
    const { url } = await scratchArchive({ limits: { instanceBytes: 5_000 } });
    const answer = await ask(`${url}/studies`, storeBody([made(1), made(2, 20_000), made(3)]));
    expect(answer.status).toBe(413);
    expect(values(rowsOf(await ask(`${url}/instances`)), '00080018')).toEqual([`${STUDY}.1.1`]);
  });

  test('a caller who breaks off leaves whole instances or none', async () => {
    const { url } = await scratchArchive();
    const { body } = storeBody([made(1), made(2, 50_000)]);
    const bytes = Buffer.from(body as Buffer);
    const head =
      `POST ${new URL(url).pathname}/studies HTTP/1.1\r\nHost: x\r\nContent-Length: ${bytes.length}\r\n` +
      'Content-Type: multipart/related; type="application/dicom"; boundary=a-boundary-of-the-test\r\n\r\n';
    const socket = createConnection({ host: '127.0.0.1', port: Number(new URL(url).port) });
    socket.write(head);
    socket.write(bytes.subarray(0, 30_000));
    for (;;) if (rowsOf(await ask(`${url}/instances`)).length === 1) break;
    socket.destroy();
    expect(values(rowsOf(await ask(`${url}/instances`)), '00080018')).toEqual([`${STUDY}.1.1`]);
    const again = await ask(`${url}/studies`, storeBody([made(1), made(2, 50_000)]));
    expect(again.status).toBe(200);
  });

  test('a body without its end is a failure of its last part only', async () => {
    const { url } = await scratchArchive();
    const { headers, body } = storeBody([made(1), made(2)]);
    const cut = Buffer.from(body as Buffer).subarray(0, -40);
    const answer = await ask(`${url}/studies`, { method: 'POST', headers: headers!, body: cut });
    expect(answer.status).toBe(202);
    expect(rowOf(answer)['0008119A']?.Value).toHaveLength(1);
    expect(values(rowsOf(await ask(`${url}/instances`)), '00080018')).toEqual([`${STUDY}.1.1`]);
  });

  test('takes a body in chunks of any size', async () => {
    const { url } = await scratchArchive();
    const bytes = Buffer.from(storeBody([made(1), made(2)]).body as Buffer);
    const head =
      `POST ${new URL(url).pathname}/studies HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n` +
      'Content-Type: multipart/related; type="application/dicom"; boundary=a-boundary-of-the-test\r\n\r\n';
    const chunks = [...bytes].flatMap((byte) => ['1\r\n', Uint8Array.of(byte), '\r\n']);
    const answer = await raw(url, [head, ...chunks, '0\r\n\r\n']);
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
  });

  test('refuses a body in a content encoding and a boundary that is in no body', async () => {
    const { url } = await scratchArchive();
    const { headers, body } = storeBody([made(1)]);
    const encoded = { ...(headers as Record<string, string>), 'content-encoding': 'gzip' };
    expect((await ask(`${url}/studies`, { method: 'POST', headers: encoded, body: body! })).status).toBe(415);
    const other = {
      ...(headers as Record<string, string>),
      'content-type': 'multipart/related; type="application/dicom"; boundary=other',
    };
    expect((await ask(`${url}/studies`, { method: 'POST', headers: other, body: body! })).status).toBe(400);
    expect((await ask(`${url}/studies`, storeBody([]))).status).toBe(400);
    expect((await ask(`${url}/studies`, storeBody([made(1)], { partType: 'text/plain' }))).status).toBe(400);
    expect(rowsOf(await ask(`${url}/studies`))).toEqual([]);
  });

  test('refuses a file whose meta information names another object', async () => {
    const { url } = await scratchArchive();
    const bytes = made(1);
    const at = bytes.indexOf(`${STUDY}.1.1`);
    bytes.write('9', at + STUDY.length + 3);
    const answer = await ask(`${url}/studies`, storeBody([bytes]));
    expect(answer.status).toBe(409);
    const failed = rowOf(answer)['00081198']?.Value as ReturnType<typeof rowsOf>;
    expect(value(failed[0], '00081197')).toBe(0xa900);
  });

  test('answers HEAD as GET without a body', async () => {
    const { url } = await scratchArchive();
    await ask(`${url}/studies`, storeBody([made(1)]));
    const path = `${url}/studies/${STUDY}/series/${STUDY}.1/instances/${STUDY}.1.1`;
    const [head, get] = [
      await ask(path, { method: 'HEAD', headers: { accept: 'application/dicom' } }),
      await ask(path, { headers: { accept: 'application/dicom' } }),
    ];
    expect(head.status).toBe(200);
    expect(head.headers.get('content-length')).toBe(String(get.body.length));
    expect(head.body).toHaveLength(0);
  });

  test('says what may be done where something else was tried', async () => {
    const { url } = await scratchArchive();
    expect((await ask(`${url}/studies`, { method: 'DELETE' })).headers.get('allow')).toBe('GET, HEAD, POST');
    expect((await ask(`${url}/series`, { method: 'POST' })).headers.get('allow')).toBe('GET, HEAD');
    expect((await ask(`${url}/patients`)).status).toBe(404);
    expect((await ask(url.replace('/dicom-web', '/'))).status).toBe(404);
  });

  test('makes links for the host that was addressed, or for the public URL', async () => {
    const own = await scratchArchive();
    await ask(`${own.url}/studies`, storeBody([made(1)]));
    const { pathname } = new URL(own.url);
    const get = (host: string): Promise<string> =>
      raw(own.url, [`GET ${pathname}/studies HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`]);
    expect(await get('archive.example:8042')).toContain(`"http://archive.example:8042/dicom-web/studies/${STUDY}"`);
    expect(await get('evil"><script>')).toContain(`"${own.url}/studies/${STUDY}"`);
    await own.close();
    const proxied = await scratchArchive({ folder: own.folder, publicUrl: 'https://pacs.example/wado/' });
    const [row] = rowsOf(await ask(`${proxied.url}/studies`));
    expect(value(row, '00081190')).toBe(`https://pacs.example/wado/studies/${STUDY}`);
  });

  test('takes the accept parameter for the header', async () => {
    const { url } = await scratchArchive();
    await ask(`${url}/studies`, storeBody([made(1)]));
    const path = `${url}/studies/${STUDY}/series/${STUDY}.1/instances/${STUDY}.1.1`;
    const answer = await ask(`${path}?accept=application%2Fdicom`, { headers: { accept: 'image/png' } });
    expect(answer.body).toEqual(made(1));
    expect((await ask(`${path}?accept=image%2Fpng`)).status).toBe(406);
    expect((await ask(`${path}?quality=90`)).status).toBe(400);
  });

  test('sends what is compressed without loss only to those who take it so', async () => {
    const { url } = await scratchArchive();
    for (const [number, transferSyntax] of ['1.2.840.10008.1.2.4.90', '1.2.840.10008.1.2.4.91'].entries())
      await ask(
        `${url}/studies`,
        storeBody([handMade({ study: STUDY, series: `${STUDY}.1`, instance: `${STUDY}.1.${number}`, transferSyntax })]),
      );
    const status = async (number: number, accept: string): Promise<number> =>
      (await ask(`${url}/studies/${STUDY}/series/${STUDY}.1/instances/${STUDY}.1.${number}`, { headers: { accept } }))
        .status;
    expect(await status(0, 'multipart/related; type="application/dicom"')).toBe(406);
    expect(await status(0, 'multipart/related; type="application/dicom"; transfer-syntax=*')).toBe(200);
    expect(await status(0, '*/*')).toBe(200);
    expect(await status(1, 'multipart/related; type="application/dicom"')).toBe(200);
    const both = 'multipart/related; type="application/dicom"; transfer-syntax=1.2.840.10008.1.2.4.90';
    expect((await ask(`${url}/studies/${STUDY}`, { headers: { accept: both } })).status).toBe(406);
    const either = `${both}, multipart/related; type="application/dicom"; transfer-syntax=1.2.840.10008.1.2.4.91`;
    expect(partsOf(await ask(`${url}/studies/${STUDY}`, { headers: { accept: either } }))).toHaveLength(2);
  });

  test('refuses a path that is not percent-encoded UTF-8', async () => {
    const { url, notices } = await scratchArchive();
    expect(
      await raw(url, ['GET /dicom-web/studies/%E0%A4%A/metadata HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n']),
    ).toMatch(/^HTTP\/1\.1 400 /);
    expect(notices).toEqual([]);
  });

  test('pages on where the page is full', async () => {
    const folder = await scratchFolder();
    await Promise.all(Array.from({ length: 5100 }, (_, index) => writeFile(join(folder, `${index}`), made(index + 1))));
    const { url } = await scratchArchive({ folder });
    const first = await ask(`${url}/instances`);
    expect(rowsOf(first)).toHaveLength(5000);
    expect(first.headers.get('warning')).toMatch(/There are 100 additional results/);
    expect(rowsOf(await ask(`${url}/instances?offset=5000`))).toHaveLength(100);
  });

  test('lets a request under way finish when it is closed', async () => {
    const archive = await scratchArchive();
    await ask(`${archive.url}/studies`, storeBody([made(1, 3_000_000)]));
    const response = await fetch(`${archive.url}/studies/${STUDY}`);
    const closed = archive.close();
    const body = Buffer.from(await response.arrayBuffer());
    const [part] = partsOf({ status: response.status, headers: response.headers, body });
    expect(part?.body.equals(made(1, 3_000_000))).toBe(true);
    await closed;
    await expect(ask(`${archive.url}/studies`)).rejects.toThrow();
  });
});
