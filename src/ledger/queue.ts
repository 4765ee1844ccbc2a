/** Wake-ups on pg-boss. All that is known of pg-boss stands in this file. */
import type { QueryResult } from 'pg';
import PgBoss from 'pg-boss';
import { CLAIMABLE } from './claiming.js';
import type { Database } from './database/database-types.js';
import { LOCK_CLASS, LOCKS } from './database/locks.js';
import { JOB_KINDS, type Job, type JobKind, type Leadership, type Queue, type Worker } from './queue-types.js';
import { withConnection } from './transaction.js';
import type { Urgency } from './values.js';

const SCHEMA = 'caliper_queue';
const SWEEP_MS = 10_000;
/** Sweeps between two rounds of pg-boss's own housekeeping. */
const SWEEPS_PER_HOUSEKEEPING = 30;
/** A backlog is fed in bits, so that what is taken from the queue is never far from what the ledger would choose. */
const WAKE_AT_ONCE = 500;
const QUEUED_AT_MOST = 1_000;
/** How long a worker that could not fetch waits: the database is away. */
const AWAY_MS = 2_000;

/** Retries are the ledger's, and a taken job tells nothing: its only limits are those that keep the table small. */
const JOB_LIMITS = { retryLimit: 0, expireInSeconds: 3_600 };
const KEPT_DAYS = 7;

/**
 * @param failed told of handlers that threw, and (without a job) of statements that failed
 */
export async function openQueue(
  database: Database,
  leadership: Leadership,
  world: { failed(job: Job | undefined, error: unknown): void },
): Promise<Queue> {
  const boss = new PgBoss({
    schema: SCHEMA,
    db: { executeSql: executor(database) },
    // Its supervisor and its workers do not await what they start, and a database that is away would end the process: both are done here.
    supervise: false,
    schedule: false,
    retentionDays: KEPT_DAYS,
    archiveCompletedAfterSeconds: 3_600,
    deleteAfterDays: 1,
  });
  boss.on('error', (error) => world.failed(undefined, error));
  // Two processes that make queues at once wait for each other for ever (seen), so one at a time.
  await withConnection(database.pool, async (connection) => {
    await connection.query('select pg_advisory_lock($1, $2)', [LOCK_CLASS, LOCKS.queues]);
    await boss.start();
    for (const kind of JOB_KINDS) await boss.createQueue(kind, { name: kind, ...JOB_LIMITS });
    await connection.query('select pg_advisory_unlock($1, $2)', [LOCK_CLASS, LOCKS.queues]);
  });
  return new BossQueue(database, boss, leadership, world);
}

type Execute = (text: string, values: unknown[]) => Promise<QueryResult>;

/** pg-boss sends `begin; ...; commit` as one text: after an error the connection must not go back into the pool. */
const executor =
  ({ pool }: Database): Execute =>
  (text, values) =>
    withConnection(pool, (connection) => connection.query(text, values));

class BossQueue implements Queue {
  private readonly workers = new Set<PollingWorker>();
  private readonly timer: NodeJS.Timeout;
  private sweeping: Promise<void> = Promise.resolve();
  private sweeps = 0;

  constructor(
    private readonly database: Database,
    private readonly boss: PgBoss,
    private readonly leadership: Leadership,
    private readonly world: { failed(job: Job | undefined, error: unknown): void },
  ) {
    this.timer = setInterval(() => {
      this.sweeping = this.sweeping.then(() => this.sweep());
    }, SWEEP_MS);
    this.timer.unref();
  }

  async send(job: Job): Promise<'sent' | 'already-queued'> {
    const { rows } = await this.database.pool.query(
      `select 1 from ${SCHEMA}.job where name = $1 and state < 'active' and data ->> 'id' = $2 limit 1`,
      [job.kind, job.id],
    );
    if (rows.length > 0) return 'already-queued';
    const id = await this.boss.send(job.kind, job, { ...JOB_LIMITS, retentionDays: KEPT_DAYS });
    // It throws nothing where the queue is missing.
    if (id === null) throw new Error(`the queue ${job.kind} took no job`);
    this.notify(job.kind);
    return 'sent';
  }

