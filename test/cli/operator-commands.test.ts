import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startArchive, type RunningArchive } from '../../src/archive/index.js';
import { deleteWithDatabases } from '../environment/state-folders.js';
import { filesOf } from '../pipeline/altered-phantom.js';

let scratch: string;
let archive: RunningArchive;
let config: string;

beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'caliper-operator-'));
  const folder = join(scratch, 'archive');
  mkdirSync(folder);
  for (const { name, bytes } of filesOf(undefined, 1)) writeFileSync(join(folder, name), bytes);
  archive = await startArchive({ folder, host: '127.0.0.1', port: 0 }, { randomUUID, report: () => undefined });
  config = join(scratch, 'site.yaml');
  writeFileSync(
    config,
    `archives: [{ name: pacs, url: "${archive.url}", budget: { requestsPerSecond: 500 } }]
sources: [{ archive: pacs, watch: [{ studyDates: 36500d, every: 1h }] }]
destinations: [{ archive: pacs, mode: live, storeFrom: "2100-01-01" }]
rules: [{ store: { to: [pacs] } }]
`,
  );
});
afterAll(async () => {
  await archive.close();
  await deleteWithDatabases(scratch);
});

const caliper = (...args: string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['bin/caliper.mjs', ...args], { encoding: 'utf8' });
  return { status, stdout, stderr };
};
/** Without blocking this process, which serves the archive. */
const caliperBeside = async (...args: string[]) => {
  const child = spawn(process.execPath, ['bin/caliper.mjs', ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  const status = await new Promise<number | null>((done) => child.on('close', done));
  return { status, stdout };
};

test('what storeFrom kept back is stored when an administrator replays it; pause, list and purge tell the truth', async () => {
  expect(caliper('pause', '--config', config, 'destination:pacs')).toMatchObject({ status: 0 });
  const roles = caliper('pause', '--config', config, '--json').stdout.trim().split('\n');
  expect(roles.map((line) => JSON.parse(line) as object)).toMatchObject([
    { role: 'destination', name: 'pacs', mode: 'paused', configured: 'live', paused: expect.stringMatching(/^by ./) },
    { role: 'source', name: 'pacs', mode: 'live', paused: null },
  ]);
  const paused = await caliperBeside('once', '--config', config, '--json');
  expect(paused.status).toBe(1);
  expect(JSON.parse(paused.stdout)).toMatchObject({ state: 'waiting', reason: 'destination-paused' });

  expect(caliper('resume', '--config', config, 'pacs').stdout).toMatch(/destination +pacs +live +live/);
  const swept = await caliperBeside('once', '--config', config, '--json');
  expect(swept.status).toBe(0);
  expect(JSON.parse(swept.stdout)).toMatchObject({ report: 'r-1', measurements: [{ outcome: 'would-store' }] });
  expect(caliper('list', '--written', '--config', config, '--json').stdout).toBe('');

  const dry = caliper('replay', '--config', config, '--outcome', 'would-store', '--source', 'pacs', '--dry-run');
  expect(dry).toMatchObject({ status: 0, stdout: 'r-1\n' });
  expect(caliper('replay', '--config', config, '--outcome', 'held').stdout).toBe('');
  expect(caliper('replay', '--config', config, '--outcome', 'would-store').stdout).toBe('r-1\n');
  const stored = await caliperBeside('once', '--config', config, '--json');
  expect(JSON.parse(stored.stdout)).toMatchObject({ measurements: [{ outcome: 'stored' }] });

  const [object] = caliper('list', '--written', '--config', config, '--json')
    .stdout.trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { object: string; sopInstanceUID: string });
  expect(object).toMatchObject({ report: 'r-1', segments: 1, deliveries: [{ destination: 'pacs', state: 'stored' }] });
  // a report is also found by the UID of what was made for it
  expect(caliper('replay', '--config', config, object!.sopInstanceUID, '--dry-run').stdout).toBe('r-1\n');
  expect(caliper('replay', '--config', config, object!.object, '--dry-run').stdout).toBe('r-1\n');

  // three processes asked the archive, and one of them stored one object
  const load = caliper('explain', '--polls', '--config', config, '--json').stdout.trim().split('\n');
  const rows = load.map((line) => JSON.parse(line) as { archive: string; kind: string; requests: number });
  const requests = (kind: string) => rows.filter((r) => r.kind === kind).reduce((sum, r) => sum + r.requests, 0);
  expect(rows.every(({ archive: name }) => name === 'pacs')).toBe(true);
  expect([requests('store'), requests('search') >= 3, requests('retrieve') >= 3]).toEqual([1, true, true]);
  const table = caliper('explain', '--polls', '--config', config);
  expect(table.stdout).toMatch(/^archive +hour \(UTC\) +search +metadata +retrieve +store +failed/);
  expect(table.stderr).toMatch(/pacs: \d+ requests, \d+\.\d MB in 1 days/);

  expect(caliper('purge', '--config', config).status).toBe(2); // retention says forever
  expect(caliper('purge', '--config', config, '--older-than', '30').stdout).toBe(
    '0 events older than 30 days forgotten\n',
  );
  expect(caliper('purge', '--config', config, '--everything')).toMatchObject({ status: 2 });
  expect(caliper('purge', '--config', config, '--everything', '--yes').status).toBe(0);
  expect(caliper('replay', '--config', config, 'r-1', '--dry-run').status).toBe(2); // the ledger is new
}, 240_000);

test('wrong input: each ends with 2 and says what would be right', () => {
  expect(caliper('replay', '--config', config).stderr).toMatch(/say which reports/);
  expect(caliper('replay', '--config', config, '--outcome', 'lost').status).toBe(2);
  expect(caliper('replay', '--config', config, '--reason', 'because').stderr).toMatch(/docs\/errors.md/);
  expect(caliper('replay', '--config', config, '--from', '2026-02-30').stderr).toMatch(/must be a date/);
  expect(caliper('pause', '--config', config, 'nobody').stderr).toMatch(/there are destination:pacs, source:pacs/);
  expect(caliper('list', '--config', config).status).toBe(2);
  expect(caliper('explain', '--polls').stderr).toMatch(/--polls with --config/);
}, 120_000);
