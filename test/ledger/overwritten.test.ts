import { expect, test } from '@jest/globals';
import { ms, SOP_CLASS, type FoundReport, type SeriesInstanceUid, type SopClassUid } from '../../src/domain/index.js';
import type { Ledger } from '../../src/ledger/index.js';
import { onBothDatabases } from './databases.js';
import { claimed, DIGESTS, found, LONG, measurement, seeing, stepped } from './made-up.js';

const SR: SopClassUid = SOP_CLASS.ComprehensiveSR;
const madeAt = (n: number, time: string, alter: Partial<FoundReport> = {}): FoundReport => ({
  ...found(n),
  sopClassUID: SR,
  madeAt: { InstanceCreationDate: '20260301', InstanceCreationTime: time },
  ...alter,
});
const showing = (reports: readonly FoundReport[]) => ({
  ...seeing([]),
  found: reports,
  seriesCounts: new Map<SeriesInstanceUid, number>(reports.map((report) => [report.seriesInstanceUID, 1])),
});
const seriesOf = (...numbers: readonly number[]) => numbers.map((n) => found(n).seriesInstanceUID);

async function givenRead(ledger: Ledger, digest = 'a') {
  await ledger.sight(showing([madeAt(1, '10')]));
  await ledger.ensureRuns(DIGESTS, { kind: 'reports-without-run' });
  const reading = await stepped(ledger, await claimed(ledger), 'reading');
  const moved = await ledger.moveRun(reading, {
    to: 'segmenting',
    account: { reading: { digest, kind: 'tid1500', sopClassUID: SR, findings: [], skipped: [] } },
  });
  if (!moved.ok || !moved.value.claim) throw new Error('the run did not move');
  return moved.value.claim;
}
const ended = async (ledger: Ledger, digest?: string) =>
  ledger.moveRun(await givenRead(ledger, digest), {
    to: 'done',
    account: { measurements: [{ ...measurement('1.1'), outcome: { kind: 'skipped', reason: 'no-rule' } }] },
  });
const runOf = async (ledger: Ledger) =>
  (await ledger.reportByNumber((await ledger.findUid(found(1).sopInstanceUID))!))!.runs[0]!;

