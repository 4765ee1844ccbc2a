import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import type { Archive, InstanceReference } from '../../src/dicomweb/index.js';
import { asReadUid } from '../../src/domain/index.js';
import { multipart, startFaultServer, type FaultServer } from './fault-server.js';
import { madeFile } from './made-file.js';
import { open } from './open.js';

const made = {
  study: '1.2.1',
  series: '1.2.1.1',
  instance: '1.2.1.1.1',
  sopClass: '1.2.840.10008.5.1.4.1.1.2',
  modality: 'CT',
};
const reference: InstanceReference = {
  study: asReadUid(made.study),
  series: asReadUid(made.series),
  instance: asReadUid(made.instance),
};
const file = madeFile({ ...made, pixels: Buffer.alloc(10_000, 7) });
const PART = ['Content-Type: application/dicom'];
const TYPE = { 'content-type': 'multipart/related; type="application/dicom"; boundary=b0' };

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

const answering = (handler: (response: ServerResponse) => void) => {
  server.answer((_, response) => handler(response));
  return archive.retrieve(reference);
};

describe('a file comes through', () => {
  test('as one part, byte for byte, asked for as stored and without compression', async () => {
    const got = await answering((r) => r.writeHead(200, TYPE).end(multipart('b0', [{ headers: PART, body: file }])));
    expect(got.ok && Buffer.compare(got.value, file)).toBe(0);
    const asked = server.requests[0]!;
    expect(asked.path).toBe('/studies/1.2.1/series/1.2.1.1/instances/1.2.1.1.1');
    expect(asked.headers.accept).toBe('multipart/related; type="application/dicom"; transfer-syntax=*');
    expect(asked.headers['accept-encoding']).toBe('identity');
  });

  test('with the text of a boundary, and whole boundary lines of another message, in its pixels', async () => {
    const pixels = Buffer.concat([
      Buffer.from('--b0 --b0-- \r\n--b0x\r\n--other\r\nContent-Type: text/html\r\n\r\n', 'latin1'),
      Buffer.alloc(1000, 3),
    ]);
    const tricky = madeFile({ ...made, pixels });
    const got = await answering((r) => r.writeHead(200, TYPE).end(multipart('b0', [{ headers: PART, body: tricky }])));
    expect(got.ok && Buffer.compare(got.value, tricky)).toBe(0);
  });

  test('beside other parts with headers of their own: the one that was asked for', async () => {
    const other = madeFile({ ...made, instance: '1.2.1.1.2' });
    const parts = [
      { headers: ['Content-Type: text/plain', `X-Long: ${'x'.repeat(3000)}`], body: Buffer.from('hello') },
      { headers: PART, body: other },
      { headers: ['content-type: application/dicom; transfer-syntax=1.2.840.10008.1.2.4.90'], body: file },
    ];
    const got = await answering((r) => r.writeHead(200, TYPE).end(multipart('b0', parts)));
    expect(got.ok && Buffer.compare(got.value, file)).toBe(0);
  });

  test('bare, without multipart', async () => {
    const got = await answering((r) => r.writeHead(200, { 'content-type': 'application/dicom' }).end(file));
    expect(got.ok && Buffer.compare(got.value, file)).toBe(0);
  });

  test('compressed although nobody asked for it', async () => {
    const body = gzipSync(multipart('b0', [{ headers: PART, body: file }]));
    const got = await answering((r) => r.writeHead(200, { ...TYPE, 'content-encoding': 'gzip' }).end(body));
    expect(got.ok && Buffer.compare(got.value, file)).toBe(0);
  });

  test('in small pieces', async () => {
    const body = multipart('b0', [{ headers: PART, body: file }]);
    const got = await answering((r) => {
      r.writeHead(200, TYPE);
      for (let at = 0; at < body.length; at += 97) r.write(body.subarray(at, at + 97));
      r.end();
    });
    expect(got.ok && Buffer.compare(got.value, file)).toBe(0);
  });

  test('asked for by name where the archive does not know the star, and so from then on', async () => {
    const fresh = open(server.url);
    server.answer((request, response) => {
      if (request.headers.accept?.includes('transfer-syntax=*')) response.writeHead(406).end();
      else response.writeHead(200, TYPE).end(multipart('b0', [{ headers: PART, body: file }]));
    });
    expect((await fresh.retrieve(reference)).ok).toBe(true);
    expect((await fresh.retrieve(reference)).ok).toBe(true);
    const accepts = server.requests.map((request) => request.headers.accept ?? '');
    expect(accepts).toHaveLength(3);
    expect(accepts[1]).toContain('transfer-syntax=1.2.840.10008.1.2.4.70');
    expect(accepts[2]).toBe(accepts[1]);
    await fresh.close();
  });

  test('asked for as explicit little endian where lists are refused too', async () => {
    const fresh = open(server.url);
    server.answer((request, response) => {
      if (request.headers.accept !== 'multipart/related; type="application/dicom"; transfer-syntax=1.2.840.10008.1.2.1')
        response.writeHead(400).end();
      else response.writeHead(200, TYPE).end(multipart('b0', [{ headers: PART, body: file }]));
    });
    expect((await fresh.retrieve(reference)).ok).toBe(true);
    await fresh.close();
  });
});

