import { afterAll, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkPage } from '../../src/cli/check-page.js';
import { readConfiguration } from '../../src/configuration/index.js';
import { onThisMachine } from '../deploy/tools.js';
import { freePort } from '../environment/free-port.js';

const folder = mkdtempSync(join(tmpdir(), 'caliper-check-page-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** What the check says of a page: whether it works, of what, and the detail. */
async function rowsOf(page: string, now = new Date()): Promise<readonly (readonly [boolean, string, string])[]> {
  const read = readConfiguration(`archives: [{ name: pacs, url: https://pacs.example/dicom-web }]
sources: [{ archive: pacs }]
destinations: [{ archive: pacs }]
rules: [{ name: all, store: { to: [pacs] } }]
page: ${page}
`);
  if (!read.ok) throw new Error(JSON.stringify(read.error));
  return (await checkPage(read.value, now)).map(({ works, what, detail }) => [works, what, detail]);
}

test('an address that is free, and one that another program has', async () => {
  const port = await freePort();
  const listen = `127.0.0.1:${port}`;
  const machine = [true, 'who may come in', 'whoever works on this machine, as admin'];
  expect(await rowsOf(`{ listen: ${listen} }`)).toEqual([[true, listen, 'is free'], machine]);
  const other = createServer((_request, response) => void response.end('ok'));
  await new Promise<void>((ready) => other.listen(port, '127.0.0.1', ready));
  expect((other.address() as AddressInfo).port).toBe(port);
  expect(await rowsOf(`{ listen: ${listen} }`)).toEqual([[false, listen, 'in use by another program'], machine]);
  await new Promise((done) => other.close(done));
});

test('a password that was not hashed, a token that is short, a file that is not there', async () => {
  writeFileSync(join(folder, 'typed'), 'a long enough password');
  const who = 'who may come in';
  const users = (file: string) => `users: [{ name: ada, role: admin, password: file:${join(folder, file)} }]`;
  const tokens = `tokens: [{ name: prometheus, role: metrics, token: file:${join(folder, 'typed')} }]`;
  expect(await rowsOf(`{ ${users('typed')}, ${tokens} }`)).toEqual([
    [false, who, 'users: ada: the password is not a line that caliper password printed'],
    [false, who, 'tokens: prometheus: the token has less than 32 characters'],
  ]);
  expect(await rowsOf(`{ ${users('nothing')} }`)).toEqual([
    [false, who, `ada: ${join(folder, 'nothing')} cannot be read (ENOENT)`],
  ]);
});

test('an issuer that is not there', async () => {
  const [page, issuer] = [await freePort(), `http://127.0.0.1:${await freePort()}`];
  const rows = await rowsOf(
    `{ listen: '127.0.0.1:${page}', oidc: { issuer: '${issuer}', audience: caliper, roles: { viewer: [x] } } }`,
  );
  expect(rows.slice(1)).toEqual([
    [true, 'who may come in', 'whom the issuer gives a role'],
    [false, issuer, 'ECONNREFUSED'],
  ]);
});

onThisMachine('openssl')('a certificate, its names and its end', async () => {
  const [key, certificate] = [join(folder, 'key'), join(folder, 'certificate')];
  spawnSync(
    'openssl',
    `req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=page -addext subjectAltName=DNS:page.example -keyout ${key} -out ${certificate}`.split(
      ' ',
    ),
  );
  const end = new Date(Date.now() + 2 * 86_400_000);
  const row = `for DNS:page.example; valid until ${end.toISOString().slice(0, 10)}`;
  const page = `{ listen: '127.0.0.1:${await freePort()}', tls: { certificate: 'file:${certificate}', key: 'file:${key}' } }`;
  expect((await rowsOf(page)).slice(2)).toEqual([[true, 'certificate', row]]);
  expect((await rowsOf(page, new Date(end.getTime() + 60_000))).slice(2)).toEqual([[false, 'certificate', row]]);
});
