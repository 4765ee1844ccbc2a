import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import type { RunningArchive } from '../../src/archive/index.js';
import { describeWith, postgresql } from '../environment/peers.js';
import { LOCK_CLASS, LOCKS } from '../../src/ledger/database/locks.js';
import { startSite } from '../ledger/databases.js';
import {
  caliper,
  digestsOf,
  endHarvests,
  fillArchive,
  pause,
  serveArchive,
  startHarvest,
  writeConfiguration,
} from './harvest-command.js';
import { recordingProxy, type RecordingProxy } from './recording-proxy.js';

/**
 * Processes that share a PostgreSQL and the folder of the set, one of them killed as a power cut would, make the set that one process makes alone: the
 * judge is the set of a harvest that knows nothing of others, byte by byte.
 */
jest.setTimeout(600_000);

const PATIENTS = 14;
const DATES = ['--from', '2019-01-01', '--to', '2020-12-31'];

describeWith({ postgresql: postgresql() }, 'several processes on one harvest', (peers) => {
  const scratch = mkdtempSync(join(tmpdir(), 'caliper-together-'));
  const alone = join(scratch, 'alone');
  let site: Awaited<ReturnType<typeof startSite>>;
  let archive: RunningArchive;
  let proxy: RecordingProxy;

  beforeAll(async () => {
    fillArchive(join(scratch, 'archive'), PATIENTS);
    archive = await serveArchive(join(scratch, 'archive'));
    proxy = await recordingProxy(archive.url);
    site = await startSite(peers.postgresql);
    const config = writeConfiguration(join(scratch, 'alone.yaml'), { url: archive.url });
    expect(await caliper(['--config', config, '--out', alone, ...DATES])).toMatchObject({ status: 0 });
  });
  afterAll(async () => {
    endHarvests();
    await proxy.close();
    await archive.close();
    await site.stop();
    rmSync(scratch, { recursive: true, force: true });
  });

  /** A machine of its own: its own state folder, the same database and folder of the set. */
  const machine = (name: string, more: Partial<Parameters<typeof writeConfiguration>[1]> = {}): string =>
    writeConfiguration(join(scratch, `${name}.yaml`), {
      url: proxy.url,
      more: `database: { url: "env:HARVEST_DATABASE" }\n`,
      ...more,
    });
  const environment = () => ({ HARVEST_DATABASE: site.url });
  const start = (config: string, out: string, ...more: string[]) =>
    startHarvest(['--config', config, '--out', out, ...DATES, '--together', ...more], environment());
  const run = (config: string, out: string, ...more: string[]) => start(config, out, ...more).ended;
  const asked = async (sql: string): Promise<readonly Record<string, unknown>[]> => {
    const client = new Client({ connectionString: site.url });
    await client.connect();
    const { rows } = await client.query<Record<string, unknown>>(sql);
    await client.end();
    return rows;
  };

  test('two share the work, the third is killed in the middle, and the set is the one that one process makes', async () => {
    const out = join(scratch, 'together');
    const slow = { requestsPerSecond: 60 };
    const [a, b, c] = [machine('a', slow), machine('b', slow), machine('c', slow)];
    const killed = start(a, out);
    while (!existsSync(join(out, 'images'))) await pause(20);
    const others = [start(b, out), start(c, out)];
    await pause(1500);
    killed.kill('SIGKILL');
    expect(await killed.ended).toMatchObject({ signal: 'SIGKILL' });
    const ends = await Promise.all(others.map((other) => other.ended));
    for (const end of ends)
      expect({ status: end.status, err: end.status === 0 ? '' : end.err }).toEqual({ status: 0, err: '' });
    expect(ends.filter((end) => end.err.includes('another process'))).toHaveLength(1);
    expect(digestsOf(out)).toEqual(digestsOf(alone));
    // the killed one's reports were done again, and hardly any other
    const retrieved = proxy.requests.map((request) => request.path).filter((path) => path.includes('/instances/'));
    expect(retrieved.length).toBeLessThan(1.5 * new Set(retrieved).size);
    expect(await run(a, out)).toMatchObject({ status: 0, err: expect.stringContaining('complete') });
    // UIDs are kept no longer than they are needed: at most until the lease of the killed one is over and somebody looks
    const kept = () => asked("select name from caliper.harvest_work where entry like '%1.2.%' or entry like '%2.25.%'");
    const until = Date.now() + 60_000;
    while ((await kept()).length > 0 && Date.now() < until) {
      await pause(2_000);
      await run(a, out);
    }
    expect(await kept()).toEqual([]);
    expect(await run(a, out, '--limit', '3')).toMatchObject({ status: 2, err: expect.stringContaining('--limit') });
  });

  test('all are killed, later ones go on; in the form of DeepLesion too', async () => {
    const out = join(scratch, 'deeplesion');
    const form = ['--as', 'deeplesion', '--context', '5'];
    const oneAlone = join(scratch, 'alone-deeplesion');
    const config = join(scratch, 'alone.yaml');
    expect(await caliper(['--config', config, '--out', oneAlone, ...DATES, ...form])).toMatchObject({ status: 0 });
    const [a, b] = [machine('d', { requestsPerSecond: 80 }), machine('e', { requestsPerSecond: 80 })];
    const both = [start(a, out, ...form), start(b, out, ...form)];
    while (!existsSync(join(out, 'images'))) await pause(20);
    await pause(1000);
    for (const one of both) one.kill('SIGKILL');
    await Promise.all(both.map((one) => one.ended));
    const proceeding = [machine('f'), machine('g')].map((one) => run(one, out, ...form));
    for (const end of await Promise.all(proceeding)) expect(end).toMatchObject({ status: 0 });
    expect(digestsOf(out)).toEqual(digestsOf(oneAlone));
  });

  test('what an archive could not give is asked for again by the same command', async () => {
    const out = join(scratch, 'later');
    const impatient = machine('later', { harvest: 'patienceMinutes: 0.01', requestsPerSecond: 100 });
    const running = run(impatient, out);
    while (!existsSync(join(out, 'images'))) await pause(20);
    proxy.state = 'down';
    expect(await running).toMatchObject({ status: 1, err: expect.stringContaining('the same command goes on') });
    proxy.state = 'up';
    expect(await run(impatient, out)).toMatchObject({ status: 0 });
    expect(digestsOf(out)).toEqual(digestsOf(alone));
  });

  test('takes its share of the budget beside a daemon, divided among processes, and all of it alone', async () => {
    const budget = 40;
    const config = machine('shares', { requestsPerSecond: budget, harvest: 'shareOfBudget: 0.5' });
    const rateOf = async (processes: number): Promise<number> => {
      const before = proxy.requests.length;
      const out = join(scratch, `shares-${processes}`);
      const all = Array.from({ length: processes }, () => start(config, out, '--limit', '8'));
      for (const one of all) expect(await one.ended).toMatchObject({ status: 0 });
      const requests = proxy.requests.slice(before);
      // what may pass at once at the beginning is no rate
      return (requests.length - 2 * processes) / ((requests.at(-1)!.at - requests[0]!.at) / 1000);
    };
    const daemon = new Client({ connectionString: site.url });
    await daemon.connect();
    await daemon.query(`select pg_advisory_lock_shared(${LOCK_CLASS}, ${LOCKS.daemon})`);
    expect(await rateOf(1)).toBeLessThanOrEqual(budget / 2);
    expect(await rateOf(2)).toBeLessThanOrEqual(budget / 2);
    await daemon.end();
  });

  test('is refused without a database that others reach, and into a folder of which nothing is known', async () => {
    const config = join(scratch, 'alone.yaml');
    const refused = await caliper(['--config', config, '--out', join(scratch, 'none'), ...DATES, '--together']);
    expect(refused).toMatchObject({ status: 2, err: expect.stringContaining('database.url') });
    expect(await run(machine('h'), alone)).toMatchObject({ status: 2, err: expect.stringContaining('not empty') });
    expect(readFileSync(join(alone, 'lesions.csv'), 'utf8')).not.toBe('');
  });
});
