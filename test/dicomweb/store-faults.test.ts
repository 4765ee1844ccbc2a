import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Archive } from '../../src/dicomweb/index.js';
import { asReadUid, type StudyInstanceUid } from '../../src/domain/index.js';
import { json, startFaultServer, type FaultServer } from './fault-server.js';
import { madeFile } from './made-file.js';
import { open } from './open.js';

const made = {
  study: '1.2.1',
  series: '1.2.1.2',
  instance: '1.2.1.2.1',
  sopClass: '1.2.840.10008.5.1.4.1.1.66.4',
  modality: 'SEG',
};
const study = asReadUid<StudyInstanceUid>(made.study);
const file = madeFile({ ...made, pixels: Buffer.from('--a-boundary\r\n--\r\n', 'latin1') });
const stored = { '00081199': { vr: 'SQ', Value: [{ '00081155': { vr: 'UI', Value: [made.instance] } }] } };

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

describe('a store', () => {
  test('is one message to the study, with the file as it is', async () => {
    server.answer((_, response) => json(response, stored));
    expect(await archive.store(study, [file])).toEqual({ kind: 'stored', instances: [made.instance], warnings: [] });
    expect(server.requests).toHaveLength(1);
    const [request] = server.requests;
    expect(request?.method).toBe('POST');
    expect(request?.path).toBe('/studies/1.2.1');
    expect(request?.headers.accept).toBe('application/dicom+json');
    const boundary = /^multipart\/related; type="application\/dicom"; boundary="([^"]+)"$/.exec(
      request?.headers['content-type'] ?? '',
    )?.[1];
    const head = `\r\n--${boundary}\r\nContent-Type: application/dicom\r\n\r\n`;
    const whole = Buffer.concat([Buffer.from(head), file, Buffer.from(`\r\n--${boundary}--`)]);
    expect(request?.body.equals(whole)).toBe(true);
    expect(file.includes(Buffer.from(boundary ?? ''))).toBe(false);
  });

  test('of a view into a larger buffer sends the view', async () => {
    const larger = Buffer.concat([Buffer.alloc(100, 1), file, Buffer.alloc(100, 2)]);
    server.answer((_, response) => json(response, stored));
    await archive.store(study, [larger.subarray(100, 100 + file.length)]);
    expect(server.requests[0]?.body.includes(file)).toBe(true);
    expect(server.requests[0]?.body.length).toBeLessThan(file.length + 300);
  });

  test('whose connection is reset once the body is there is unclear', async () => {
    server.answer((_, response) => response.destroy());
    const answer = await archive.store(study, [file]);
    expect(answer).toMatchObject({ kind: 'unclear', problem: { code: 'archive-unreachable' } });
    // never sent again by itself
    expect(server.requests).toHaveLength(1);
  });

  test('whose answer breaks off is unclear', async () => {
    server.answer((_, response) => {
      response.writeHead(200, { 'content-type': 'application/dicom+json', 'content-length': 500 });
      response.write('{"00081199":', () => response.destroy());
    });
    expect((await archive.store(study, [file])).kind).toBe('unclear');
  });

  test('that is never answered is unclear', async () => {
    const hasty = open(server.url, { timeouts: { connect: 10_000, headers: 300, body: 300, whole: 40_000 } });
    server.answer(() => undefined);
    expect(await hasty.store(study, [file])).toMatchObject({ kind: 'unclear', problem: { code: 'archive-timeout' } });
    await hasty.close();
  });

  test('to nobody failed: nothing was sent', async () => {
    const nobody = await startFaultServer();
    await nobody.stop();
    const lonely = open(nobody.url);
    expect(await lonely.store(study, [file])).toMatchObject({
      kind: 'failed',
      problem: { code: 'archive-unreachable' },
    });
    await lonely.close();
  });

  test('answered in JSON without a Content-Type is read', async () => {
    server.answer((_, response) => response.writeHead(200).end(JSON.stringify(stored)));
    expect((await archive.store(study, [file])).kind).toBe('stored');
  });

  test('is never sent on to another address', async () => {
    server.answer((_, response) => response.writeHead(307, { location: `${server.url}/studies/9` }).end());
    expect(await archive.store(study, [file])).toEqual({
      kind: 'failed',
      problem: { code: 'archive-redirects', status: 307 },
    });
    expect(server.requests).toHaveLength(1);
  });

  test('of what is no object is a mistake of ours', async () => {
    await expect(archive.store(study, [Buffer.from('hello')])).rejects.toThrow('SOPInstanceUID');
    await expect(archive.store(asReadUid('../x'), [file])).rejects.toThrow('identifier');
  });
});

describe('signing in', () => {
  test('with user and password, in UTF-8', async () => {
    const signed = open(server.url, { credentials: { kind: 'basic', user: 'jürgen', password: 'a:b' } });
    server.answer((_, response) => json(response, stored));
    await signed.store(study, [file]);
    expect(server.requests[0]?.headers.authorization).toBe(`Basic ${Buffer.from('jürgen:a:b').toString('base64')}`);
    await signed.close();
  });

  test('with a token, which is asked for anew when it is refused', async () => {
    let minted = 0;
    const signed = open(server.url, { credentials: { kind: 'bearer', token: () => Promise.resolve(`t${++minted}`) } });
    server.answer((request, response) =>
      request.headers.authorization === 'Bearer t2' ? json(response, stored) : response.writeHead(401).end(),
    );
    expect((await signed.store(study, [file])).kind).toBe('stored');
    expect(server.requests.map((request) => request.headers.authorization)).toEqual(['Bearer t1', 'Bearer t2']);
    await signed.close();
  });

  test('with a token that stays refused: once', async () => {
    const signed = open(server.url, { credentials: { kind: 'bearer', token: () => Promise.resolve('old') } });
    server.answer((_, response) => response.writeHead(401).end());
    expect(await signed.store(study, [file])).toEqual({ kind: 'unauthorised' });
    expect(server.requests).toHaveLength(1);
    await signed.close();
  });
});
