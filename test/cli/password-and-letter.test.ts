import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { spawn, spawnSync } from 'node:child_process';
import { randomUUID, scryptSync } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startArchive, type RunningArchive } from '../../src/archive/index.js';
import { deleteWithDatabases } from '../environment/state-folders.js';
import { filesOf } from '../pipeline/altered-phantom.js';

/** Both commands as they are installed, in processes of their own. */
const folder = mkdtempSync(join(tmpdir(), 'caliper-letter-'));
let archive: RunningArchive;

beforeAll(async () => {
  mkdirSync(join(folder, 'archive'));
  for (const { name, bytes } of filesOf(undefined, 1)) writeFileSync(join(folder, 'archive', name), bytes);
  archive = await startArchive(
    { folder: join(folder, 'archive'), host: '127.0.0.1', port: 0 },
    { randomUUID, report: () => undefined },
  );
  writeFileSync(
    join(folder, 'site.yaml'),
    `archives: [{ name: main-pacs, url: "${archive.url}", budget: { requestsPerSecond: 500 } }]
sources: [{ archive: main-pacs, watch: [{ studyDates: 36500d, every: 1h }] }]
destinations: [{ archive: main-pacs, mode: shadow }]
rules: [{ store: { to: [main-pacs] } }]
`,
  );
});
afterAll(async () => {
  await archive?.close();
  await deleteWithDatabases(folder);
});

/** Without blocking this process, which serves the archive. */
async function caliper(...args: string[]) {
  const child = spawn(process.execPath, ['bin/caliper.mjs', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (text: string) => (said[name] += text));
  const status = await new Promise<number | null>((done) => child.on('close', done));
  return { status, ...said };
}

test('caliper letter: what a time in shadow has shown, in one file that needs nothing else', async () => {
  const [config, out] = [join(folder, 'site.yaml'), join(folder, 'letter.html')];
  expect(await caliper('letter', '--config', join(folder, 'none.yaml'), '--out', out)).toMatchObject({
    status: 2,
    stdout: '',
  });
  expect(existsSync(out)).toBe(false);
  expect((await caliper('once', '--config', config)).status).toBe(0);
  const letter = await caliper('letter', '--config', config, '--out', out, '--days', '2');
  expect(letter).toMatchObject({
    status: 0,
    stdout: '',
    stderr: expect.stringContaining('1 report, 1 picture') as unknown,
  });

  const text = readFileSync(out, 'utf8');
  expect(text).toContain('What 2 days of Caliper have shown');
  expect(text).toContain('mode <strong>shadow</strong>');
  expect(text.match(/<figure>/g)).toHaveLength(1);
  expect(text).not.toMatch(/https?:\/\/(?!www\.w3\.org)|<script|2\.25\.|PHANTOM/);
  // the load is that of once: more than nothing, all of it in this hour or the last, and the chart's bar is there
  const [, counted] = /<td>main-pacs<\/td>\s*<td class="number">(\d+)<\/td>\s*<td class="number">0<\/td>/.exec(text)!;
  expect(Number(counted)).toBeGreaterThan(5);
  const chart = /<svg class="load".*?<\/svg>/s.exec(text)![0];
  expect(chart.match(/<rect /g)!.length).toBeGreaterThanOrEqual(2);

  const polls = await caliper('explain', '--polls', '--config', config);
  expect(polls.status).toBe(0);
}, 120_000);

test('caliper password: a line that scrypt makes again from the password, and from it alone', () => {
  const typed = (input: string) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, ['bin/caliper.mjs', 'password'], {
      input,
      encoding: 'utf8',
    });
    return { status, stdout, stderr };
  };
  const { status, stdout, stderr } = typed('correct horse battery\r\nnot this line\n');
  expect([status, stderr]).toEqual([0, '']);
  const [kind, N, r, p, salt, key] = stdout.trim().split(':');
  expect([kind, stdout.split('\n')]).toEqual(['scrypt', [expect.any(String), '']]);
  const again = scryptSync('correct horse battery', Buffer.from(salt!, 'base64url'), 32, {
    N: Number(N),
    r: Number(r),
    p: Number(p),
    maxmem: 2 ** 28,
  });
  expect(again.toString('base64url')).toBe(key);
  expect(typed('correct horse battery\n').stdout).not.toBe(stdout); // a salt of its own
  expect(typed('too short\n')).toEqual({ status: 2, stdout: '', stderr: 'a password has at least 12 characters\n' });
  expect(typed('').status).toBe(2);
});
