import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deleteWithDatabases } from '../environment/state-folders.js';
import { startOrthanc, type RunningOrthanc } from '../environment/orthanc.js';
import { describeWith, orthanc } from '../environment/peers.js';
import { BAD_CASES, filesOf } from './altered-phantom.js';

const scratch = mkdtempSync(join(tmpdir(), 'caliper-bad-'));
afterAll(() => deleteWithDatabases(scratch));

const caliper = (...args: string[]) => {
  const ran = spawnSync(process.execPath, ['bin/caliper.mjs', ...args], { encoding: 'utf8' });
  return {
    ...ran,
    rows: ran.stdout
      .split('\n')
      .filter((l) => l.startsWith('{'))
      .map((l) => JSON.parse(l) as Record<string, unknown>),
  };
};

describe('files that are wrong, in a folder', () => {
  test.each(BAD_CASES)('$name ends as $reason', (bad) => {
    const input = join(scratch, bad.reason);
    mkdirSync(input);
    for (const { name, bytes } of filesOf(bad, 1)) writeFileSync(join(input, name), bytes);
    const ran = caliper('segment', '--input', input, '--out', join(scratch, `${bad.reason}-out`), '--json');
    if (bad.reason === 'no-measurements') expect(ran.rows).toEqual([]);
    else expect(ran.rows.map((row) => row['reason'])).toEqual([bad.reason]);
    expect(ran.rows.every((row) => row['outcome'] !== 'written')).toBe(true);
    expect(ran.stderr).not.toMatch(/\n\s+at /);
  });

  test('the same files without a defect give a contour', () => {
    const input = join(scratch, 'good');
    mkdirSync(input);
    for (const { name, bytes } of filesOf(undefined, 1)) writeFileSync(join(input, name), bytes);
    const ran = caliper('segment', '--input', input, '--out', join(scratch, 'good-out'), '--json');
    expect(ran.rows).toMatchObject([{ outcome: 'written', reason: null, segmentNumber: 1 }]);
    expect(ran.status).toBe(0);
    expect(readdirSync(join(scratch, 'good-out')).sort()).toEqual([
      `${String(ran.rows[0]!['segUID'])}.dcm`,
      'held',
      'report-001-lesion-01.png',
    ]);
  });

  test('what is no DICOM, and what is cut off, is said by name and nothing is made of it', () => {
    const input = join(scratch, 'no-dicom');
    mkdirSync(input);
    const [image, report] = filesOf(undefined, 1);
    writeFileSync(join(input, 'notes.txt'), 'not DICOM at all');
    writeFileSync(join(input, 'empty.dcm'), '');
    writeFileSync(join(input, 'image.dcm'), image!.bytes.subarray(0, image!.bytes.length - 100_000));
    writeFileSync(join(input, 'report.dcm'), report!.bytes);
    const segmented = caliper('segment', '--input', input, '--out', join(scratch, 'no-dicom-out'), '--json');
    expect(segmented.rows.map((row) => row['outcome'])).toEqual(['skipped']);
    expect(['pixel-length-mismatch', 'truncated']).toContain(segmented.rows[0]!['reason']);

    const parsed = caliper('parse', '--json', join(input, 'notes.txt'), join(input, 'report.dcm'));
    expect(parsed.rows.map((row) => (row['skipped'] as { reason: string }[]).map((s) => s.reason))).toEqual([
      ['not-dicom'],
      [],
    ]);
    expect(parsed.status).toBe(1);
  });

  test('a folder, a file and an option that are not there: exit 2 and a sentence', () => {
    expect(caliper('segment', '--input', join(scratch, 'nowhere'), '--out', join(scratch, 'x'))).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('there is no such file or folder'),
    });
    expect(caliper('parse', join(scratch, 'nowhere.dcm')).status).toBe(2);
    expect(caliper('segment', '--input', scratch).status).toBe(2);
    expect(caliper('segment', '--input', scratch, '--out', scratch, '--method', 'magic')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('grabcut'),
    });
    expect(caliper('once', '--config', join(scratch, 'nowhere.yaml'))).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('cannot be read'),
    });
    expect(caliper('frobnicate').status).toBe(2);
  });
});

const configurationOf = (name: string, url: string) => {
  const file = join(scratch, `${name}.yaml`);
  writeFileSync(
    file,
    `archives: [{ name: pacs, url: "${url}", budget: { requestsPerSecond: 500, megabytesPerSecond: 500 } }]
sources: [{ archive: pacs, watch: [{ studyDates: 20000d, every: 1m }] }]
destinations: [{ archive: pacs, mode: live, storeFrom: always }]
rules: [{ store: { to: [pacs] } }]
stateFolder: ${name}-state
`,
  );
  return file;
};

describeWith({ orthanc: orthanc() }, 'wrong reports in an archive', () => {
  let archive: RunningOrthanc;
  beforeAll(async () => {
    archive = await startOrthanc();
  });
  afterAll(() => archive.stop());

  test('each ends with its reason or its next try, and the good one among them is stored', async () => {
    const cases = [...BAD_CASES, undefined];
    for (const [i, bad] of cases.entries()) for (const { bytes } of filesOf(bad, i + 1)) await archive.upload(bytes);
    const before = await archive.count();
    const ran = caliper('once', '--config', configurationOf('bad', archive.url), '--json');
    const ends = ran.rows.flatMap((row) => {
      const measurements = row['measurements'] as { outcome: string; reason: string | null }[];
      return measurements.length > 0 && row['state'] !== 'waiting'
        ? measurements.map((m) => m.reason ?? m.outcome)
        : [row['reason']];
    });
    expect([...ends].sort()).toEqual([...BAD_CASES.map((b) => b.reason), 'stored'].sort());
    expect(ran.rows.find((row) => row['reason'] === 'image-gone')).toMatchObject({
      state: 'waiting',
      next: expect.any(String),
    });
    expect(ran.status).toBe(1); // something waits
    expect(await archive.count()).toBe(before + 1);
    // nothing of a patient in what a program or a log collector sees
    expect(ran.stdout + ran.stderr).not.toMatch(/Phantom|SOMEBODY|2\.25\.100\d\./);
  });
});

describe('an archive that answers nonsense', () => {
  test('a login page instead of DICOMweb: said by name, exit 1', async () => {
    const server = createServer((_request, response) =>
      response.setHeader('Content-Type', 'text/html').end('<html>Please sign in</html>'),
    );
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const config = configurationOf('nonsense', `http://127.0.0.1:${(server.address() as AddressInfo).port}/dicom-web`);
    const ran = await new Promise<{ status: number | null; stderr: string }>((done) => {
      void import('node:child_process').then(({ spawn }) => {
        const child = spawn(process.execPath, ['bin/caliper.mjs', 'once', '--config', config]);
        let stderr = '';
        child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
        child.on('exit', (status) => done({ status, stderr }));
      });
    });
    server.close();
    expect(ran.status).toBe(1);
    expect(ran.stderr).toContain('archive-answer-invalid');
    expect(ran.stderr).not.toContain('sign in');
  });
});
