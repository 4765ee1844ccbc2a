import { expect, test } from '@jest/globals';
import type { WorklistFilter, WorklistLine } from '../../src/ledger/index.js';
import { onBothDatabases } from './databases.js';
import { claimed, DIGESTS, givenRuns, key, measurement, seeing, stepped } from './made-up.js';

onBothDatabases('worklist and choices', (bench) => {
  /** Reports 1 to 9: every third held, every fourth failed, one in another source; 9 is not worked on. */
  async function filled(): Promise<void> {
    const { ledger } = bench;
    await ledger.registerRole('source', 'main-pacs', 'live');
    await givenRuns(ledger, 9);
    await ledger.sight(seeing([5], 'today', 'archive'));
    for (let n = 1; n <= 8; n++) {
      const claim = await stepped(ledger, await claimed(ledger), 'reading');
      const kind = n % 3 === 0 ? 'held' : n % 4 === 0 ? 'failed' : 'skipped';
      const reason = n % 3 === 0 ? 'low-agreement' : n % 4 === 0 ? 'image-gone' : 'no-rule';
      const first = { ...measurement('1'), outcome: { kind, reason } } as const;
      const second = { ...measurement('2'), outcome: { kind: 'skipped', reason: 'no-marks' } } as const;
      await ledger.moveRun(claim, { to: 'done', account: { measurements: n === 8 ? [first, second] : [first] } });
    }
  }
  const numbers = async (filter: Omit<WorklistFilter, 'limit'>, limit = 50): Promise<number[]> =>
    (await bench.ledger.worklist({ limit, ...filter })).map((line) => line.number);

  test('filters select what a look at every line selects, and pages put together are the whole', async () => {
    await filled();
    const all = await bench.ledger.worklist({ limit: 50 });
    expect(all.map((line) => line.number)).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1]);
    const byHand = (keeps: (line: WorklistLine) => boolean) => all.filter(keeps).map((line) => line.number);
    for (const outcome of ['held', 'failed', 'skipped', 'stored'] as const)
      expect(await numbers({ outcome })).toEqual(byHand((line) => (line.outcomes[outcome] ?? 0) > 0));
    for (const reason of ['low-agreement', 'image-gone', 'no-marks', 'truncated'] as const)
      expect(await numbers({ reason })).toEqual(byHand((line) => line.reasons.includes(reason)));
    expect(await numbers({ outcome: 'failed', reason: 'image-gone' })).toEqual([8, 4]);
    expect(await numbers({ outcome: 'failed', reason: 'no-marks' })).toEqual([]); // of one measurement, not of two
    expect(await numbers({ source: 'archive' })).toEqual([5]);
    expect(await numbers({ firstSeenFrom: new Date(Date.now() + 3_600_000) })).toEqual([]);
    expect(await numbers({ firstSeenUntil: new Date(Date.now() + 3_600_000) })).toHaveLength(9);
    const paged: number[] = [];
    for (let before: WorklistFilter['before']; ;) {
      const lines = await bench.ledger.worklist({ limit: 2, outcome: 'skipped', ...(before ? { before } : {}) });
      paged.push(...lines.map((line) => line.number));
      before = lines.at(-1)?.run;
      if (lines.length < 2 || before === undefined) break;
    }
    expect(paged).toEqual(await numbers({ outcome: 'skipped' }));
    // by days the reports seen last come first, whatever was worked again since; pages put together are the whole there too
    await bench.ledger.reopen({ reports: [2 as never] }, { ...DIGESTS, policyDigest: 'p2' }, 'replay', 'ada');
    await bench.database.pool.query(
      "update caliper.report set first_seen = first_seen - interval '1 day' where number = 7",
    );
    expect(await numbers({})).toEqual([2, 9, 8, 7, 6, 5, 4, 3, 1]);
    const days = {
      firstSeenFrom: new Date(Date.now() - 48 * 3_600_000),
      firstSeenUntil: new Date(Date.now() + 3_600_000),
    };
    expect(await numbers(days)).toEqual([9, 8, 6, 5, 4, 3, 2, 1, 7]);
    const byDay: number[] = [];
    for (let before: WorklistFilter['before']; ;) {
      const lines = await bench.ledger.worklist({ limit: 2, ...days, ...(before ? { before } : {}) });
      byDay.push(...lines.map((line) => line.number));
      before = lines.at(-1)?.run;
      if (before === undefined) break;
    }
    expect(byDay).toEqual([9, 8, 6, 5, 4, 3, 2, 1, 7]);
    expect(await numbers({ ...days, outcome: 'held' })).toEqual([6, 3]);
    expect(await bench.ledger.outcomeCounts()).toEqual([
      { outcome: 'skipped', reason: 'no-rule', count: 3 }, // report 2 is worked again
      { outcome: 'failed', reason: 'image-gone', count: 2 },
      { outcome: 'held', reason: 'low-agreement', count: 2 },
      { outcome: 'skipped', reason: 'no-marks', count: 1 },
    ]);
  });

  test('a source tells how much it showed, and something that happens changes the pulse', async () => {
    const { ledger } = bench;
    const before = await ledger.pulse();
    await filled();
    expect(await ledger.pulse()).toBeGreaterThan(before);
    const [activity] = await ledger.sourceActivity();
    expect(activity).toMatchObject({ source: 'main-pacs', reports: 9, newInTwoWeeks: 9, longestPauseMs: 0 });
    expect(activity!.lastNew).toBeInstanceOf(Date);
    expect(await ledger.agreementDrift()).toMatchObject({ before: { count: 0 } });
    const facts = await ledger.letterFacts(new Date(Date.now() - 3_600_000), new Date(Date.now() + 3_600_000));
    expect(facts.outcomes).toEqual(await ledger.outcomeCounts());
    expect(facts.hours.reduce((sum, h) => sum + h.reports, 0)).toBe(9);
    expect(facts.pictured).toEqual([6, 3]);
  });

  test('of choices made at once one counts; the others are told whose', async () => {
    const { ledger } = bench;
    await filled();
    const run = (await ledger.worklist({ limit: 1, outcome: 'held' }))[0]!.run;
    const by = (who: string) =>
      ledger.choose({ run, measurementKey: key('1'), candidate: 'seed', maskSha256: 'a'.repeat(64), by: who });
    const answers = await Promise.all(['ada', 'bob', 'eve', 'dan'].map(by));
    const taken = answers.filter((a) => a.ok);
    expect(taken).toHaveLength(1);
    const winner = taken[0]!.ok ? taken[0]!.value.by : '';
    for (const answer of answers)
      if (!answer.ok) expect(answer.error).toMatchObject({ kind: 'taken', first: { by: winner } });
    expect(await ledger.choices(run)).toMatchObject([{ by: winner, candidate: 'seed', maskSha256: 'a'.repeat(64) }]);
    const story = (await ledger.reportByNumber(6 as never))!;
    expect(story.runs[0]).toMatchObject({ state: 'seen', cause: 'review', cameFrom: 'done' });
    expect(story.reviews).toMatchObject([{ decision: 'accepted', by: winner, measurementKey: key('1') }]);
    expect(story.runs[0]!.events.at(-1)).toMatchObject({ from: 'done', to: 'seen', by: winner });

    // what cannot be made again is dropped, and somebody may choose anew once the run has ended
    await ledger.dropChoice(run, key('1'));
    expect(await ledger.choices(run)).toEqual([]);
    expect(await by('fay')).toMatchObject({ ok: false, error: { kind: 'under-way' } });
  });

  test('none of them ends the measurement at once; what is not held, or of a run that is over, cannot be chosen', async () => {
    const { ledger } = bench;
    await filled();
    const held = await ledger.worklist({ limit: 9, outcome: 'held' });
    const none = (run: (typeof held)[number]['run'], name = '1') =>
      ledger.choose({ run, measurementKey: key(name), candidate: 'none', maskSha256: undefined, by: 'ada' });
    expect(await none(held[0]!.run)).toMatchObject({ ok: true });
    expect((await ledger.reportByNumber(6 as never))!.runs[0]).toMatchObject({
      state: 'done',
      measurements: [{ outcome: 'skipped', reason: 'rejected-by-reviewer' }],
    });
    expect(await none(held[0]!.run, 'no-such')).toMatchObject({ ok: false, error: { kind: 'not-held' } });
    const [skipped] = await ledger.worklist({ limit: 1, outcome: 'skipped', reason: 'no-rule' });
    expect(await none(skipped!.run)).toMatchObject({ ok: false, error: { kind: 'not-held' } });
    await ledger.reopen({ reports: [3 as never] }, { ...DIGESTS, policyDigest: 'p2' }, 'replay', 'ada');
    expect(await none(held[1]!.run)).toMatchObject({ ok: false, error: { kind: 'not-held' } });
  });
});
