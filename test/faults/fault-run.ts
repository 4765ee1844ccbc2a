import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase, openLedger, type Database, type Ledger } from '../../src/ledger/index.js';
import { freePort } from '../environment/free-port.js';
import { startOrthanc, type RunningOrthanc } from '../environment/orthanc.js';
import { deleteWithDatabases } from '../environment/state-folders.js';
import { startFaultProxy, type Asked, type Fault } from './fault-proxy.js';
import { GatewayProcess } from './gateway-process.js';
import { manyReports } from './many-reports.js';
import { judge, type Verdict } from './oracle.js';

export interface FaultRun {
  readonly reports: number;
  /** SIGKILLs of the daemon before it is left in peace. */
  readonly kills: number;
  readonly seed: number;
  /** Share of requests that something happens to. */
  readonly rate: number;
  readonly method: 'grabcut' | 'cosegmentation';
  /** Told what goes on, a line now and then. */
  readonly say?: (line: string) => void;
}

export interface FaultRunResult {
  readonly verdict: Verdict;
  readonly kills: number;
  readonly starts: number;
  /** At which moments the daemon was killed, and what else was done to those around it; how often. */
  readonly blows: Readonly<Record<string, number>>;
  readonly requests: number;
  readonly played: ReadonlyMap<Fault, number>;
  readonly tookMs: number;
  /** What the daemon logged as an error, or printed that is no log line. */
  readonly errors: readonly string[];
}

/**
 * After the last kill faults go on, then nothing happens any more and everything has to end. In both phases what waits is made due: how long waits
 * are is another test's matter.
 */
const FAULTY_MS = 60_000;
const PEACE_MS = 1_800_000;

/**
 * Reports go in at one end, faults and kills happen in between, and an oracle that knows only the archive and the ledger judges what came out.
 */
export async function runFaults(run: FaultRun): Promise<FaultRunResult> {
  const started = Date.now();
  const scratch = mkdtempSync(join(tmpdir(), 'caliper-faults-'));
  const archive = await startOrthanc();
  const make = manyReports();
  const expected = Array.from({ length: run.reports }, (_, n) => make(n));
  let passing: (moment: Moment) => void = () => undefined;
  const proxy = await startFaultProxy(archive.url, {
    seed: run.seed,
    rate: run.rate,
    passing: (asked, when) => passing(`${when} a ${asked}`),
  });
  const configuration = join(scratch, 'site.yaml');
  writeFileSync(
    configuration,
    `archives: [{ name: pacs, url: "${proxy.url}", timeoutSeconds: 20, budget: { requestsPerSecond: 400, megabytesPerSecond: 400 } }]
sources: [{ archive: pacs, watch: [{ studyDates: 36500d, every: 5s }] }]
destinations: [{ archive: pacs, mode: live, storeFrom: always }]
rules: [{ method: ${run.method}, store: { to: [pacs] } }]
page: { listen: "127.0.0.1:${await freePort()}" }
`,
  );
  let kills = 0;
  let arrived = 0;
  const blows: Record<string, number> = {};
  const struck = (blow: string) => void (blows[blow] = (blows[blow] ?? 0) + 1);
  const random = sequence(run.seed);
  const gateway = new GatewayProcess(configuration, () => passing('a log event'));
  const around = blowsAround(gateway, archive, stateOf(scratch));
  try {
    while (kills < run.kills) {
      // reports come in as long as there are kills: each finds work under way
      for (const due = Math.ceil((run.reports * (kills + 1)) / run.kills); arrived < due; arrived++)
        for (const { bytes } of expected[arrived]!.files) await archive.upload(bytes);
      const moment = MOMENTS[Math.floor(random() * MOMENTS.length)]!;
      let passes = 1 + Math.floor(random() * (moment === 'a log event' ? 40 : 8));
      const kill = (at: string) => {
        if (!gateway.running) return;
        passing = () => undefined;
        gateway.signal('SIGKILL');
        kills++;
        struck(`killed at ${at}`);
      };
      passing = (passed) => {
        if (passed === moment && --passes === 0) kill(moment);
      };
      await gateway.start();
      await hurry(stateOf(scratch));
      const blow = BLOWS[Math.floor(random() * BLOWS.length * 4)];
      const lastMs = 1_000 + 5_000 * random();
      // between two moments, where the drawn one does not come
      const last = setTimeout(() => kill('any time'), lastMs);
      if (blow && gateway.running) {
        await pause(0.3 * lastMs);
        struck(blow);
        await around[blow]();
      }
      await gateway.ended();
      clearTimeout(last);
      if (kills % 20 === 0)
        run.say?.(
          `${kills} of ${run.kills} kills, ${proxy.requests} requests, ${Math.round((Date.now() - started) / 1000)} s`,
        );
    }
    passing = () => undefined;
    await gateway.start();
    await untilIdle(scratch, run.reports, gateway, FAULTY_MS);
    proxy.heal();
    const idle = await untilIdle(scratch, run.reports, gateway, PEACE_MS);
    if (idle !== 'idle') throw new Error(`${PEACE_MS / 1000} s after the last fault: ${idle}`);
    gateway.signal('SIGTERM');
    await gateway.ended();
    const verdict = await judge({
      stateFolder: stateOf(scratch),
      expected,
      files: async () => [...(await archive.files()).values()],
    });
    return {
      verdict,
      kills,
      starts: gateway.starts,
      blows,
      requests: proxy.requests,
      played: proxy.played,
      tookMs: Date.now() - started,
      errors: gateway.errors,
    };
  } finally {
    gateway.signal('SIGKILL');
    await gateway.ended();
    await proxy.close();
    await archive.stop();
    await deleteWithDatabases(scratch);
  }
}

