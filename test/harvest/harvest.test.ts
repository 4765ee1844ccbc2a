import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inflateSync } from 'node:zlib';
import type { RunningArchive } from '../../src/archive/index.js';
import { readLesionSet } from '../../src/dataset/index.js';
import { startOrthanc, type RunningOrthanc } from '../environment/orthanc.js';
import { describeWith, orthanc, python } from '../environment/peers.js';
import type { Truth } from './generated-archive.js';
import {
  caliper,
  digestsOf,
  endHarvests,
  filesOf,
  fillArchive,
  KEY,
  pause,
  serveArchive,
  writeConfiguration,
} from './harvest-command.js';
import { isUnfiltered, recordingProxy, type RecordingProxy } from './recording-proxy.js';

/**
 * The command as a researcher runs it, on an embedded archive and on Orthanc, against made-up patients whose funnel is known. The process is a real one,
 * and is killed as a power cut would.
 */
const isLong = process.env['CALIPER_LONG'] === '1';
const PATIENTS = 60;
const MANY_PATIENTS = isLong ? 2000 : PATIENTS;
const KILLS = isLong ? 20 : 4;
const DATES = ['--from', '2019-01-01', '--to', '2020-12-31'];

// a limit for what hangs, not a measure: every step starts a process
const LIMIT_MS = isLong ? 3_600_000 : 900_000;
jest.setTimeout(LIMIT_MS);

const here = new URL('.', import.meta.url).pathname;
const scratch = mkdtempSync(join(tmpdir(), 'caliper-harvest-'));
let truth: Truth;
const archiveFolder = join(scratch, 'archive');

beforeAll(() => {
  truth = fill(archiveFolder, PATIENTS);
});
afterAll(() => {
  endHarvests();
  rmSync(scratch, { recursive: true, force: true });
});

const fill = (folder: string, patients: number): Truth => fillArchive(folder, patients, python());

/** A configuration with its own state folder. */
const configuration = ({ name, ...site }: Parameters<typeof writeConfiguration>[1] & { readonly name: string }) =>
  writeConfiguration(join(scratch, `${name}.yaml`), site);

interface FunnelStage {
  readonly stage: string;
  readonly in: number;
  readonly lost: Record<string, number>;
  readonly out: number;
}
const funnelOf = (folder: string): Truth['stages'] =>
  Object.fromEntries(
    (JSON.parse(readFileSync(join(folder, 'funnel.json'), 'utf8')) as { stages: FunnelStage[] }).stages.map((s) => [
      s.stage,
      { in: s.in, lost: s.lost, out: s.out },
    ]),
  );
const lines = <T>(path: string): T[] =>
  readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T);

/** A harvest that is killed again and again after 0.7 s to that and `withinMs`; gives how often a kill came before its end. */
async function killedAtRandom(config: string, out: string, withinMs: number): Promise<number> {
  let seed = 20260101;
  const random = () => (seed = (Math.imul(seed, 1103515245) + 12345) >>> 0) / 2 ** 32;
  let killed = 0;
  for (let i = 0; i < KILLS; i++) {
    const ran = await caliper(['--config', config, '--out', out, ...DATES, '--resume'], {
      killAfterMs: 700 + random() * withinMs,
    });
    if (ran.signal === 'SIGKILL') killed++;
  }
  return killed;
}

