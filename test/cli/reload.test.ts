import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startArchive, type RunningArchive } from '../../src/archive/index.js';
import { checkPage } from '../../src/cli/check-page.js';
import { readConfiguration } from '../../src/configuration/index.js';
import { freePort } from '../environment/free-port.js';
import { deleteWithDatabases } from '../environment/state-folders.js';

/** A real daemon, its file changed under it. */
const folder = mkdtempSync(join(tmpdir(), 'caliper-reload-'));
const file = join(folder, 'caliper.yaml');
let archive: RunningArchive;
let port: number;
let daemon: ChildProcess;
const events: { readonly message: string; readonly [field: string]: unknown }[] = [];

const configuration = (mode: string): string => `archives: [{ name: pacs, url: ${archive.url} }]
sources: [{ archive: pacs }]
destinations: [{ archive: pacs, mode: ${mode} }]
rules: [{ store: { to: [pacs] } }]
stateFolder: state
page: { listen: 127.0.0.1:${port} }
`;

beforeAll(async () => {
  mkdirSync(join(folder, 'archive'));
  archive = await startArchive(
    { folder: join(folder, 'archive'), host: '127.0.0.1', port: 0 },
    { randomUUID, report: () => undefined },
  );
  port = await freePort();
  writeFileSync(file, configuration('shadow'));
  daemon = spawn(process.execPath, ['bin/caliper.mjs', 'run', '--config', file]);
  let rest = '';
  daemon.stderr!.on('data', (data: Buffer) => {
    const lines = (rest + data.toString()).split('\n');
    rest = lines.pop()!;
    for (const line of lines) if (line.startsWith('{')) events.push(JSON.parse(line) as (typeof events)[number]);
  });
  await said('daemon.started');
}, 120_000);
afterAll(async () => {
  daemon?.kill('SIGTERM');
  if (daemon && daemon.exitCode === null) await new Promise((done) => daemon.once('exit', done));
  await archive?.close();
  await deleteWithDatabases(folder);
}, 60_000);

async function said(message: string, after = 0): Promise<(typeof events)[number]> {
  for (;;) {
    const found = events.slice(after).find((event) => event.message === message);
    if (found) return found;
    if (daemon.exitCode !== null) throw new Error(`the daemon ended: ${JSON.stringify(events)}`);
    await new Promise((done) => setTimeout(done, 50));
  }
}
const page = async (path: string) =>
  (await (await fetch(`http://127.0.0.1:${port}${path}`)).json()) as Record<string, unknown>;
const mode = async (): Promise<string> =>
  ((await page('/api/v1/roles'))['roles'] as { role: string; mode: string }[]).find((r) => r.role === 'destination')!
    .mode;

test('the check knows that it is a Caliper that has the address of the page', async () => {
  const read = readConfiguration(readFileSync(file, 'utf8'));
  if (!read.ok) throw new Error(JSON.stringify(read.error));
  expect(await checkPage(read.value, new Date())).toContainEqual(
    expect.objectContaining({ works: true, what: `127.0.0.1:${port}`, detail: 'a Caliper answers there' }),
  );
});

test('a bad file is refused, said in the log and at /healthz, and the last good one stays at work', async () => {
  writeFileSync(file, configuration('liev'));
  daemon.kill('SIGHUP');
  expect(await said('configuration.refused')).toMatchObject({ problems: 1, line: 3, setting: 'destinations[0].mode' });
  expect((await page('/healthz'))['configuration']).toMatchObject({
    refused: { says: [`${file}:3: destinations[0].mode must be one of: live, shadow, paused`] },
  });
  expect(await mode()).toBe('shadow');
  expect(events.filter((e) => e.message === 'daemon.started')).toHaveLength(1); // nothing was even stopped
}, 60_000);

test('a good file is taken up, and what was refused is over', async () => {
  writeFileSync(file, configuration('live'));
  daemon.kill('SIGHUP');
  await said('configuration.reloaded');
  expect(await mode()).toBe('live');
  expect((await page('/healthz'))['configuration']).toMatchObject({ refused: null });
}, 60_000);

test('a file that reads well but cannot start leaves the last good one at work', async () => {
  const before = events.length;
  writeFileSync(
    file,
    configuration('shadow').replace('stateFolder: state', 'stateFolder: archive-is-a-file/caliper.yaml/x'),
  );
  writeFileSync(join(folder, 'archive-is-a-file'), '');
  daemon.kill('SIGHUP');
  await said('configuration.refused', before);
  await said('daemon.started', before);
  expect(await mode()).toBe('live');
}, 60_000);

test('a certificate that is none is refused before anything is stopped', async () => {
  const before = events.length;
  writeFileSync(join(folder, 'page.pem'), 'renewed, but not whole');
  writeFileSync(
    file,
    configuration('live').replace(
      `page: { listen: 127.0.0.1:${port} }`,
      `page: { listen: 127.0.0.1:${port}, tls: { certificate: file:${join(folder, 'page.pem')}, key: file:${join(folder, 'page.pem')} } }`,
    ),
  );
  daemon.kill('SIGHUP');
  expect(await said('configuration.refused', before)).toMatchObject({ problems: 1, setting: 'page.tls.certificate' });
  expect((await page('/healthz'))['configuration']).toMatchObject({
    refused: { says: ['page.tls.certificate: is no certificate (PEM)'] },
  });
  expect(events.slice(before).map((event) => event.message)).not.toContain('daemon.stopped');
}, 60_000);
