import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Pool } from 'pg';
import { freePort } from '../../environment/free-port.js';
import { describeWith, postgresql } from '../../environment/peers.js';
import { until } from '../../ledger/databases.js';
import { GatewayProcess } from '../gateway-process.js';
import { manyReports } from '../many-reports.js';
import { startVault, type Vault } from './bench.js';
import { isStore, startGate, type Gate, type GateRequest } from './gate.js';
import { makeSiteDatabase, type SiteDatabase } from './site-database.js';

const long = process.env['CALIPER_LONG'] === '1';
/** With leases that end by themselves, half a minute more. */
const MOST_MS = long ? 120_000 : 60_000;
const make = manyReports();

/** One daemon, and its own way to the archive: what comes through it was asked by this one. */
interface Worker {
  readonly gate: Gate;
  readonly daemon: GatewayProcess;
}

describeWith({ postgresql: postgresql() }, 'daemons on one PostgreSQL', ({ postgresql: programs }) => {
  const scratch = mkdtempSync(join(tmpdir(), 'caliper-workers-'));
  let site: SiteDatabase;
  let vault: Vault;
  let workers: readonly Worker[];
  let pool: Pool;
  beforeAll(async () => {
    site = await makeSiteDatabase(programs);
    writeFileSync(join(scratch, 'database-url'), site.url);
  }, 60_000);
  afterAll(async () => {
    await site.close();
    rmSync(scratch, { recursive: true, force: true });
  });
  beforeEach(async () => {
    vault = await startVault();
    pool = new Pool({ connectionString: site.url });
    pool.on('error', () => undefined);
    workers = await Promise.all(
      ['a', 'b'].map(async (name) => {
        const gate = await startGate(vault.url);
        const configuration = join(scratch, `${name}.yaml`);
        writeFileSync(
          configuration,
          `archives: [{ name: pacs, url: "${gate.url}", timeoutSeconds: 20, budget: { requestsPerSecond: 400, megabytesPerSecond: 400 } }]
sources: [{ archive: pacs, watch: [{ studyDates: 36500d, every: 1s }] }]
destinations: [{ archive: pacs, mode: live, storeFrom: always }]
rules: [{ store: { to: [pacs] } }]
database: { url: "file:${join(scratch, 'database-url')}" }
stateFolder: ${name}-state
page: { listen: "127.0.0.1:${await freePort()}" }
`,
        );
        return { gate, daemon: new GatewayProcess(configuration) };
      }),
    );
  }, 60_000);
  afterEach(async () => {
    for (const { daemon, gate } of workers) {
      daemon.signal('SIGCONT');
      daemon.signal('SIGKILL');
      await daemon.ended();
      await gate.close();
    }
    await pool.end();
    await vault.close();
  }, 60_000);

  const put = async (n: number): Promise<string> => {
    const { files, studyUID } = make(n);
    for (const { bytes } of files) await postTo(vault.url, bytes);
    return studyUID;
  };
  const ended = async (study: string): Promise<boolean> => {
    const { rows } = await pool.query<{ state: string }>(
      'select r.state from caliper.run r join caliper.report p on p.number = r.report where p.study_instance_uid = $1',
      [study],
    );
    return rows[0]?.state === 'done';
  };
  /** A wait of the test's own would be as long as a lease. */
  const leaseEnds = (): Promise<unknown> =>
    long ? Promise.resolve() : pool.query('update caliper.run set lease_until = now() where lease_until is not null');

  test('d05-kill-at-every-state', async () => {
    await site.start();
    for (const { daemon } of workers) await daemon.start();
    expect(workers.flatMap(({ daemon }) => (daemon.running ? [] : daemon.errors))).toEqual([]);
    const moments: Readonly<Record<string, (request: GateRequest, stored: boolean) => boolean>> = {
      'seen: before the report is fetched': ({ path }) => /\.4\/instances\/[\d.]+\.5$/.test(path),
      'segmenting: before its image is fetched': ({ path }) => /\.2\/instances\/[\d.]+\.3$/.test(path),
      'looking: before the object is looked for': ({ method, path }, stored) =>
        method === 'GET' && !stored && /\/instances\/2\.25\.\d{20,}$/.test(path),
      'storing: before the archive has it': (request) => isStore(request),
      'storing: after the archive has it': (request) => isStore(request),
      'confirming: before it is read back': ({ method, path }, stored) =>
        method === 'GET' && stored && /\/instances\/2\.25\.\d{20,}$/.test(path),
    };
    let n = 0;
    for (const [what, isIt] of Object.entries(moments)) {
      let killed: Worker | undefined;
      let stored = false;
      const study = make(++n).studyUID;
      for (const worker of workers)
        worker.gate.judge = (request) => {
          const mine = request.path.includes(study);
          if (mine && !killed && isIt(request, stored)) {
            killed = worker;
            worker.daemon.signal('SIGKILL');
            return what.includes('after') ? 'cut-after' : 'cut-before';
          }
          if (mine && isStore(request)) stored = true;
          return 'pass';
        };
      await put(n);
      await until(() => killed !== undefined, `a daemon at '${what}'`);
      await killed!.daemon.ended();
      // what it held is free within half a minute, by the clock of the database
      const { rows } = await pool.query<{ left: number }>(
        'select extract(epoch from max(lease_until) - now())::double precision as left from caliper.run',
      );
      expect(rows[0]!.left ?? 0).toBeLessThanOrEqual(30);
      await leaseEnds();
      await until(() => ended(study), `the end of what was killed at '${what}'`, MOST_MS);
      await killed!.daemon.start();
    }
    expect(vault.segmentations()).toHaveLength(n);
    const { rows: outcomes } = await pool.query<{ outcome: string }>(
      'select distinct outcome from caliper.measurement',
    );
    expect(outcomes.every(({ outcome }) => outcome === 'stored' || outcome === 'already-stored')).toBe(true);
    await site.stop();
  }, 400_000);

  test('a daemon that sleeps past its lease can neither store nor keep the others from watching', async () => {
    await site.start();
    for (const { daemon } of workers) await daemon.start();
    let n = 20;
    const before = vault.segmentations().length;
    const atObject = ({ method, path }: GateRequest) => method === 'GET' && /\/instances\/2\.25\.\d{20,}$/.test(path);
    for (const when of ['before its store', 'before it writes down what it read back'] as const) {
      // one falls asleep past its lease, and wakes when another has done its work
      let asleep: Worker | undefined;
      let wake: () => void = () => undefined;
      let stored = false;
      const study = make(++n).studyUID;
      for (const worker of workers)
        worker.gate.judge = (request) => {
          if (!request.path.includes(study)) return 'pass';
          if (isStore(request)) stored = true;
          if (asleep || !atObject(request) || stored !== (when !== 'before its store')) return 'pass';
          asleep = worker;
          worker.daemon.signal('SIGSTOP');
          // when it wakes, it learns that the object is not there, as it was when it asked; or has before it what it asked for
          return stored ? 'pass' : { write: (response) => void (wake = () => response.writeHead(404).end()) };
        };
      await put(n);
      await until(() => asleep !== undefined, `a daemon ${when}`);
      await pool.query('update caliper.run set lease_until = now() where lease_until is not null');
      await until(() => ended(study), `another daemon, ${when}`, MOST_MS);
      const stores = () =>
        workers.flatMap(({ gate }) => gate.requests).filter((r) => isStore(r) && r.path.includes(study)).length;
      expect([when, stores()]).toEqual([when, 1]);
      asleep!.daemon.signal('SIGCONT');
      wake();
      // it has noticed when it has taken up other work
      const next = await put(++n);
      await until(() => ended(next), `further work, ${when}`, MOST_MS);
      expect([when, stores()]).toEqual([when, 1]);
      const { rows: written } = await pool.query(
        `select 1 from caliper.event e join caliper.run r on r.id = e.run join caliper.report p on p.number = r.report
         where p.study_instance_uid = $1 and e.to_state in ('stored', 'already-stored')`,
        [study],
      );
      expect([when, written.length]).toEqual([when, 1]);
    }
    expect(vault.segmentations()).toHaveLength(before + 4);
    await site.stop();
  }, 400_000);

  test('d11-backend-restart', async () => {
    // neither database nor archive are there when the daemons start
    await site.stop();
    for (const { gate } of workers) gate.judge = () => 'cut-before';
    const starting = workers.map(({ daemon }) => daemon.start());
    await new Promise((done) => setTimeout(done, 1_000));
    expect(workers.every(({ daemon }) => daemon.running)).toBe(true);
    await site.start();
    await Promise.all(starting);
    expect(workers.flatMap(({ daemon }) => (daemon.running ? [] : daemon.errors))).toEqual([]);
    expect(workers.every(({ daemon }) => daemon.running)).toBe(true);
    const studies: string[] = [];
    for (let i = 0; i < 6; i++) studies.push(await put(50 + i));
    for (const { gate } of workers) gate.judge = () => 'pass';
    // and go away while there is work
    await until(
      async () => (await pool.query('select 1 from caliper.run').catch(() => ({ rowCount: 0 }))).rowCount! > 0,
      'the first run',
    );
    await site.stop();
    await site.start();
    for (const { gate } of workers) gate.judge = () => 'cut-before';
    for (let i = 6; i < 9; i++) studies.push(await put(50 + i));
    await new Promise((done) => setTimeout(done, 500));
    for (const { gate } of workers) gate.judge = () => 'pass';
    await until(async () => {
      await pool.query("update caliper.delivery set due = now() where state = 'waiting'").catch(() => undefined);
      await pool
        .query(
          "update caliper.run set due = now(), lease_until = case when lease_until is null then null else least(lease_until, now() + interval '12 seconds') end where state = 'waiting' or lease_until is not null",
        )
        .catch(() => undefined);
      await new Promise((done) => setTimeout(done, 500));
      const all = await Promise.all(studies.map((study) => ended(study).catch(() => false)));
      return all.every(Boolean);
    }, 'the end of all reports, with database and archive back');
    expect(workers.map(({ daemon }) => [daemon.running, daemon.starts])).toEqual([
      [true, 1],
      [true, 1],
    ]);
    expect(vault.segmentations()).toHaveLength(9);
    await site.stop();
  }, 400_000);
});

async function postTo(url: string, bytes: Uint8Array): Promise<void> {
  const body = Buffer.concat([
    Buffer.from('--b\r\nContent-Type: application/dicom\r\n\r\n'),
    bytes,
    Buffer.from('\r\n--b--'),
  ]);
  const answer = await fetch(`${url}/studies`, {
    method: 'POST',
    headers: { 'content-type': 'multipart/related; type="application/dicom"; boundary=b' },
    body,
  });
  if (answer.status !== 200) throw new Error(`the archive answers ${answer.status}`);
}