describe('a harvest of an embedded archive', () => {
  let archive: RunningArchive;
  const first = join(scratch, 'first');

  beforeAll(async () => {
    archive = await serveArchive(archiveFolder);
    const ran = await caliper([
      '--config',
      configuration({ name: 'site', url: archive.url }),
      '--out',
      first,
      ...DATES,
    ]);
    expect({ status: ran.status, err: ran.status === 0 ? '' : ran.err }).toEqual({ status: 0, err: '' });
  });
  afterAll(() => archive.close());

  test('ends with the funnel that was planted, and its counts add up', async () => {
    expect(funnelOf(first)).toEqual(truth.stages);
    for (const stage of Object.values(funnelOf(first)))
      expect(stage.out).toBe(stage.in - Object.values(stage.lost).reduce((a, b) => a + b, 0));
    const set = await readLesionSet(first);
    expect(set.ok && set.value.refused).toEqual([]);
    expect(set.ok && set.value.rows).toHaveLength(truth.stages['admitted']!.out);
    expect(set.ok && new Set(set.value.rows.map((row) => row.lesion)).size).toBe(truth.lesions);
    expect(set.ok && new Set(set.value.rows.map((row) => row.patient)).size).toBe(truth.patients);
  });

  test('every file stands in SHA256SUMS with its digest, and nothing else lies there', () => {
    const sums = readFileSync(join(first, 'SHA256SUMS'), 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((l) => l.split('  '));
    const digests = digestsOf(first);
    delete digests['SHA256SUMS'];
    expect(Object.fromEntries(sums.map(([digest, path]) => [path, digest]))).toEqual(digests);
    expect(
      filesOf(first)
        .filter((f) => !f.includes('/'))
        .sort(),
    ).toEqual([
      'SHA256SUMS',
      'contact-sheet.html',
      'dataset.json',
      'datasheet.md',
      'funnel.json',
      'lesions.csv',
      'provenance.jsonl',
      'splits.csv',
    ]);
  });

  test('a second harvest is the same, byte by byte', async () => {
    const again = join(scratch, 'again');
    await caliper([
      '--config',
      configuration({ name: 'other-state', url: archive.url, harvest: 'parallel: 7' }),
      '--out',
      again,
      ...DATES,
    ]);
    expect(digestsOf(again)).toEqual(digestsOf(first));
    const third = join(scratch, 'third');
    await caliper(['--config', join(scratch, 'site.yaml'), '--out', third, ...DATES]);
    expect(digestsOf(third)).toEqual(digestsOf(first));
  });

  test(`is killed ${KILLS} times and interrupted once, goes on, and ends with the same bytes`, async () => {
    const config = configuration({ name: 'killed', url: archive.url, requestsPerSecond: 60 });
    const out = join(scratch, 'killed');
    const killed = await killedAtRandom(config, out, isLong ? 2500 : 4000);
    const interrupted = await caliper(['--config', config, '--out', out, ...DATES, '--resume'], {
      killAfterMs: 2500,
      signal: 'SIGINT',
    });
    expect([0, 130, null]).toContain(interrupted.status);
    const last = await caliper(['--config', config, '--out', out, ...DATES, '--resume']);
    expect({ status: last.status, err: last.status === 0 ? '' : last.err }).toEqual({ status: 0, err: '' });
    expect(killed).toBeGreaterThan(0);
    expect(digestsOf(out)).toEqual(digestsOf(first));
  });

  test('an archive that goes away is waited for; one that stays away ends it, and resuming makes the same set', async () => {
    const proxy = await recordingProxy(archive.url);
    try {
      const out = join(scratch, 'outage');
      const config = configuration({ name: 'outage', url: proxy.url, requestsPerSecond: 100 });
      const running = caliper(['--config', config, '--out', out, ...DATES]);
      while (proxy.requests.length < 60) await pause(20);
      proxy.state = 'down';
      await pause(1500);
      proxy.state = 'up';
      expect(await running).toMatchObject({ status: 0 });
      expect(digestsOf(out)).toEqual(digestsOf(first));

      const gone = join(scratch, 'gone');
      const impatient = configuration({
        name: 'gone',
        url: proxy.url,
        requestsPerSecond: 100,
        harvest: 'patienceMinutes: 0.01',
      });
      const stopping = caliper(['--config', impatient, '--out', gone, ...DATES]);
      while (!existsSync(join(gone, 'images'))) await pause(20);
      proxy.state = 'down';
      const stopped = await stopping;
      expect(stopped.status).toBe(1);
      expect(stopped.err).toMatch(/archive-unreachable|archive-answer-invalid/);
      expect(stopped.err).toContain('--resume');
      expect(existsSync(join(gone, 'lesions.csv'))).toBe(false);
      proxy.state = 'up';
      const refused = await caliper(['--config', impatient, '--out', gone, ...DATES]);
      expect(refused).toMatchObject({ status: 2 });
      expect(refused.err).toContain('--resume');
      expect(await caliper(['--config', impatient, '--out', gone, ...DATES, '--resume'])).toMatchObject({ status: 0 });
      expect(digestsOf(gone)).toEqual(digestsOf(first));
    } finally {
      await proxy.close();
    }
  });

  test('takes neighbours within the context, and writes what readers of DeepLesion read', async () => {
    const out = join(scratch, 'deeplesion');
    const ran = await caliper([
      '--config',
      join(scratch, 'site.yaml'),
      '--out',
      out,
      ...DATES,
      '--as',
      'deeplesion',
      '--context',
      '5',
    ]);
    expect(ran.status).toBe(0);
    const set = await readLesionSet(out);
    if (!set.ok) throw new Error(set.error.says);
    expect(set.value.format).toBe('deeplesion');
    expect(set.value.refused).toEqual([]);
    expect(set.value.rows).toHaveLength(truth.stages['admitted']!.out);
    const { record } = set.value.rows[0]!;
    expect(record.get('Slice_range')).toBe('1, 3');
    expect(filesOf(join(out, 'Images_png', '000001_01_01'))).toEqual(['001.png', '002.png', '003.png']);
    const interpreter = python();
    if (interpreter !== undefined)
      expect(execFileSync(interpreter, [join(here, 'read_as_deeplesion.py'), out], { encoding: 'utf8' })).toBe(
        `${truth.stages['admitted']!.out} rows\n`,
      );
    // the two forms hold the same marks, one of them counted from one
    const own = await readLesionSet(first);
    const marks = (rows: typeof set.value.rows) =>
      rows
        .map((row) => row.observerMarks.longAxis.map((p) => `${p.column.toFixed(3)} ${p.row.toFixed(3)}`).join(' '))
        .sort();
    expect(own.ok && marks(own.value.rows)).toEqual(marks(set.value.rows));
  });

  test('a limit takes so many reports and says what was left', async () => {
    const out = join(scratch, 'limited');
    expect(
      await caliper(['--config', join(scratch, 'site.yaml'), '--out', out, ...DATES, '--limit', '9', '--json']),
    ).toMatchObject({ status: 0 });
    const funnel = funnelOf(out);
    expect(funnel['found']!.out).toBeLessThanOrEqual(9 + 1);
    expect(funnel['read']!.in).toBe(9);
    expect(funnel['found']!.lost['beyond-limit']).toBeGreaterThan(0);
  });

  test('a dry run searches, retrieves nothing and writes nothing', async () => {
    const proxy = await recordingProxy(archive.url);
    const config = configuration({ name: 'dry', url: proxy.url });
    const ran = await caliper(['--config', config, '--dry-run', '--json', ...DATES], { env: { HARVEST_KEY: '' } });
    expect(ran.status).toBe(0);
    const windows = ran.out
      .split('\n')
      .filter(Boolean)
      .map((l) => JSON.parse(l) as { instances: number; reports: number });
    expect(windows.reduce((sum, w) => sum + w.instances, 0)).toBe(truth.stages['found']!.in);
    expect(proxy.requests.filter((r) => /\/instances\/[^/?]+$/.test(r.path))).toEqual([]);
    expect(proxy.requests.filter(isUnfiltered)).toEqual([]);
    expect(existsSync(join(scratch, 'dry-state'))).toBe(false);
    await proxy.close();
  });

  test('what it is given is refused in plain words', async () => {
    const site = join(scratch, 'site.yaml');
    const says = async (args: readonly string[], env: NodeJS.ProcessEnv = {}) => {
      const ran = await caliper(args, { env });
      expect(ran.err).not.toMatch(/\n\s+at /);
      return [ran.status, ran.err] as const;
    };
    const out = join(scratch, 'refused');
    expect(await says(['--out', out])).toEqual([2, expect.stringContaining('--config is missing')]);
    expect(await says(['--config', site])).toEqual([2, expect.stringContaining('--out is missing')]);
    expect(await says(['--config', site, '--out', out, '--reviewed', '--as', 'deeplesion'])).toEqual([
      2,
      expect.stringContaining('--reviewed'),
    ]);
    expect(await says(['--config', site, '--out', out, '--from', '2020-02-30'])).toEqual([
      2,
      expect.stringContaining('no day'),
    ]);
    expect(await says(['--config', site, '--out', out], { HARVEST_KEY: '' })).toEqual([
      2,
      expect.stringContaining('HARVEST_KEY'),
    ]);
    expect(await says(['--config', site, '--out', out], { HARVEST_KEY: 'short' })).toEqual([
      2,
      expect.stringContaining('shorter'),
    ]);
    const without = join(scratch, 'without-key.yaml');
    writeFileSync(without, readFileSync(site, 'utf8').replace(' pseudonymKey: "env:HARVEST_KEY" ', ''));
    expect(await says(['--config', without, '--out', out])).toEqual([
      2,
      expect.stringContaining('harvest.pseudonymKey is missing'),
    ]);
    expect(await says(['--config', site, '--out', first, ...DATES])).toEqual([
      2,
      expect.stringContaining('finished harvest'),
    ]);
    expect(await says(['--config', site, '--out', first, '--from', '2018-01-01', '--resume'])).toEqual([
      2,
      expect.stringContaining('--from'),
    ]);
    expect(await says(['--config', site, '--out', here, ...DATES])).toEqual([2, expect.stringContaining('not empty')]);
    expect(await says(['--config', site, '--out', first, ...DATES, '--resume'])).toEqual([
      0,
      expect.stringContaining('complete'),
    ]);
    expect(existsSync(out)).toBe(false);
  });
});

describe('a set that grows, and patients who go', () => {
  test('splits last, a merge is listed, a withdrawn patient named by any identifier disappears', async () => {
    const folder = join(scratch, 'growing');
    cpSync(archiveFolder, folder, { recursive: true });
    // at first the second identity's visit is not there
    const second = readdirSync(folder).filter(
      (p) => !p.startsWith('.') && readdirSync(join(folder, p)).some((f) => f.startsWith('2-')),
    );
    const later = join(scratch, 'later');
    for (const p of second) {
      mkdirSync(join(later, p), { recursive: true });
      for (const f of readdirSync(join(folder, p)).filter((name) => name.startsWith('2-'))) {
        cpSync(join(folder, p, f), join(later, p, f));
        rmSync(join(folder, p, f));
      }
    }
    const harvested = async (name: string, more = '') => {
      const archive = await serveArchive(folder);
      const config = configuration({ name: 'growing', url: archive.url, harvest: more });
      const out = join(scratch, name);
      const ran = await caliper(['--config', config, '--out', out, ...DATES]);
      expect({ status: ran.status, err: ran.status === 0 ? '' : ran.err }).toEqual({ status: 0, err: '' });
      await archive.close();
      return out;
    };
    const one = await harvested('version-1');
    cpSync(later, folder, { recursive: true });
    const two = await harvested('version-2');
    const difference = async (a: string, b: string) =>
      JSON.parse((await caliper(['diff', a, b, '--json'])).out) as Record<string, unknown[]>;
    const grown = await difference(one, two);
    expect(grown['came']).toHaveLength(second.length);
    expect(grown['went']).toEqual([]);
    expect(grown['patientsCame']).toEqual([]);
    expect(grown['splitChanged']).toEqual([]);

    writeFileSync(join(scratch, 'withdrawn.txt'), '# who withdrew\nP-000013-OTHER\n');
    const three = await harvested('version-3', 'withdrawn: withdrawn.txt');
    const gone = await difference(two, three);
    expect(gone['went']).toHaveLength(2);
    expect(gone['patientsWent']).toHaveLength(1);
    expect(gone['withdrawn']).toEqual(gone['patientsWent']);
    expect(funnelOf(three)['admitted']!.lost).toEqual({ 'patient-withdrawn': 2 });
    const text = filesOf(three)
      .map((f) => readFileSync(join(three, f), 'latin1'))
      .join('');
    expect(text).not.toContain('P-000013');
  });
});

describe('a disk that fills up', () => {
  // a small file system of its own takes root and mount
  const isPossible = process.platform === 'linux' && process.getuid?.() === 0 && mounts();
  (isPossible ? test : test.skip)(
    'leaves nothing half-written, and with room again the set is made',
    async () => {
      const archive = await serveArchive(archiveFolder);
      const disk = join(scratch, 'disk');
      mkdirSync(disk);
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=300k', 'tmpfs', disk]);
      try {
        const config = configuration({ name: 'full', url: archive.url });
        const out = join(disk, 'set');
        const full = await caliper(['--config', config, '--out', out, ...DATES]);
        expect(full.status).toBe(1);
        expect(full.err).toContain('the disk is full');
        expect(filesOf(out).filter((f) => f.endsWith('.part'))).toEqual([]);
        execFileSync('mount', ['-o', 'remount,size=100m', disk]);
        expect(await caliper(['--config', config, '--out', out, ...DATES, '--resume'])).toMatchObject({ status: 0 });
        expect(digestsOf(out)).toEqual(digestsOf(join(scratch, 'first')));
      } finally {
        execFileSync('umount', [disk]);
        await archive.close();
      }
    },
    120_000,
  );

  function mounts(): boolean {
    const at = mkdtempSync(join(tmpdir(), 'caliper-mount-'));
    const tried = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', at]).status === 0;
    if (tried) execFileSync('umount', [at]);
    rmSync(at, { recursive: true });
    return tried;
  }
});

describeWith({ python: python() }, 'markers in every text attribute, private elements and text of reports', (peers) => {
  test('are nowhere in the set, nor in its pictures', async () => {
    const marker = 'QZMARKERQZ';
    const folder = join(scratch, 'marked');
    const planted = fill(folder, 20);
    execFileSync(peers.python, [join(here, 'plant_markers.py'), folder, marker], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const marked = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((e) => e.isFile());
    for (const file of marked)
      expect(readFileSync(join(file.parentPath, file.name), 'latin1').split(marker).length).toBeGreaterThan(50);

    const archive = await serveArchive(folder);
    const out = join(scratch, 'marked-set');
    const config = configuration({ name: 'marked', url: archive.url });
    const ran = await caliper(['--config', config, '--out', out, ...DATES, '--context', '5', '--dicom']);
    await archive.close();
    expect({ status: ran.status, err: ran.status === 0 ? '' : ran.err }).toEqual({ status: 0, err: '' });
    expect(funnelOf(out)['admitted']!.out).toBe(planted.stages['admitted']!.out);
    expect(filesOf(join(out, 'dicom')).length).toBeGreaterThan(planted.stages['admitted']!.out);

    // what is planted, and what names the made-up patients anyway
    const secrets = [marker, 'QZMARK', 'Made^Up', 'P-0000', '2.25.70000', KEY];
    const leaks: string[] = [];
    const look = (where: string, bytes: Buffer) => {
      const text = bytes.toString('latin1');
      const wide = bytes.toString('utf16le');
      for (const secret of secrets)
        if (
          text.toUpperCase().includes(secret.toUpperCase()) ||
          wide.includes(secret) ||
          text.includes(Buffer.from(secret).toString('base64').slice(0, 8))
        )
          leaks.push(`${where}: ${secret}`);
    };
    for (const path of filesOf(out)) {
      const bytes = readFileSync(join(out, path));
      look(path, bytes);
      look(path, Buffer.from(path));
      if (path.endsWith('.png')) for (const chunk of chunksOf(bytes)) look(`${path} ${chunk.type}`, chunk.data);
    }
    look('standard output', Buffer.from(ran.out));
    look('standard error', Buffer.from(ran.err));
    expect(leaks).toEqual([]);
  });
});

/** Chunks of a PNG, pixels decompressed. */
function chunksOf(png: Buffer): { type: string; data: Buffer }[] {
  const chunks: { type: string; data: Buffer }[] = [];
  for (let at = 8; at < png.length;) {
    const length = png.readUInt32BE(at);
    const type = png.toString('latin1', at + 4, at + 8);
    const data = png.subarray(at + 8, at + 8 + length);
    chunks.push({ type, data: type === 'IDAT' ? inflateSync(data) : data });
    at += 12 + length;
  }
  return chunks;
}

describeWith({ orthanc: orthanc() }, `a harvest of Orthanc with ${MANY_PATIENTS} patients`, () => {
  let archive: RunningOrthanc;
  let proxy: RecordingProxy | undefined;
  let planted: Truth;
  const folder = join(scratch, 'for-orthanc');

  beforeAll(async () => {
    planted = MANY_PATIENTS === PATIENTS ? truth : fill(folder, MANY_PATIENTS);
    const from = MANY_PATIENTS === PATIENTS ? archiveFolder : folder;
    archive = await startOrthanc();
    for (const file of filesOf(from).filter((f) => f.endsWith('.dcm')))
      await archive.upload(readFileSync(join(from, file)));
    proxy = await recordingProxy(archive.url);
  });
  afterAll(async () => {
    await proxy?.close();
    await archive.stop();
  });

  test(
    'gives the planted funnel, asks nothing without a filter, and stays within the budget',
    async () => {
      const rate = isLong ? 200 : 60;
      const config = configuration({ name: 'orthanc', url: proxy!.url, requestsPerSecond: rate });
      const out = join(scratch, 'orthanc-set');
      const ran = await caliper(['--config', config, '--out', out, ...DATES]);
      expect({ status: ran.status, err: ran.status === 0 ? '' : ran.err }).toEqual({ status: 0, err: '' });
      expect(funnelOf(out)).toEqual(planted.stages);

      const { requests } = proxy!;
      expect(requests.length).toBeGreaterThan(100);
      expect(requests.filter(isUnfiltered)).toEqual([]);
      expect(requests.every((r) => r.method === 'GET')).toBe(true);
      const seconds = (requests.at(-1)!.at - requests[0]!.at) / 1000;
      expect(requests.length).toBeLessThanOrEqual(rate * seconds + rate);
      process.stderr.write(
        `${requests.length} requests in ${seconds.toFixed(1)} s: ${(requests.length / seconds).toFixed(1)} a second of ${rate}\n`,
      );

      if (isLong) {
        const killedConfig = configuration({ name: 'orthanc-killed', url: archive.url, requestsPerSecond: 400 });
        const killedOut = join(scratch, 'orthanc-killed-set');
        const killed = await killedAtRandom(killedConfig, killedOut, 7_000);
        const last = await caliper(['--config', killedConfig, '--out', killedOut, ...DATES, '--resume']);
        expect({ status: last.status, err: last.status === 0 ? '' : last.err }).toEqual({ status: 0, err: '' });
        process.stderr.write(`killed ${killed} of ${KILLS} times\n`);
        expect(killed).toBe(KILLS);
        expect(digestsOf(killedOut)).toEqual(digestsOf(out));
      }
      // the same tissue in another archive is the same set
      if (MANY_PATIENTS === PATIENTS) {
        const rows = (set: string) => lines<{ id: string; area_px: number }>(join(set, 'provenance.jsonl'));
        expect(rows(out).map((r) => [r.id, r.area_px])).toEqual(
          rows(join(scratch, 'first')).map((r) => [r.id, r.area_px]),
        );
      }
    },
    LIMIT_MS,
  );
});