  async wakeDueRuns(): Promise<number> {
    const queued = await this.database.pool.query<{ id: number }>(
      `select (data ->> 'id')::bigint as id from ${SCHEMA}.job where name = 'run' and state < 'active'`,
    );
    const { rows } = await this.database.pool.query<{ id: number; urgency: Urgency }>(
      `select r.id, r.urgency from caliper.run r
       where ${CLAIMABLE} and r.id <> all($1) and r.urgency = any($2)
       order by r.urgency desc, r.due, r.id limit $3`,
      [
        queued.rows.map((row) => row.id),
        queued.rows.length < QUEUED_AT_MOST ? ['today', 'backlog'] : ['today'],
        WAKE_AT_ONCE,
      ],
    );
    if (rows.length === 0) return 0;
    const jobs = rows.map(({ id, urgency }) => ({ id: String(id), priority: urgency === 'today' ? 1 : 0 }));
    // It says nothing of how many it took (none where the queue is missing), so that is seen on the way.
    let taken = 0;
    const executeSql: Execute = async (text, values) => {
      const result = await executor(this.database)(text, values);
      taken = result.rowCount ?? 0;
      return result;
    };
    await this.boss.insert(
      jobs.map(({ id, priority }) => ({
        name: 'run',
        data: { kind: 'run', id } satisfies Job,
        priority,
        ...JOB_LIMITS,
      })),
      { db: { executeSql } },
    );
    if (taken !== rows.length) throw new Error(`the queue run took ${taken} of ${rows.length} jobs`);
    this.notify('run');
    return rows.length;
  }

  work(
    kind: JobKind,
    options: { readonly parallel: number; readonly pollMs: number },
    handle: (job: Job) => Promise<void>,
  ): Worker {
    const worker = new PollingWorker(this.boss, executor(this.database), kind, options, handle, this.world);
    this.workers.add(worker);
    return {
      stop: async () => {
        this.workers.delete(worker);
        await worker.stop();
      },
    };
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    await Promise.all([...this.workers].map((worker) => worker.stop()));
    await this.sweeping;
    await this.boss.stop({ graceful: false });
  }

  private notify(kind: JobKind): void {
    for (const worker of this.workers) if (worker.kind === kind) worker.notify();
  }

  private async sweep(): Promise<void> {
    try {
      if (!(await this.leadership.isLeader())) return;
      await this.wakeDueRuns();
      this.sweeps += 1;
      if (this.sweeps % SWEEPS_PER_HOUSEKEEPING === 0) await this.boss.maintain();
    } catch (error) {
      this.world.failed(undefined, error);
    }
  }
}

/** Takes as many jobs as it has hands free, and forgets each when it is through with it. */
class PollingWorker {
  private readonly inHand = new Set<Promise<void>>();
  private stopping = false;
  private wake: () => void = () => undefined;
  private noticed = false;
  private readonly loop: Promise<void>;

  constructor(
    private readonly boss: PgBoss,
    private readonly execute: Execute,
    readonly kind: JobKind,
    private readonly options: { readonly parallel: number; readonly pollMs: number },
    private readonly handle: (job: Job) => Promise<void>,
    private readonly world: { failed(job: Job | undefined, error: unknown): void },
  ) {
    this.loop = this.run();
  }

  notify(): void {
    this.noticed = true;
    this.wake();
  }

  async stop(): Promise<void> {
    this.stopping = true;
    this.notify();
    await this.loop;
    await Promise.all(this.inHand);
  }

  private async run(): Promise<void> {
    while (!this.stopping) {
      this.noticed = false;
      const free = this.options.parallel - this.inHand.size;
      const taken = free > 0 ? await this.take(free) : 0;
      if (taken === 'away') await this.pause(AWAY_MS);
      else if (taken === 0) await this.pause(this.options.pollMs);
    }
  }

  private async take(free: number): Promise<number | 'away'> {
    // pg-boss answers an error of the database with "no jobs", so it is noticed on the way.
    let problem: unknown;
    const executeSql: Execute = (text, values) =>
      this.execute(text, values).catch((error: unknown) => {
        problem = error;
        throw error;
      });
    const jobs = await this.boss.fetch<Job>(this.kind, { batchSize: free, db: { executeSql } });
    if (problem !== undefined) {
      this.world.failed(undefined, problem);
      return 'away';
    }
    for (const { id, data } of jobs) {
      const work: Promise<void> = this.finish(id, data).finally(() => {
        this.inHand.delete(work);
        this.notify();
      });
      this.inHand.add(work);
    }
    return jobs.length;
  }

  private async finish(id: string, job: Job): Promise<void> {
    try {
      await this.handle(job);
    } catch (error) {
      this.world.failed(job, error);
    }
    try {
      await this.boss.deleteJob(this.kind, id);
    } catch (error) {
      this.world.failed(undefined, error); // it expires
    }
  }

  private async pause(forMs: number): Promise<void> {
    if (this.noticed || this.stopping) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, forMs);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