onBothDatabases('reports that are overwritten', (bench) => {
  const night = () => bench.database.pool.query("update caliper.series_count set counted = counted - interval '1 day'");

  test('series with reports that may be overwritten are named, once a night', async () => {
    const { ledger } = bench;
    const dose = SOP_CLASS.XRayRadiationDoseSR;
    await ledger.sight(
      showing([
        madeAt(1, '10'),
        madeAt(2, '10', { sopClassUID: dose }),
        madeAt(3, '10', { madeAt: {} }),
        { ...found(4), sopClassUID: SR },
        madeAt(5, '10', { sopClassUID: undefined }),
      ]),
    );
    const asked = seriesOf(1, 2, 3, 4, 5, 6);
    expect(await ledger.seriesToListAgain('main-pacs', asked)).toEqual(new Set());
    await night();
    // 4: by a ledger that did not ask yet; 5: of a class that is not known
    expect([...(await ledger.seriesToListAgain('main-pacs', asked))].sort()).toEqual(seriesOf(1, 4, 5));
    expect(await ledger.seriesToListAgain('main-pacs', seriesOf(5, 6))).toEqual(new Set(seriesOf(5)));
    expect(await ledger.seriesToListAgain('archive', asked)).toEqual(new Set());
    await ledger.sight(showing([madeAt(1, '10'), madeAt(4, '10')]));
    expect(await ledger.seriesToListAgain('main-pacs', asked)).toEqual(new Set(seriesOf(5)));
    await bench.database.pool.query("update caliper.sighting set first_seen = first_seen - interval '15 days'");
    expect(await ledger.seriesToListAgain('main-pacs', asked)).toEqual(new Set());
  });

  test('a run that has ended is taken up once, with an event, when its report is shown made at another time', async () => {
    const { ledger } = bench;
    await ended(ledger);
    await ledger.sight(showing([madeAt(1, '10')]));
    expect(await ledger.reopenOverwritten()).toEqual([]);
    await ledger.sight(showing([madeAt(1, '11')]));
    expect(await ledger.reopenOverwritten()).toEqual([1]);
    expect(await ledger.reopenOverwritten()).toEqual([]);
    await ledger.sight(showing([madeAt(1, '11')]));
    expect(await ledger.reopenOverwritten()).toEqual([]);
    const run = await runOf(ledger);
    expect(run).toMatchObject({ state: 'seen', cause: 'overwritten', cameFrom: 'done' });
    expect(run.events.at(-1)).toMatchObject({ from: 'done', to: 'seen', reason: 'overwritten', by: undefined });
  });

  test('what an archive answers now and then is compared where it is answered', async () => {
    const { ledger } = bench;
    await ended(ledger);
    for (const answer of [{}, undefined, { InstanceCreationTime: '10' }, { ContentDate: '20260301' }])
      await ledger.sight(showing([{ ...found(1), sopClassUID: SR, ...(answer ? { madeAt: answer } : {}) }]));
    expect(await ledger.reopenOverwritten()).toEqual([]);
    await ledger.sight(showing([madeAt(1, '10', { madeAt: { ContentDate: '20260302' } })]));
    expect(await ledger.reopenOverwritten()).toEqual([1]);
  });

  test('the same UID in another series, or at another source, is another document', async () => {
    const { ledger } = bench;
    await ended(ledger);
    const elsewhere = '1.2.3.99' as SeriesInstanceUid;
    await ledger.sight(showing([madeAt(1, '11', { seriesInstanceUID: elsewhere })]));
    await ledger.sight(showing([madeAt(1, '10')]));
    await ledger.sight({ ...showing([madeAt(1, '12')]), source: 'archive' });
    expect(await ledger.reopenOverwritten()).toEqual([]);
  });

  test('one that nobody has begun to read is read as it is', async () => {
    const { ledger } = bench;
    await ledger.sight(showing([madeAt(1, '10')]));
    await ledger.ensureRuns(DIGESTS, { kind: 'reports-without-run' });
    await ledger.sight(showing([madeAt(1, '11')]));
    const reading = await stepped(ledger, await claimed(ledger), 'reading');
    await ledger.moveRun(reading, { to: 'refused', reason: 'no-measurements' });
    expect(await ledger.reopenOverwritten()).toEqual([]);
  });

  test('a run under way comes to its end first', async () => {
    const { ledger } = bench;
    const claim = await givenRead(ledger);
    await ledger.sight(showing([madeAt(1, '11')]));
    expect(await ledger.reopenOverwritten()).toEqual([]);
    await ledger.moveRun(claim, { to: 'waiting', reason: 'image-gone', attempt: 'free', afterMs: ms(0) });
    expect(await ledger.reopenOverwritten()).toEqual([]);
    await ledger.moveRun((await ledger.claimRun('a', LONG))!, { to: 'done' });
    expect(await ledger.reopenOverwritten()).toEqual([1]);
  });

  test.each([
    ['done', undefined],
    ['held', 'low-agreement'],
    ['refused', 'rejected-by-reviewer'],
    ['dead', 'image-gone'],
  ] as const)('one that was %s stands so again where the report is what it was', async (state, reason) => {
    const { ledger } = bench;
    const claim = await givenRead(ledger);
    const held = { ...measurement('1.1'), outcome: { kind: 'held', reason: 'low-agreement' } } as const;
    const account = { measurements: [held] };
    await ledger.moveRun(claim, reason ? { to: state, reason, account } : { to: 'done', account });
    const before = await runOf(ledger);
    await ledger.sight(showing([madeAt(1, '11')]));
    expect(await ledger.reopenOverwritten()).toEqual([1]);
    const again = await claimed(ledger);
    const reading = state === 'held' ? again : await stepped(ledger, again, 'reading');
    expect(reading.state).toBe('reading');
    expect(await ledger.standAgain(reading, 'a')).toEqual({ ok: true, value: 'stands-as-before' });
    const after = await runOf(ledger);
    expect(after).toMatchObject({ state, reason, cause: 'sighting' });
    expect(after.measurements).toEqual(before.measurements);
    expect(await ledger.claimRun('a', LONG)).toBeUndefined();
    expect(await ledger.standAgain(reading, 'a')).toEqual({ ok: false, error: 'lease-lost' });
  });

  test('one that is another document now is read, and what was found in it before is no more', async () => {
    const { ledger } = bench;
    await ended(ledger);
    await ledger.sight(showing([madeAt(1, '11')]));
    await ledger.reopenOverwritten();
    const reading = await stepped(ledger, await claimed(ledger), 'reading');
    expect(await ledger.standAgain(reading, 'b')).toEqual({ ok: true, value: 'to-be-read' });
    const reread = { digest: 'b', kind: 'tid1500', sopClassUID: SR, findings: [], skipped: [] };
    const moved = await ledger.moveRun(reading, { to: 'segmenting', account: { reading: reread } });
    expect(moved).toMatchObject({ ok: true, value: { report: 'amended' } });
    expect((await runOf(ledger)).measurements).toEqual([]);
    // overwritten once more while it was on its way: read, and not taken for what it was at first
    const back = await stepped(ledger, moved.ok ? moved.value.claim! : reading, 'reading');
    expect(await ledger.standAgain(back, 'b')).toEqual({ ok: true, value: 'to-be-read' });
  });
});
