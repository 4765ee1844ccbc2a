import { describe, expect, test } from '@jest/globals';
import { ms } from '../../src/domain/index.js';
import { openLedger, type Claim, type Ledger } from '../../src/ledger/index.js';
import { onBothDatabases, until, valueOf } from './databases.js';
import { claimed, DIGESTS, givenRuns, LONG, measurement, seeing, stepped } from './made-up.js';

onBothDatabases('claiming', (bench) => {
  test('many workers of two processes never claim the same run', async () => {
    await givenRuns(bench.ledger, 120);
    const other = valueOf(await openLedger(await bench.second()));
    const taken: number[] = [];
    const work = async (ledger: Ledger, owner: string): Promise<void> => {
      for (;;) {
        const claim = await ledger.claimRun(owner, LONG);
        if (!claim) {
          // Others may hold rows locked that they then take; nothing is due only when the ledger says so.
          if ((await ledger.work()).due === 0) return;
          continue;
        }
        taken.push(claim.run);
      }
    };
    await Promise.all([0, 1, 2, 3, 4, 5].map((n) => work(n % 2 === 0 ? bench.ledger : other, `w${n}`)));
    expect(taken).toHaveLength(120);
    expect(new Set(taken).size).toBe(120);
  });

  test("today's reports come before a backlog, each by how long it is due", async () => {
    const { ledger } = bench;
    await ledger.sight(seeing([1, 2], 'backlog'));
    await ledger.ensureRuns(DIGESTS, { kind: 'reports-without-run' });
    await ledger.sight(seeing([3, 4]));
    await ledger.ensureRuns(DIGESTS, { kind: 'reports-without-run' });
    const order: number[] = [];
    for (let claim = await ledger.claimRun('a', LONG); claim; claim = await ledger.claimRun('a', LONG))
      order.push(claim.report.number);
    expect(order).toEqual([3, 4, 1, 2]);
  });

  test('a wake-up names a run: it is claimed if due, and otherwise nothing is', async () => {
    const { ledger } = bench;
    await givenRuns(ledger, 2);
    const first = await claimed(ledger);
    expect(await ledger.claimRun('b', LONG, first.run)).toBeUndefined();
    await ledger.release(first);
    expect((await ledger.claimRun('b', LONG, first.run))?.run).toBe(first.run);
  });

  test('a claim carries the report, where it was seen, and what people decided', async () => {
    const { ledger } = bench;
    await givenRuns(ledger, 1);
    await ledger.sight(seeing([1], 'today', 'archive'));
    const { report } = await claimed(ledger).then(async (claim) => {
      await ledger.release(claim);
      return claim;
    });
    await ledger.addReview({ report: report.number, measurementKey: undefined, decision: 'accepted', by: 'reader' });
    const claim = await claimed(ledger);
    expect(claim).toMatchObject({ state: 'seen', attempts: 0, cause: 'sighting', digests: DIGESTS, owner: 'a' });
    expect(claim.report).toMatchObject({ number: 1, sopInstanceUID: '1.2.3.1.3', studyInstanceUID: '1.2.3.1.1' });
    expect(claim.sightings.map((s) => s.source).sort()).toEqual(['archive', 'main-pacs']);
    expect(claim.reviews).toMatchObject([{ decision: 'accepted', by: 'reader', measurementKey: undefined }]);
    expect(claim.reviews[0]!.at).toBeInstanceOf(Date);
  });

  describe('a worker whose lease ran out and whose run was taken over', () => {
    const takenOver = async (): Promise<{ late: Claim; owner: Claim }> => {
      await givenRuns(bench.ledger, 1);
      let late = (await bench.ledger.claimRun('late', ms(1)))!;
      late = await stepped(bench.ledger, late, 'reading');
      let owner: Claim | undefined;
      await until(async () => (owner = await bench.ledger.claimRun('new', LONG)) !== undefined);
      return { late, owner: owner! };
    };

    test('cannot renew, record, move or deliver', async () => {
      const { ledger } = bench;
      const { late, owner } = await takenOver();
      expect(owner.fence).toBeGreaterThan(late.fence);
      expect(await ledger.renew(late)).toBe(false);
      const lost = { ok: false, error: 'lease-lost' };
      expect(await ledger.record(late, { measurements: [measurement('1')] })).toEqual(lost);
      expect(await ledger.moveRun(late, { to: 'segmenting' })).toEqual(lost);
      expect(await ledger.moveDelivery(late, 1 as never, { to: 'looking' })).toEqual(lost);
      await ledger.release(late);
      const [run] = (await ledger.reportByNumber(owner.report.number))!.runs;
      expect(run).toMatchObject({ state: 'reading', owner: 'new', measurements: [] });
    });

    test('counts as a failed try, and the new owner goes on where it stood', async () => {
      const { owner } = await takenOver();
      expect(owner).toMatchObject({ state: 'reading', attempts: 1, owner: 'new' });
      expect(await bench.ledger.renew(owner)).toBe(true);
      expect((await bench.ledger.moveRun(owner, { to: 'segmenting' })).ok).toBe(true);
    });

    test('keeps its right as long as nobody took over, and can prolong it', async () => {
      const { ledger } = bench;
      await givenRuns(ledger, 1);
      const slow = (await ledger.claimRun('slow', ms(1)))!;
      await until(async () => (await ledger.work()).due === 1);
      expect(await ledger.renew(slow)).toBe(true);
      expect((await ledger.moveRun(slow, { to: 'reading' })).ok).toBe(true);
    });
  });

  test('a stopped daemon gives its runs back without a failed try', async () => {
    const { ledger } = bench;
    await givenRuns(ledger, 1);
    await ledger.release(await stepped(ledger, await claimed(ledger), 'reading'));
    expect(await claimed(ledger, 'b')).toMatchObject({ state: 'reading', attempts: 0 });
  });

  test('a run that waits is due when its wait is over, and goes on where it stood', async () => {
    const { ledger, database } = bench;
    await givenRuns(ledger, 1);
    const claim = await stepped(ledger, await claimed(ledger), 'reading');
    const wait = { to: 'waiting', afterMs: LONG, reason: 'image-gone', attempt: 'free' } as const;
    expect(valueOf(await ledger.moveRun(claim, wait)).claim).toBeUndefined();
    expect(await ledger.claimRun('b', LONG)).toBeUndefined();
    const work = await ledger.work();
    expect(work).toMatchObject({ due: 0, working: 0, waiting: 1 });
    expect(work.waitingUntil).toBeInstanceOf(Date);
    // Its end cannot be written by the one who sent it to wait.
    expect(await ledger.moveRun(claim, { to: 'segmenting' })).toEqual({ ok: false, error: 'lease-lost' });
    await database.pool.query("update caliper.run set due = due - interval '3 days'");
    expect(await claimed(ledger)).toMatchObject({ state: 'reading', attempts: 0 });
    const [run] = (await ledger.reportByNumber(claim.report.number))!.runs;
    expect(run!.events.map((event) => [event.from, event.to, event.reason])).toEqual([
      [undefined, 'seen', undefined],
      ['seen', 'reading', undefined],
      ['reading', 'waiting', 'image-gone'],
      ['waiting', 'reading', undefined],
    ]);
  });

  test('failed tries are counted in a state, waits for others are not', async () => {
    const { ledger, database } = bench;
    await givenRuns(ledger, 1);
    const retry = async (attempt: 'counted' | 'free'): Promise<number> => {
      const moved = await ledger.moveRun(await claimed(ledger), {
        to: 'waiting',
        afterMs: LONG,
        reason: 'archive-unreachable',
        attempt,
      });
      expect(moved.ok).toBe(true);
      await database.pool.query('update caliper.run set due = now()');
      const claim = await claimed(ledger);
      await ledger.release(claim);
      return claim.attempts;
    };
    expect([await retry('counted'), await retry('free'), await retry('counted')]).toEqual([1, 1, 2]);
    expect((await stepped(ledger, await claimed(ledger), 'reading')).attempts).toBe(0);
  });
});
