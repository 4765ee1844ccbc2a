import { expect, test } from '@jest/globals';
import { ms } from '../../src/domain/index.js';
import { onBothDatabases } from './databases.js';
import { claimed, delivering, givenRuns, LONG, measurement, seeing, stepped } from './made-up.js';

onBothDatabases('overview', (bench) => {
  test('an empty ledger has nothing of anything', async () => {
    const status = await bench.ledger.status();
    expect(status).toMatchObject({ reports: 0, oldestDue: undefined });
    for (const counts of [status.runs, status.deliveries, status.outcomes])
      expect(new Set(Object.values(counts))).toEqual(new Set([0]));
    expect(await bench.ledger.work()).toEqual({ due: 0, working: 0, waiting: 0, waitingUntil: undefined });
    expect(await bench.ledger.recentReports({ limit: 5 })).toEqual([]);
    expect(await bench.ledger.reportByNumber(1 as never)).toBeUndefined();
  });

  test('counts by state and outcome', async () => {
    const { ledger } = bench;
    const first = await delivering(ledger, ['a', 'b']);
    await givenRuns(ledger, 5);
    const second = await stepped(ledger, await claimed(ledger), 'reading');
    await ledger.record(second, {
      measurements: [{ ...measurement('1'), outcome: { kind: 'skipped', reason: 'no-rule' } }],
    });
    const third = await claimed(ledger);
    await ledger.moveRun(third, { to: 'waiting', afterMs: LONG, reason: 'image-gone', attempt: 'free' });
    const status = await ledger.status();
    expect(status.reports).toBe(5);
    expect(status.runs).toMatchObject({ seen: 2, reading: 1, delivering: 1, waiting: 1, done: 0 });
    expect(status.deliveries).toMatchObject({ due: 2, stored: 0 });
    expect(status.outcomes).toMatchObject({ pending: 2, skipped: 1 });
    expect(status.oldestDue).toBeInstanceOf(Date);
    expect(await ledger.work()).toMatchObject({ due: 2, working: 2, waiting: 1 });
    await ledger.release(first);
    expect(await ledger.work()).toMatchObject({ due: 3, working: 1 });
  });

  test('the list of reports: the latest first, in pages, by state, outcome and source', async () => {
    const { ledger } = bench;
    await givenRuns(ledger, 4);
    await ledger.sight(seeing([2], 'today', 'archive'));
    const claim = await stepped(ledger, await claimed(ledger), 'reading');
    await ledger.moveRun(claim, {
      to: 'done',
      account: { measurements: [{ ...measurement('1'), outcome: { kind: 'held', reason: 'low-agreement' } }] },
    });
    const numbers = async (filter: object): Promise<number[]> =>
      (await ledger.recentReports({ limit: 10, ...filter })).map((line) => line.number);
    expect(await numbers({})).toEqual([4, 3, 2, 1]);
    expect(await numbers({ limit: 2 })).toEqual([4, 3]);
    expect(await numbers({ before: 3 })).toEqual([2, 1]);
    expect(await numbers({ state: 'done' })).toEqual([1]);
    expect(await numbers({ outcome: 'held' })).toEqual([1]);
    expect(await numbers({ source: 'archive' })).toEqual([2]);
    const [line] = await ledger.recentReports({ limit: 1, state: 'done' });
    expect(line).toMatchObject({ outcomes: { held: 1 }, sources: ['main-pacs'], due: undefined });
    expect(line!.changed).toBeInstanceOf(Date);
  });

  test('old events of what has ended are forgotten, those of what is under way are not', async () => {
    const { ledger, database } = bench;
    await givenRuns(ledger, 2);
    await ledger.moveRun(await claimed(ledger), { to: 'refused', reason: 'not-a-report' });
    await database.pool.query("update caliper.event set at = at - interval '500 days'");
    expect(await ledger.purgeEvents(ms(400 * 86_400_000))).toBe(2);
    expect((await database.pool.query('select run from caliper.event')).rows).toEqual([{ run: 2 }]);
  });

  test('events and what is spoken of outside hold no UID', async () => {
    const { ledger, database } = bench;
    await delivering(ledger, ['a']);
    const spoken = [
      JSON.stringify((await database.pool.query('select * from caliper.event')).rows),
      JSON.stringify([await ledger.status(), await ledger.work(), await ledger.recentReports({ limit: 5 })]),
    ];
    for (const text of spoken) expect(text).not.toMatch(/\d+\.\d+\.\d+\.\d+/);
  });
});
