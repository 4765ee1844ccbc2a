import { afterAll, beforeAll, expect } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { accessProblems, hashedPassword, openSyslog, startPage } from '../../src/operations/index.js';
import { onThisMachine } from '../deploy/tools.js';
import { smallWorld, type SmallWorld } from '../pipeline/small-world.js';
import { ON_THIS_MACHINE, openPage, type OpenPage } from './open-page.js';

const folder = mkdtempSync(join(tmpdir(), 'caliper-tls-'));
let certificate: string;
let key: string;
let small: SmallWorld;
let page: OpenPage | undefined;
let repository: Server | undefined;

beforeAll(async () => {
  const [keyFile, file] = [join(folder, 'key'), join(folder, 'certificate')];
  const made = spawnSync(
    'openssl',
    `req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout ${keyFile} -out ${file}`.split(
      ' ',
    ),
  );
  if (made.status !== 0) return; // the tests below are skipped where there is no openssl
  [certificate, key] = [readFileSync(file, 'utf8'), readFileSync(keyFile, 'utf8')];
  small = await smallWorld('live');
}, 120_000);
afterAll(async () => {
  await page?.server.close();
  repository?.close();
  await small?.close();
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

onThisMachine('openssl')(
  'a certificate with the key of another, without one, or an authority that is none: the page is not opened',
  async () => {
    const problems = (different: object) => accessProblems({ ...ON_THIS_MACHINE, ...different });
    expect(problems({ tls: { certificate, key } })).toEqual([]);
    const other = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    const otherKey = other.export({ format: 'pem', type: 'pkcs8' });
    const mismatch = ['page.tls: the key is not that of the certificate'];
    expect(problems({ tls: { certificate, key: otherKey } })).toEqual(mismatch);
    const locked = other.export({ format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'x' });
    const noKey = ['page.tls.key: is no private key (PEM), or one that needs a passphrase'];
    for (const wrong of ['', certificate, locked])
      expect(problems({ tls: { certificate, key: wrong } })).toEqual(noKey);
    const noCertificate = ['page.tls.certificate: is no certificate (PEM)'];
    for (const wrong of ['', key, 'scrypt:1:2:3'])
      expect(problems({ tls: { certificate: wrong, key } })).toEqual(noCertificate);
    expect(problems({ oidc: { ca: '' } })).toEqual(['page.oidc.ca: is no certificate (PEM)']);
    expect(problems({ oidc: { ca: certificate } })).toEqual([]);
    const opened = await startPage({ host: '127.0.0.1', port: 0 }, {
      access: { ...ON_THIS_MACHINE, tls: { certificate, key: otherKey } },
    } as never);
    expect(opened).toEqual({ ok: false, error: { kind: 'not-safe', says: mismatch } });
  },
  60_000,
);

onThisMachine('openssl')(
  'the page speaks TLS with its own certificate, and its cookies are for that only',
  async () => {
    page = await openPage(small, {
      ...ON_THIS_MACHINE,
      reach: 'network',
      tls: { certificate, key },
      users: [{ name: 'ada', role: 'viewer', password: await hashedPassword('a long enough password') }],
    });
    expect(page.server.url).toMatch(/^https:/);
    const ask = (path: string, method: string, body = '') =>
      new Promise<{ status: number; headers: Record<string, unknown> }>((resolve, reject) => {
        request(
          new URL(path, page!.server.url),
          { method, ca: certificate, headers: { 'Content-Type': 'application/x-www-form-urlencoded' } },
          (answer) => {
            answer.resume();
            resolve({ status: answer.statusCode!, headers: answer.headers });
          },
        )
          .on('error', reject)
          .end(body);
      });
    const overview = await ask('/', 'GET');
    expect([overview.status, overview.headers['location']]).toEqual([303, '/sign-in']);
    expect(overview.headers['strict-transport-security']).toBe('max-age=31536000');
    const signedIn = await ask('/sign-in', 'POST', 'name=ada&password=a+long+enough+password');
    expect(signedIn.status).toBe(303);
    expect(String(signedIn.headers['set-cookie'])).toMatch(/^__Host-caliper=.*; Secure$/);
    await expect(fetch(page.server.url.replace('https', 'http'))).rejects.toThrow();
  },
);

onThisMachine('openssl')(
  'audit messages reach their repository over TLS, each counted in octets, those of before it was there too',
  async () => {
    const received: Buffer[] = [];
    const sockets: TLSSocket[] = [];
    const listen = (port: number): Promise<number> =>
      new Promise((ready) => {
        repository = createServer({ cert: certificate, key }, (socket) => {
          sockets.push(socket);
          socket.on('data', (data: Buffer) => received.push(data));
        }).listen(port, '127.0.0.1', () => ready((repository!.address() as AddressInfo).port));
      });
    const port = await listen(0);
    const failures: string[] = [];
    const syslog = openSyslog({ host: 'localhost', port, ca: certificate }, (code) => failures.push(code));
    const frames = (): string[] => {
      let rest = Buffer.concat(received);
      const found: string[] = [];
      while (rest.length > 0) {
        const space = rest.indexOf(' ');
        const length = Number(rest.subarray(0, space).toString());
        if (rest.length < space + 1 + length) break;
        found.push(rest.subarray(space + 1, space + 1 + length).toString('utf8'));
        rest = rest.subarray(space + 1 + length);
      }
      return found;
    };
    const until = async (count: number) => {
      while (frames().length < count) await new Promise((done) => setTimeout(done, 50));
    };
    syslog.send('<AuditMessage>ä</AuditMessage>', new Date(0));
    syslog.send('<AuditMessage>2</AuditMessage>', new Date(0));
    await until(2);
    expect(frames()[0]).toMatch(
      /^<85>1 1970-01-01T00:00:00.000Z \S+ caliper \d+ IHE\+RFC-3881 - \ufeff<AuditMessage>ä<\/AuditMessage>$/,
    );

    for (const socket of sockets) socket.destroy();
    await new Promise((closed) => repository!.close(closed));
    await new Promise((done) => setTimeout(done, 100)); // the client sees that it is gone
    syslog.send('<AuditMessage>3</AuditMessage>', new Date(0));
    await listen(port);
    await until(3);
    expect(frames()[2]).toContain('<AuditMessage>3</AuditMessage>');
    syslog.close();
    // a repository that shows another certificate is not spoken to
    const wary = openSyslog({ host: 'localhost', port, ca: undefined }, (code) => failures.push(code));
    wary.send('<AuditMessage>4</AuditMessage>', new Date(0));
    while (!failures.some((code) => code.includes('SELF_SIGNED'))) await new Promise((done) => setTimeout(done, 50));
    wary.close();
    expect(frames()).toHaveLength(3);
  },
);
