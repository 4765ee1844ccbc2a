import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { startArchive } from '../../../src/archive/index.js';
import { openArchive, type Archive, type ArchiveOptions } from '../../../src/dicomweb/index.js';
import { openDatabase, type Database } from '../../../src/ledger/index.js';
import { sweepAll, workUntilIdle, type WatchPlan, type World } from '../../../src/pipeline/index.js';
import { smallWorld, WATCHED, type SmallWorld } from '../../pipeline/small-world.js';

/** The time of a test: it passes when somebody sleeps, and when the test says so. */
export class VirtualClock {
  /** How far it is ahead of the machine's, in ms. */
  ahead = 0;
  now = (): number => Date.now() + this.ahead;
  sleep = (milliseconds: number): Promise<void> => {
    this.ahead += milliseconds;
    return Promise.resolve();
  };
}

/** A folder behind the embedded archive. */
export interface Vault {
  readonly url: string;
  readonly folder: string;
  files(): readonly Uint8Array[];
  /** Those of its files that are segmentations. */
  segmentations(): readonly Uint8Array[];
  close(): Promise<void>;
}

/**
 * One ledger, one kernel thread and a clock that a file's tests share; the ledger is emptied before each. Time passes for the database too: what is
 * due, and leases, come nearer by as much.
 */
export interface DefectBench {
  readonly small: SmallWorld;
  readonly clock: VirtualClock;
  readonly database: Database;
  empty(): Promise<void>;
  /** Closes it at the end of the test. */
  keep<T extends { close(): Promise<void> }>(closes: T): T;
  /** A way to an archive as the daemon has it: with its circuit, on the clock of the test. */
  archive(name: string, url: string, options?: Partial<ArchiveOptions>): Archive;
  world(sources: readonly Archive[], destinations: readonly Archive[]): World;
  sweep(world: World): Promise<void>;
  work(world: World): Promise<void>;
  /** Works, and lets time pass to what is due next, until nothing waits or `forMs` is over. */
  live(world: World, forMs: number, each?: () => void | Promise<void>): Promise<void>;
  /** How many measurements ended how: `stored`, `held: read-back-differs`. */
  outcomes(): Promise<Readonly<Record<string, number>>>;
  close(): Promise<void>;
}

/** Longest step of time: an archive that is left alone is looked at again at the end of each. */
const STEP_MS = 600_000;

