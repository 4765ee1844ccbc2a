import { expect, test } from '@jest/globals';
import type { Claim, RunRow } from '../../src/ledger/index.js';
import { onBothDatabases, valueOf } from './databases.js';
import { claimed, delivering, DIGESTS, givenRuns, LONG, measurement, stepped } from './made-up.js';

onBothDatabases('deciding', (bench) => {
  const runOf = async (claim: Claim): Promise<RunRow> =>
    (await bench.ledger.reportByNumber(claim.report.number))!.runs[0]!;

  const heldWhileDelivering = async (): Promise<Claim> => {
    const claim = await delivering(bench.ledger, ['a', 'b']);
    const [a, b] = await bench.ledger.deliveries(claim);
    await bench.ledger.moveDelivery(claim, a!.id, { to: 'held', reason: 'read-back-identity-differs' });
    for (const to of ['looking', 'already-stored'] as const) await bench.ledger.moveDelivery(claim, b!.id, { to });
    await bench.ledger.moveRun(claim, { to: 'held', reason: 'read-back-identity-differs' });
    return claim;
  };

  test('a held run is nobody to claim, and its measurements say held', async () => {
    const claim = await heldWhileDelivering();
    expect(await bench.ledger.claimRun('b', LONG)).toBeUndefined();
    expect((await runOf(claim)).measurements.map((m) => [m.outcome, m.reason])).toEqual(
      Array(2).fill(['held', 'read-back-identity-differs']),
    );
    expect((await runOf(claim)).objects[0]!.bytesHeld).toBeGreaterThan(0);
  });

  test('accepted: its held deliveries are due, by name of who accepted', async () => {
    const { ledger } = bench;
    const claim = await heldWhileDelivering();
    valueOf(await ledger.decideHeld(claim.run, { to: 'delivering' }, 'dr-a'));
    const next = await claimed(ledger);
    expect(next).toMatchObject({ run: claim.run, state: 'delivering' });
    expect((await ledger.deliveries(next)).map((d) => d.state)).toEqual(['due', 'already-stored']);
    const run = await runOf(claim);
    expect(run.measurements.map((m) => m.outcome)).toEqual([undefined, undefined]);
    expect(run.events.filter((event) => event.by === 'dr-a').map((event) => [event.what, event.to])).toEqual([
      ['run', 'delivering'],
      ['delivery', 'due'],
    ]);
  });

  test('rejected: nothing is delivered, and the measurements are skipped for it', async () => {
    const { ledger } = bench;
    const claim = await heldWhileDelivering();
    valueOf(await ledger.decideHeld(claim.run, { to: 'refused', reason: 'marks-not-trusted' }, 'dr-a'));
    const run = await runOf(claim);
    expect(run).toMatchObject({ state: 'refused', reason: 'marks-not-trusted' });
    expect(run.objects[0]!.deliveries.map((d) => d.state)).toEqual(['refused', 'already-stored']);
    expect(run.measurements.map((m) => [m.outcome, m.reason])).toEqual(Array(2).fill(['skipped', 'marks-not-trusted']));
    expect(await ledger.decideHeld(claim.run, { to: 'delivering' }, 'dr-a')).toEqual({ ok: false, error: 'not-held' });
  });

  test('looked at again: what was held with the run is open again', async () => {
    const { ledger } = bench;
    await givenRuns(ledger, 1);
    const claim = await stepped(ledger, await claimed(ledger), 'reading');
    await ledger.moveRun(claim, {
      to: 'held',
      reason: 'identity-differs',
      account: {
        measurements: [measurement('1'), { ...measurement('2'), outcome: { kind: 'skipped', reason: 'no-rule' } }],
      },
    });
    const states = async () => (await runOf(claim)).measurements.map((m) => m.outcome);
    expect(await states()).toEqual(['held', 'skipped']);
    valueOf(await ledger.decideHeld(claim.run, { to: 'segmenting' }, 'dr-a'));
    expect(await states()).toEqual([undefined, 'skipped']);
    expect(await claimed(ledger)).toMatchObject({ state: 'segmenting' });
  });

  test('replay under other digests makes a run of its own; under way, nothing is replayed', async () => {
    const { ledger } = bench;
    await givenRuns(ledger, 3);
    const first = await claimed(ledger);
    await ledger.moveRun(first, { to: 'refused', reason: 'no-measurements' });
    const second = await claimed(ledger);
    await ledger.moveRun(second, { to: 'refused', reason: 'not-a-report' });
    const other = { ...DIGESTS, methodDigest: 'm2' };
    expect(await ledger.reopen({}, other, 'replay', 'admin')).toEqual([first.report.number, second.report.number]);
    expect(await ledger.reopen({}, other, 'replay', 'admin')).toEqual([]);
    const { runs } = (await ledger.reportByNumber(first.report.number))!;
    expect(runs.map((run) => [run.state, run.cause, run.digests.methodDigest])).toEqual([
      ['seen', 'replay', 'm2'],
      ['refused', 'sighting', 'm1'],
    ]);
    expect(runs[0]!.events).toMatchObject([{ from: undefined, to: 'seen', by: 'admin' }]);
  });

  test('replay chooses by reason, by number and by when a report was first seen', async () => {
    const { ledger, database } = bench;
    await givenRuns(ledger, 3);
    for (const reason of ['no-rule', 'no-measurements', 'no-rule'] as const)
      await ledger.moveRun(await claimed(ledger), { to: 'refused', reason });
    await database.pool.query("update caliper.report set first_seen = now() - interval '10 days' where number = 3");
    const yesterday = new Date(Date.now() - 86_400_000);
    const replay = (selection: Parameters<typeof ledger.reopen>[0]) =>
      ledger.reopen(selection, DIGESTS, 'replay', 'admin');
    expect(await replay({ reason: 'no-rule', firstSeenFrom: yesterday })).toEqual([1]);
    expect(await replay({ firstSeenUntil: yesterday })).toEqual([3]);
    expect(await replay({ reports: [1, 2] as never })).toEqual([2]);
  });

  test('a report whose run was superseded is shown with its latest', async () => {
    const { ledger } = bench;
    await givenRuns(ledger, 1);
    await ledger.moveRun(await claimed(ledger), { to: 'refused', reason: 'no-rule' });
    await ledger.reopen({}, { ...DIGESTS, policyDigest: 'p2' }, 'review', 'dr-a');
    expect(await ledger.recentReports({ limit: 5 })).toMatchObject([{ number: 1, state: 'seen', reason: undefined }]);
  });

  test('modes last, and the first time a destination was live is kept', async () => {
    const { ledger } = bench;
    const shadow = await ledger.registerRole('destination', 'main', 'shadow');
    expect(shadow).toMatchObject({ mode: 'shadow', firstLive: undefined });
    const live = await ledger.registerRole('destination', 'main', 'live');
    expect(live.firstLive).toBeInstanceOf(Date);
    await ledger.registerRole('source', 'main', 'live');
    expect(await ledger.pauseRole('destination', 'main', 'archive-unauthorised')).toMatchObject({ mode: 'paused' });
    expect(await ledger.registerRole('destination', 'main', 'shadow')).toMatchObject({
      mode: 'paused',
      configured: 'shadow',
      pausedReason: 'archive-unauthorised',
      firstLive: live.firstLive,
    });
    expect(await ledger.resumeRole('destination', 'main')).toMatchObject({ mode: 'shadow', pausedReason: undefined });
    expect((await ledger.roles()).map((role) => [role.role, role.mode])).toEqual([
      ['destination', 'shadow'],
      ['source', 'live'],
    ]);
    await expect(ledger.pauseRole('source', 'other', 'x')).rejects.toThrow('never registered');
  });
});
