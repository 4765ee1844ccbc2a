import { afterEach, expect, test } from '@jest/globals';
import { ms } from '../../src/domain/index.js';
import {
  openLeadership,
  openQueue,
  type Database,
  type Job,
  type Leadership,
  type Queue,
} from '../../src/ledger/index.js';
import { onBothDatabases, Told, until } from './databases.js';
import { claimed, DIGESTS, givenRuns, LONG, seeing } from './made-up.js';

onBothDatabases('the queue', (bench) => {
  const open: { close(): Promise<void> }[] = [];
  afterEach(async () => {
    for (const thing of open.splice(0).reverse()) await thing.close();
  });
  const failures: { job: Job | undefined; error: unknown }[] = [];
  const start = async (database: Database): Promise<{ queue: Queue; leadership: Leadership }> => {
    const leadership = openLeadership(database, new Told().world);
    open.push(leadership);
    failures.length = 0;
    const queue = await openQueue(database, leadership, { failed: (job, error) => failures.push({ job, error }) });
    open.push(queue);
    return { queue, leadership };
  };
  const often = { parallel: 2, pollMs: ms(20) };

  test('a job carries its kind and a number of the ledger, and nothing else', async () => {
    const { queue } = await start(bench.database);
    await givenRuns(bench.ledger, 2);
    expect(await queue.wakeDueRuns()).toBe(2);
    expect(await queue.send({ kind: 'search', id: 'main-pacs/0' })).toBe('sent');
    const { rows } = await bench.database.pool.query<{ data: unknown }>(
      'select data from caliper_queue.job order by name, created_on, data',
    );
    expect(rows.map((row) => row.data)).toEqual([
      { kind: 'run', id: '1' },
      { kind: 'run', id: '2' },
      { kind: 'search', id: 'main-pacs/0' },
    ]);
  });

  test('a worker is handed each job once, several at a time, and forgets them', async () => {
    const { queue } = await start(bench.database);
    const seen: string[] = [];
    let atOnce = 0;
    let most = 0;
    queue.work('search', { parallel: 3, pollMs: ms(20) }, async ({ id }) => {
      most = Math.max(most, ++atOnce);
      seen.push(id);
      await until(() => most >= 3);
      atOnce--;
    });
    const ids = Array.from({ length: 12 }, (_, i) => `layer-${i}`);
    for (const id of ids) await queue.send({ kind: 'search', id });
    await until(() => seen.length === 12);
    expect(seen.sort()).toEqual(ids.sort());
    expect(most).toBe(3);
    await until(async () => (await bench.database.pool.query('select 1 from caliper_queue.job')).rows.length === 0);
    expect(failures).toEqual([]);
  });

  test('the same job is queued once until it is taken', async () => {
    const { queue } = await start(bench.database);
    const job = { kind: 'search', id: 'a' } as const;
    expect([await queue.send(job), await queue.send(job)]).toEqual(['sent', 'already-queued']);
    let release = (): void => undefined;
    let taken = 0;
    queue.work('search', often, async () => {
      taken++;
      if (taken === 1) await new Promise<void>((resolve) => (release = resolve));
    });
    await until(() => taken === 1);
    expect(await queue.send(job)).toBe('sent');
    release();
    await until(() => taken === 2);
  });

  test('a wake-up that was lost is given again, one that is queued is not, and one for a run in hand is not', async () => {
    const { queue } = await start(bench.database);
    await givenRuns(bench.ledger, 3);
    expect(await queue.wakeDueRuns()).toBe(3);
    expect(await queue.wakeDueRuns()).toBe(0);
    await bench.database.pool.query("delete from caliper_queue.job where data ->> 'id' in ('1', '2')");
    await bench.ledger.claimRun('a', LONG, 1 as never);
    expect(await queue.wakeDueRuns()).toBe(1);
  });

  test('a wake-up that died with its worker is given again when the lease is over', async () => {
    const { queue } = await start(bench.database);
    await givenRuns(bench.ledger, 1);
    await queue.wakeDueRuns();
    await bench.database.pool.query("update caliper_queue.job set state = 'active', started_on = now()");
    const claim = (await bench.ledger.claimRun('died', ms(1)))!;
    await until(async () => (await queue.wakeDueRuns()) === 1);
    expect((await claimed(bench.ledger, 'next')).run).toBe(claim.run);
  });

  test('runs that wait are woken when they are due, those of today first', async () => {
    const { queue } = await start(bench.database);
    await bench.ledger.sight(seeing([1], 'backlog'));
    await bench.ledger.ensureRuns(DIGESTS, { kind: 'reports-without-run' });
    await bench.ledger.sight(seeing([2, 3]));
    await bench.ledger.ensureRuns(DIGESTS, { kind: 'reports-without-run' });
    const waiting = await claimed(bench.ledger);
    await bench.ledger.moveRun(waiting, { to: 'waiting', afterMs: LONG, reason: 'image-gone', attempt: 'free' });
    expect(await queue.wakeDueRuns()).toBe(2);
    await bench.database.pool.query("update caliper.run set due = due - interval '1 day' where state = 'waiting'");
    expect(await queue.wakeDueRuns()).toBe(1);
    const order: string[] = [];
    queue.work('run', { parallel: 1, pollMs: ms(20) }, ({ id }) => Promise.resolve(void order.push(id)));
    await until(() => order.length === 3);
    expect(order.at(-1)).toBe('1');
  });

  test('a backlog is fed in bits, and new work does not stand behind it', async () => {
    const { queue } = await start(bench.database);
    await givenRuns(bench.ledger, 1_200, 'backlog');
    const woken = [await queue.wakeDueRuns(), await queue.wakeDueRuns(), await queue.wakeDueRuns()];
    expect(woken).toEqual([500, 500, 0]);
    await bench.ledger.sight(seeing([9_999]));
    await bench.ledger.ensureRuns(DIGESTS, { kind: 'reports-without-run' });
    expect(await queue.wakeDueRuns()).toBe(1);
    const order: string[] = [];
    const worker = queue.work('run', { parallel: 1, pollMs: ms(20) }, ({ id }) => Promise.resolve(void order.push(id)));
    await until(() => order.length > 0);
    await worker.stop();
    expect(order[0]).toBe('1201');
  });

  test('a handler that throws is told of, and the next job is taken', async () => {
    const { queue } = await start(bench.database);
    const done: string[] = [];
    queue.work('harvest', often, ({ id }) => {
      if (id === 'poison') return Promise.reject(new Error('poison'));
      done.push(id);
      return Promise.resolve();
    });
    for (const id of ['poison', 'good']) await queue.send({ kind: 'harvest', id });
    await until(() => done.length === 1 && failures.length === 1);
    expect(failures).toMatchObject([{ job: { kind: 'harvest', id: 'poison' }, error: { message: 'poison' } }]);
    expect(await queue.send({ kind: 'harvest', id: 'poison' })).toBe('sent');
  });

  test('a missing queue is an error, not a lost job', async () => {
    const { queue } = await start(bench.database);
    await givenRuns(bench.ledger, 1);
    await bench.database.pool.query('delete from caliper_queue.queue');
    await expect(queue.send({ kind: 'search', id: 'a' })).rejects.toThrow('took no job');
    await expect(queue.wakeDueRuns()).rejects.toThrow('took 0 of 1 jobs');
  });

  test('stopping waits for the jobs in hand and takes no other', async () => {
    const { queue } = await start(bench.database);
    const finished: string[] = [];
    let taken = 0;
    let release = (): void => undefined;
    const worker = queue.work('search', { parallel: 1, pollMs: ms(20) }, async ({ id }) => {
      taken++;
      await new Promise<void>((resolve) => (release = resolve));
      finished.push(id);
    });
    for (const id of ['a', 'b']) await queue.send({ kind: 'search', id });
    await until(() => taken === 1);
    const stopped = worker.stop();
    release();
    await stopped;
    expect([taken, finished]).toEqual([1, ['a']]);
    expect((await bench.database.pool.query('select 1 from caliper_queue.job')).rows).toHaveLength(1);
  });

  test('two processes may open it at once, and share the work', async () => {
    const other = await bench.second();
    const [a, b] = await Promise.all([start(bench.database), start(other)]);
    const seen: string[] = [];
    for (const { queue } of [a, b]) queue.work('search', often, ({ id }) => Promise.resolve(void seen.push(id)));
    for (let i = 0; i < 20; i++) await a.queue.send({ kind: 'search', id: String(i) });
    await until(() => seen.length >= 20);
    expect(new Set(seen).size).toBe(20);
  });

  test('one leads; when its connection dies another does', async () => {
    const other = await bench.second();
    const told = new Told();
    const first = openLeadership(bench.database, told.world);
    const second = openLeadership(other, told.world);
    open.push(first, second);
    expect([await first.isLeader(), await second.isLeader()]).toEqual([true, false]);
    expect(await first.isLeader()).toBe(true);
    await bench.database.pool.query(
      "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and classid = 1667329129 and objid = 3 and granted",
    );
    await until(async () => second.isLeader());
    expect(await first.isLeader()).toBe(false);
    expect(told.broken.length).toBeGreaterThan(0);
    await second.close();
    await until(async () => first.isLeader());
  });
});