/** When the daemon is killed: at one of its events, or at a request, which the archive then has or has not. */
type Moment = 'a log event' | `${'before' | 'after'} a ${Asked}`;
const MOMENTS: readonly Moment[] = [
  'a log event',
  'before a search',
  'after a search',
  'before a retrieve',
  'after a retrieve',
  'before a store',
  'before a store',
  'after a store',
  'after a store',
];

/** What is done to those around the daemon, in one of four of its lives. */
const BLOWS = ['archive restarted', 'database killed', 'daemon asleep past its leases', 'inference killed'] as const;

function blowsAround(
  gateway: GatewayProcess,
  archive: RunningOrthanc,
  state: string,
): Readonly<Record<(typeof BLOWS)[number], () => Promise<void>>> {
  return {
    'archive restarted': async () => {
      await archive.kill();
      await pause(500);
      await archive.restart();
    },
    'database killed': () => {
      for (const pid of postmastersOf(state)) process.kill(pid, 'SIGKILL');
      return Promise.resolve();
    },
    'daemon asleep past its leases': async () => {
      gateway.signal('SIGSTOP');
      await withLedger(state, ({ pool }) =>
        pool.query('update caliper.run set lease_until = now() where lease_until is not null'),
      ).finally(() => gateway.signal('SIGCONT'));
    },
    'inference killed': () => {
      for (const pid of gateway.children('inference-child')) process.kill(pid, 'SIGKILL');
      return Promise.resolve();
    },
  };
}

/** The server of an embedded database; for root its folder is elsewhere and named in a file. */
function postmastersOf(state: string): readonly number[] {
  const elsewhere = join(state, 'database-folder');
  const folder = existsSync(elsewhere) ? readFileSync(elsewhere, 'utf8').trim() : state;
  const file = join(folder, 'postgresql', 'postmaster.pid');
  return existsSync(file) ? [Number(readFileSync(file, 'utf8').split('\n')[0])] : [];
}

/** What waits is due, and what the killed daemon held is free: a life is short, and how long waits and leases are is another test's matter. */
const hurry = (state: string): Promise<void> =>
  withLedger(state, async ({ pool }) => {
    // a lease of the new daemon has more left of its 30 s
    await pool.query("update caliper.run set lease_until = now() where lease_until < now() + interval '27 seconds'");
    for (const table of ['delivery', 'run'])
      await pool.query(`update caliper.${table} set due = now() where state = 'waiting'`);
  }).catch(() => undefined); // the daemon, and its database, may be gone already

async function withLedger<T>(stateFolder: string, ask: (database: Database, ledger: Ledger) => Promise<T>): Promise<T> {
  const database = await openDatabase(
    { kind: 'embedded', folder: stateFolder, as: 'guest' },
    { broken: () => undefined, lost: () => undefined },
  );
  if (!database.ok) throw new Error(database.error.says);
  try {
    const ledger = await openLedger(database.value);
    if (!ledger.ok) throw new Error(ledger.error.says);
    return await ask(database.value, ledger.value);
  } finally {
    await database.value.close();
  }
}

const stateOf = (scratch: string): string => join(scratch, 'caliper-state');

/** Waits until every report has ended: `idle`, or how things stand where that takes too long. */
const untilIdle = (scratch: string, expected: number, gateway: GatewayProcess, mostMs: number): Promise<string> =>
  withLedger(stateOf(scratch), async (database, ledger) => {
    for (const until = Date.now() + mostMs; ;) {
      if (!gateway.running) throw new Error(`the daemon ended by itself: ${gateway.errors.join('\n')}`);
      const { due, working, waiting } = await ledger.work();
      const { reports, outcomes } = await ledger.status();
      // a report that a search has shown has its run when that search has ended
      const { rows } = await database.pool.query<{ n: number }>(
        'select count(*) as n from caliper.report where unserved',
      );
      const unserved = rows[0]!.n;
      if (reports === expected && unserved + due + working + waiting === 0) return 'idle';
      if (Date.now() > until)
        return `${reports} reports, ${unserved} not begun, ${due} due, ${working} worked on, ${waiting} waiting, ${JSON.stringify(outcomes)}, ${await reasons(database)}`;
      for (const table of ['delivery', 'run'])
        await database.pool.query(`update caliper.${table} set due = now() where state = 'waiting'`);
      await pause(1_000);
    }
  });

async function reasons({ pool }: Database): Promise<string> {
  const { rows } = await pool.query<{ what: string }>(
    `select format('run %s from %s: %s', state, came_from, reason) as what from caliper.run where state = 'waiting'
     union all select format('delivery %s from %s: %s', state, came_from, reason) from caliper.delivery
     where state not in ('stored', 'already-stored')`,
  );
  return rows.map((row) => row.what).join('; ');
}

/** Mulberry32: numbers in [0, 1). */
function sequence(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let z = Math.imul(state ^ (state >>> 15), state | 1);
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
    return ((z ^ (z >>> 14)) >>> 0) / 2 ** 32;
  };
}

const pause = (milliseconds: number): Promise<void> => new Promise((done) => setTimeout(done, milliseconds));