export async function startBench(): Promise<DefectBench> {
  const small = await smallWorld('live', {}, []);
  const opened = await openDatabase(
    { kind: 'embedded', folder: join(dirname(small.folder), 'state'), as: 'guest' },
    { broken: () => undefined, lost: () => undefined },
  );
  if (!opened.ok) throw new Error(opened.error.says);
  const database = opened.value;
  const clock = new VirtualClock();
  const archives: Archive[] = [];
  const kept: { close(): Promise<void> }[] = [];
  let passed = 0;

  /** What slept, and what a test lets pass, has passed for the database. */
  const settle = async (): Promise<void> => {
    const by = clock.ahead - passed;
    passed = clock.ahead;
    if (by === 0) return;
    for (const [table, column] of [
      ['run', 'due'],
      ['run', 'lease_until'],
      ['delivery', 'due'],
    ] as const)
      await database.pool.query(
        `update caliper.${table} set ${column} = ${column} - $1 * interval '1 millisecond' where ${column} > now()`,
        [by],
      );
  };
  const bench: DefectBench = {
    small,
    clock,
    database,
    async empty() {
      await database.pool.query(
        'truncate caliper.report, caliper.series_count, caliper.key_object, caliper.event restart identity cascade',
      );
      await database.pool.query('update caliper.archive_role set paused_reason = null');
      for (const archive of archives.splice(0)) await archive.close();
      for (const closes of kept.splice(0)) await closes.close();
    },
    keep(closes) {
      kept.push(closes);
      return closes;
    },
    archive(name, url, options = {}) {
      const archive = openArchive(
        {
          name,
          url,
          credentials: { kind: 'none' },
          budget: { requestsPerSecond: 100, megabytesPerSecond: 100 },
          timeouts: { connect: 5_000, headers: 20_000, body: 20_000, whole: 60_000 },
          maximumAnswerBytes: 1 << 28,
          circuit: {
            failures: 5,
            failing: () => undefined,
            answersAgain: () => void answersAgain.push(small.world.ledger.archiveAnswers(name)),
          },
          ...options,
        },
        clock,
      );
      archives.push(archive);
      return archive;
    },
    world(sources, destinations) {
      const source = small.world.sources.get('pacs')!;
      const destination = small.world.destinations.get('pacs')!;
      return {
        ...small.world,
        sources: new Map(
          sources.map((archive) => [archive.name, { ...source, name: archive.name, archive, images: [archive] }]),
        ),
        destinations: new Map(
          destinations.map((archive) => [
            archive.name,
            { ...destination, name: archive.name, archive, requireStudy: false },
          ]),
        ),
        rules: small.world.rules.map((rule) => ({ ...rule, storeTo: destinations.map(({ name }) => name) })),
        now: clock.now,
      };
    },
    async sweep(world) {
      for (const name of world.destinations.keys()) await world.ledger.registerRole('destination', name, 'live');
      await sweepAll(planOf(world), world);
    },
    async work(world) {
      await settle();
      await workUntilIdle('test', 1, world, { sleep: realSleep, stopped: () => false });
      await Promise.all(answersAgain.splice(0));
    },
    async live(world, forMs, each = () => undefined) {
      const end = clock.now() + forMs;
      const all = new Set([...world.destinations.values(), ...world.sources.values()].map(({ archive }) => archive));
      for (;;) {
        for (const archive of all) await archive.tryAgain();
        await Promise.all(answersAgain.splice(0));
        await bench.work(world);
        await each();
        const { rows } = await database.pool.query<{ in_ms: number | null }>(
          "select extract(epoch from min(due) - now())::double precision * 1000 as in_ms from caliper.run where state = 'waiting'",
        );
        const next = rows[0]!.in_ms;
        if (next === null || clock.now() >= end) return;
        clock.ahead += Math.min(Math.max(next, 0) + 1_000, STEP_MS, Math.max(0, end - clock.now()) + 1);
      }
    },
    async outcomes() {
      const { rows } = await database.pool.query<{ what: string; count: number }>(
        `select coalesce(outcome, 'open') || coalesce(': ' || reason, '') as what, count(*) as count
         from caliper.measurement group by 1 order by 1`,
      );
      return Object.fromEntries(rows.map(({ what, count }) => [what, Number(count)]));
    },
    async close() {
      await bench.empty();
      await database.close();
      await small.close();
    },
  };
  const answersAgain: Promise<unknown>[] = [];
  return bench;
}

const realSleep = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

const planOf = (world: World): readonly WatchPlan[] =>
  [...world.sources.keys()].map((source) => ({ ...WATCHED[0]!, source }));

export async function startVault(
  files: readonly { readonly name: string; readonly bytes: Uint8Array }[] = [],
  port = 0,
): Promise<Vault> {
  const folder = mkdtempSync(join(tmpdir(), 'caliper-vault-'));
  for (const { name, bytes } of files) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), bytes);
  }
  const archive = await startArchive({ folder, host: '127.0.0.1', port }, { randomUUID, report: () => undefined });
  const held = (): Uint8Array[] =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.dcm'))
      .map((name) => new Uint8Array(readFileSync(join(folder, name))));
  return {
    url: archive.url,
    folder,
    files: held,
    segmentations: () => held().filter((bytes) => Buffer.from(bytes).includes('1.2.840.10008.5.1.4.1.1.66.4')),
    close: async () => {
      await archive.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
