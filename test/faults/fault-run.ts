import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startArchive } from '../../src/archive/index.js';
import { openDatabase, openLedger, type Database } from '../../src/ledger/index.js';
import { freePort } from '../environment/free-port.js';
import { startOrthanc } from '../environment/orthanc.js';
import { deleteWithDatabases } from '../environment/state-folders.js';
import { startFaultProxy, type Fault } from './fault-proxy.js';
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
  readonly archive: 'embedded' | 'orthanc';
  /** Told what goes on, a line now and then. */
  readonly say?: (line: string) => void;
}

export interface FaultRunResult {
  readonly verdict: Verdict;
  readonly kills: number;
  readonly starts: number;
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
const PEACE_MS = 600_000;

/**
 * Reports go in at one end, faults and kills happen in between, and an oracle that knows only the archive and the ledger judges what came out.
 */
export async function runFaults(run: FaultRun): Promise<FaultRunResult> {
  const started = Date.now();
  const scratch = mkdtempSync(join(tmpdir(), 'caliper-faults-'));
  const archive = await openTarget(run.archive, join(scratch, 'archive'));
  const make = manyReports();
  const expected = Array.from({ length: run.reports }, (_, n) => make(n));
  for (const { files } of expected) for (const file of files) await archive.add(file.name, file.bytes);
  await archive.ready();
  const proxy = await startFaultProxy(archive.url(), { seed: run.seed, rate: run.rate });
  const configuration = join(scratch, 'site.yaml');
  writeFileSync(
    configuration,
    `archives: [{ name: pacs, url: "${proxy.url}", timeoutSeconds: 20, budget: { requestsPerSecond: 400, megabytesPerSecond: 400 } }]
sources: [{ archive: pacs, watch: [{ studyDates: 36500d, every: 5s }] }]
destinations: [{ archive: pacs, mode: live, storeFrom: always }]
rules: [{ store: { to: [pacs] } }]
page: { listen: "127.0.0.1:${await freePort()}" }
`,
  );
  let kills = 0;
  const random = sequence(run.seed);
  // a moment is drawn among the events of the log: every named step of a report is hit sooner or later
  const gateway = new GatewayProcess(configuration, (_event, kill) => {
    if (kills >= run.kills || random() >= 0.02) return;
    kills++;
    kill();
  });
  try {
    while (kills < run.kills) {
      await gateway.start();
      // and some kills come between two events
      const soon = setTimeout(
        () => {
          if (kills < run.kills && gateway.running) {
            kills++;
            gateway.signal('SIGKILL');
          }
        },
        1_000 + 14_000 * random(),
      );
      await gateway.ended();
      clearTimeout(soon);
      if (kills % 20 === 0) run.say?.(`${kills} of ${run.kills} kills, ${proxy.requests} requests`);
    }
    await gateway.start();
    await untilIdle(scratch, run.reports, gateway, FAULTY_MS);
    proxy.heal();
    const idle = await untilIdle(scratch, run.reports, gateway, PEACE_MS);
    if (idle !== 'idle') throw new Error(`${PEACE_MS / 1000} s after the last fault: ${idle}`);
    gateway.signal('SIGTERM');
    await gateway.ended();
    const verdict = await judge({ stateFolder: stateOf(scratch), expected, files: () => archive.files() });
    return {
      verdict,
      kills,
      starts: gateway.starts,
      requests: proxy.requests,
      played: proxy.played,
      tookMs: Date.now() - started,
      errors: gateway.errors,
    };
  } finally {
    gateway.signal('SIGKILL');
    await gateway.ended();
    await proxy.close();
    await archive.close();
    await deleteWithDatabases(scratch);
  }
}

const stateOf = (scratch: string): string => join(scratch, 'caliper-state');

/** Waits until every report has ended: `idle`, or how things stand where that takes too long. */
async function untilIdle(scratch: string, expected: number, gateway: GatewayProcess, mostMs: number): Promise<string> {
  const until = Date.now() + mostMs;
  const database = await openDatabase(
    { kind: 'embedded', folder: stateOf(scratch), as: 'guest' },
    { broken: () => undefined, lost: () => undefined },
  );
  if (!database.ok) throw new Error(database.error.says);
  try {
    const ledger = await openLedger(database.value);
    if (!ledger.ok) throw new Error(ledger.error.says);
    for (;;) {
      if (!gateway.running) throw new Error(`the daemon ended by itself: ${gateway.errors.join('\n')}`);
      const { due, working, waiting } = await ledger.value.work();
      const { reports, outcomes } = await ledger.value.status();
      if (reports === expected && due + working + waiting === 0) return 'idle';
      if (Date.now() > until)
        return `${reports} reports, ${due} due, ${working} worked on, ${waiting} waiting, ${JSON.stringify(outcomes)}, ${await reasons(database.value)}`;
      for (const table of ['delivery', 'run'])
        await database.value.pool.query(`update caliper.${table} set due = now() where state = 'waiting'`);
      await pause(1_000);
    }
  } finally {
    await database.value.close();
  }
}

async function reasons({ pool }: Database): Promise<string> {
  const { rows } = await pool.query<{ what: string }>(
    `select format('run %s from %s: %s', state, came_from, reason) as what from caliper.run where state = 'waiting'
     union all select format('delivery %s from %s: %s', state, came_from, reason) from caliper.delivery
     where state not in ('stored', 'already-stored')`,
  );
  return rows.map((row) => row.what).join('; ');
}

interface Target {
  url(): string;
  add(name: string, bytes: Uint8Array): Promise<void>;
  ready(): Promise<void>;
  files(): Promise<readonly Uint8Array[]>;
  close(): Promise<void>;
}

async function openTarget(kind: FaultRun['archive'], folder: string): Promise<Target> {
  if (kind === 'orthanc') {
    const orthanc = await startOrthanc();
    return {
      url: () => orthanc.url,
      add: (_name, bytes) => orthanc.upload(bytes),
      ready: () => Promise.resolve(),
      files: async () => [...(await orthanc.files()).values()],
      close: () => orthanc.stop(),
    };
  }
  mkdirSync(folder);
  let running: Awaited<ReturnType<typeof startArchive>> | undefined;
  return {
    url: () => running!.url,
    add: (name, bytes) => Promise.resolve(writeFileSync(join(folder, name), bytes)),
    ready: async () => {
      running = await startArchive({ folder, host: '127.0.0.1', port: 0 }, { randomUUID, report: () => undefined });
    },
    files: () =>
      Promise.resolve(
        readdirSync(folder, { recursive: true, encoding: 'utf8' })
          .filter((name) => name.endsWith('.dcm'))
          .map((name) => new Uint8Array(readFileSync(join(folder, name)))),
      ),
    close: async () => running?.close(),
  };
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