describe('what is no file is a reason', () => {
  const login = '<!DOCTYPE html><html><body>Please sign in, Mr Patient</body></html>';
  const whole = multipart('b0', [{ headers: PART, body: file }]);
  const cases: readonly [string, (response: ServerResponse) => void, string][] = [
    [
      'a login page with status 200',
      (r) => r.writeHead(200, { 'content-type': 'text/html' }).end(login),
      'archive-answer-invalid',
    ],
    [
      'a login page that calls itself DICOM',
      (r) => r.writeHead(200, TYPE).end(multipart('b0', [{ headers: PART, body: Buffer.from(login) }])),
      'archive-answer-invalid',
    ],
    [
      'a multipart that ends without its last boundary',
      (r) => r.writeHead(200, TYPE).end(whole.subarray(0, whole.length - 8)),
      'archive-answer-invalid',
    ],
    [
      'a multipart cut inside the file',
      (r) => r.writeHead(200, TYPE).end(whole.subarray(0, 5000)),
      'archive-answer-invalid',
    ],
    ['a multipart without any part', (r) => r.writeHead(200, TYPE).end('--b0--'), 'archive-answer-invalid'],
    [
      'a multipart without a boundary in its header',
      (r) => r.writeHead(200, { 'content-type': 'multipart/related' }).end(whole),
      'archive-answer-invalid',
    ],
    [
      'another instance',
      (r) =>
        r.writeHead(200, TYPE).end(multipart('b0', [{ headers: PART, body: madeFile({ ...made, instance: '1.9' }) }])),
      'archive-answer-invalid',
    ],
    [
      'nothing, with status 200',
      (r) => r.writeHead(200, { 'content-type': 'application/dicom' }).end(),
      'archive-answer-invalid',
    ],
    [
      'a body shorter than announced',
      (r) => {
        r.writeHead(200, { ...TYPE, 'content-length': whole.length });
        r.write(whole.subarray(0, 5000), () => r.destroy());
      },
      'archive-answer-invalid',
    ],
    [
      'a damaged gzip',
      (r) => r.writeHead(200, { ...TYPE, 'content-encoding': 'gzip' }).end(gzipSync(whole).subarray(0, 60)),
      'archive-answer-invalid',
    ],
    [
      'an unknown encoding',
      (r) => r.writeHead(200, { ...TYPE, 'content-encoding': 'zstd-9' }).end(whole),
      'archive-answer-invalid',
    ],
    ['a redirect', (r) => r.writeHead(302, { location: '/elsewhere' }).end(), 'archive-redirects'],
    [
      'a permanent redirect',
      (r) => r.writeHead(308, { location: 'https://elsewhere.example/' }).end(),
      'archive-redirects',
    ],
    ['401', (r) => r.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end(), 'archive-unauthorised'],
    ['403', (r) => r.writeHead(403).end(login), 'archive-forbidden'],
    ['404', (r) => r.writeHead(404).end(), 'image-gone'],
    ['410', (r) => r.writeHead(410).end(), 'image-gone'],
    ['204', (r) => r.writeHead(204).end(), 'image-gone'],
    ['406 to every way of asking', (r) => r.writeHead(406).end(), 'archive-error'],
    ['500', (r) => r.writeHead(500).end('<html>'), 'archive-error'],
    [
      '500 and a reset',
      (r) => {
        r.writeHead(500, { 'content-length': 100 });
        r.write('x', () => r.destroy());
      },
      'archive-error',
    ],
    ['502', (r) => r.writeHead(502).end(), 'archive-error'],
    ['504', (r) => r.writeHead(504).end(), 'archive-timeout'],
    ['a reset before any answer', (r) => r.destroy(), 'archive-unreachable'],
    [
      'words that are no HTTP',
      (r) => {
        r.socket?.end('SSH-2.0-OpenSSH_9.2\r\n');
      },
      'archive-answer-invalid',
    ],
  ];
  test.each(cases)('%s', async (_, handler, code) => {
    const got = await answering(handler);
    expect(got.ok).toBe(false);
    if (got.ok) return;
    expect(got.error.code).toBe(code);
    // the archive's words stay outside
    expect(JSON.stringify(got.error)).not.toMatch(/Patient|html|SSH/i);
  });

  test('an answer longer than allowed is not read to its end', async () => {
    const small = open(server.url, { maximumAnswerBytes: 100_000 });
    let written = 0;
    server.answer((_, response) => {
      response.writeHead(200, TYPE);
      response.write('--b0\r\nContent-Type: application/dicom\r\n\r\n');
      const more = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536))) written += 65_536;
      };
      response.on('drain', more);
      more();
    });
    const got = await small.retrieve(reference);
    expect(!got.ok && got.error).toEqual({
      code: 'archive-answer-invalid',
      status: 200,
      detail: 'longer than 100000 bytes',
    });
    expect(written).toBeLessThan(50_000_000);
    await small.close();
  });

  test('a small gzip that unpacks to more than allowed', async () => {
    const small = open(server.url, { maximumAnswerBytes: 100_000 });
    server.answer((_, response) =>
      response.writeHead(200, { ...TYPE, 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(5_000_000))),
    );
    const got = await small.retrieve(reference);
    expect(!got.ok && got.error.code).toBe('archive-answer-invalid');
    await small.close();
  });

  test('an archive that never answers', async () => {
    const hasty = open(server.url, { timeouts: { connect: 10_000, headers: 300, body: 300, whole: 40_000 } });
    server.answer(() => undefined);
    const got = await hasty.retrieve(reference);
    expect(!got.ok && got.error.code).toBe('archive-timeout');
    await hasty.close();
  });

  test('an archive that stops in the middle', async () => {
    const hasty = open(server.url, { timeouts: { connect: 10_000, headers: 20_000, body: 300, whole: 40_000 } });
    server.answer((_, response) => response.writeHead(200, TYPE).write(whole.subarray(0, 5000)));
    const got = await hasty.retrieve(reference);
    expect(!got.ok && got.error.code).toBe('archive-timeout');
    await hasty.close();
  });

  test('an archive that drips for ever', async () => {
    const hasty = open(server.url, { timeouts: { connect: 10_000, headers: 20_000, body: 20_000, whole: 500 } });
    server.answer((_, response) => {
      response.writeHead(200, TYPE);
      const drip = setInterval(() => response.write('x'), 50);
      response.on('close', () => clearInterval(drip));
    });
    const got = await hasty.retrieve(reference);
    expect(!got.ok && got.error).toEqual({ code: 'archive-timeout', detail: 'whole' });
    await hasty.close();
  });

  test('a small budget makes an answer slow, not late', async () => {
    const thrifty = open(server.url, {
      budget: { requestsPerSecond: 100, megabytesPerSecond: 1 },
      timeouts: { connect: 10_000, headers: 20_000, body: 300, whole: 500 },
    });
    const large = madeFile({ ...made, pixels: Buffer.alloc(2_500_000) });
    server.answer((_, response) =>
      response.writeHead(200, TYPE).end(multipart('b0', [{ headers: PART, body: large }])),
    );
    const got = await thrifty.retrieve(reference);
    expect(got.ok && Buffer.compare(got.value, large)).toBe(0);
    await thrifty.close();
  });

  test('a connection that was lost before the answer is tried once more, and no more', async () => {
    let times = 0;
    server.answer((_, response) => {
      if (++times === 1) response.destroy();
      else response.writeHead(200, TYPE).end(whole);
    });
    expect((await archive.retrieve(reference)).ok).toBe(true);
    server.answer((_, response) => response.destroy());
    const lost = await archive.retrieve(reference);
    expect(!lost.ok && lost.error.code).toBe('archive-unreachable');
    expect(server.requests).toHaveLength(2);
  });

  test('nobody at the address', async () => {
    const nobody = await startFaultServer();
    await nobody.stop();
    const lonely = open(nobody.url);
    const got = await lonely.retrieve(reference);
    expect(!got.ok && got.error).toEqual({ code: 'archive-unreachable', detail: 'ECONNREFUSED' });
    await lonely.close();
  });

  test('an archive that was closed under way, and after', async () => {
    const closing = open(server.url);
    const arrived = new Promise<void>((resolve) => server.answer(() => resolve()));
    const underWay = closing.retrieve(reference);
    await arrived;
    await closing.close();
    const gone = { code: 'archive-unreachable', detail: 'closed' };
    const first = await underWay;
    expect(!first.ok && first.error).toEqual(gone);
    const second = await closing.retrieve(reference);
    expect(!second.ok && second.error).toEqual(gone);
  });

  test('an identifier that leads elsewhere is never asked for', async () => {
    server.answer((_, response) => response.writeHead(200).end());
    for (const instance of ['..', '../../../admin', '1.2/../3', '1.2?x=1', '1.2#', '', '1.2 3']) {
      const got = await archive.retrieve({ ...reference, instance: asReadUid(instance) });
      expect(!got.ok && got.error.code).toBe('image-gone');
    }
    expect(server.requests).toHaveLength(0);
  });
});

describe('patience', () => {
  let patient: Archive;
  afterEach(() => patient.close());

  test.each([429, 503])('%i with Retry-After is a value, and the archive is left alone until then', async (status) => {
    patient = open(server.url);
    server.answer((_, response) => response.writeHead(status, { 'retry-after': '120' }).end());
    const got = await patient.retrieve(reference);
    expect(!got.ok && got.error).toEqual({ code: 'archive-busy', status, retryAfter: 120_000 });
    const again = await patient.retrieve(reference);
    expect(!again.ok && again.error.code).toBe('archive-busy');
    expect(!again.ok && again.error.retryAfter).toBeLessThanOrEqual(120_000);
    expect(server.requests).toHaveLength(1);
  });

  test('as a date', async () => {
    patient = open(server.url);
    server.answer((_, response) =>
      response.writeHead(503, { 'retry-after': new Date(Date.now() + 3_600_000).toUTCString() }).end(),
    );
    const got = await patient.retrieve(reference);
    expect(!got.ok && got.error.retryAfter).toBeGreaterThan(3_000_000);
  });

  test('without Retry-After the next request goes', async () => {
    patient = open(server.url);
    server.answer((_, response) => response.writeHead(503).end());
    const got = await patient.retrieve(reference);
    expect(!got.ok && got.error).toEqual({ code: 'archive-busy', status: 503 });
    await patient.retrieve(reference);
    expect(server.requests).toHaveLength(2);
  });
});
