import { expect, test } from '@jest/globals';
import type { SeriesInstanceUid, SopClassUid, StudyInstanceUid } from '../../src/domain/index.js';
import { onBothDatabases } from './databases.js';
import { claimed, DIGESTS, found, givenRuns, LONG, seeing, stepped } from './made-up.js';

onBothDatabases('watching', (bench) => {
  test('a report gets its number once, however often and wherever it is seen', async () => {
    const { ledger } = bench;
    expect((await ledger.sight(seeing([1, 2]))).new).toEqual([1, 2]);
    expect((await ledger.sight(seeing([1, 2, 3, 3]))).new).toEqual([3]);
    expect((await ledger.sight(seeing([1, 2, 3], 'today', 'archive'))).new).toEqual([]);
    const story = (await ledger.reportByNumber((await ledger.findUid(found(2).sopInstanceUID))!))!;
    expect(story.sightings.map((s) => s.source).sort()).toEqual(['archive', 'main-pacs']);
    expect(story.report.firstSeen).toBeInstanceOf(Date);
    expect((await ledger.status()).reports).toBe(3);
  });

  test('two sweeps at once that see the same reports in any order give each one number', async () => {
    const { ledger } = bench;
    const numbers = Array.from({ length: 200 }, (_, i) => i + 1);
    const answers = await Promise.all([
      ledger.sight(seeing(numbers)),
      ledger.sight(seeing([...numbers].reverse(), 'today', 'archive')),
      ledger.sight(
        seeing(
          [...numbers].sort((a, b) => (a % 7) - (b % 7)),
          'backlog',
          'third',
        ),
      ),
    ]);
    expect(answers.flatMap((answer) => answer.new).sort((a, b) => a - b)).toHaveLength(200);
    expect((await ledger.status()).reports).toBe(200);
  });

  test('a report that moved to another study at its source is found there', async () => {
    const { ledger } = bench;
    await ledger.sight(seeing([1]));
    const merged = { ...found(1), studyInstanceUID: '1.2.77' as StudyInstanceUid };
    await ledger.sight({ ...seeing([]), found: [merged] });
    const { sightings } = (await ledger.reportByNumber((await ledger.findUid(found(1).sopInstanceUID))!))!;
    expect(sightings).toHaveLength(1);
    expect(sightings[0]!.studyInstanceUID).toBe('1.2.77');
  });

  test('the SOP class is kept where the archive answers it', async () => {
    const { ledger } = bench;
    await ledger.sight({ ...seeing([]), found: [{ ...found(1), sopClassUID: '1.2.3' as SopClassUid }, found(2)] });
    await ledger.ensureRuns(DIGESTS, { kind: 'reports-without-run' });
    const classes = [await claimed(ledger), await claimed(ledger)].map((claim) => claim.report.sopClassUID);
    expect(classes).toEqual(['1.2.3', undefined]);
  });

  test('counts of series are a source of its own each, and change', async () => {
    const { ledger } = bench;
    const series = ['1.1', '1.2', '1.3'] as SeriesInstanceUid[];
    const counts = new Map([
      [series[0]!, 4],
      [series[1]!, 1],
    ]);
    await ledger.sight({ ...seeing([]), seriesCounts: counts });
    await ledger.sight({ ...seeing([], 'today', 'archive'), seriesCounts: new Map([[series[2]!, 9]]) });
    expect(await ledger.seriesCounts('main-pacs', series)).toEqual(counts);
    await ledger.sight({ ...seeing([]), seriesCounts: new Map([[series[0]!, 5]]) });
    expect((await ledger.seriesCounts('main-pacs', series)).get(series[0]!)).toBe(5);
  });

  test('reports of a series that did not change were seen again', async () => {
    const { ledger, database } = bench;
    await ledger.sight(seeing([1, 2]));
    await database.pool.query("update caliper.sighting set last_seen = now() - interval '1 day'");
    await ledger.sight({ ...seeing([]), unchangedSeries: [found(1).seriesInstanceUID] });
    const { rows } = await database.pool.query<{ report: number }>(
      "select report from caliper.sighting where last_seen > now() - interval '1 hour'",
    );
    expect(rows).toEqual([{ report: 1 }]);
  });

  test('what the first search of a layer shows was there; what a search that ended once shows later is new', async () => {
    const { ledger } = bench;
    expect(await ledger.wasSearched('main-pacs', '14d')).toBe(false);
    await ledger.sight({ ...seeing([1]), arrival: 'was-there' });
    await ledger.recordSearched('main-pacs', '14d');
    await ledger.recordSearched('main-pacs', '14d');
    expect(await ledger.wasSearched('main-pacs', '14d')).toBe(true);
    // another layer, another source
    expect(await ledger.wasSearched('main-pacs', '180d')).toBe(false);
    expect(await ledger.wasSearched('archive', '14d')).toBe(false);
    // seen again it stays what it was
    await ledger.sight(seeing([1, 2]));
    await ledger.ensureRuns(DIGESTS, { kind: 'reports-without-run' });
    const claims = [await claimed(ledger), await claimed(ledger)];
    expect(claims.map(({ report }) => report.arrival)).toEqual(['was-there', 'new']);
  });

  test('a run is unique for its report and digests', async () => {
    const { ledger } = bench;
    await ledger.sight(seeing([1, 2, 3]));
    expect(await ledger.ensureRuns(DIGESTS, { kind: 'reports-without-run' })).toEqual({ opened: 3, takenOver: 0 });
    const again = await Promise.all([
      ledger.ensureRuns(DIGESTS, { kind: 'reports-without-run' }),
      ledger.ensureRuns(DIGESTS, { kind: 'every-report' }),
    ]);
    expect(again).toEqual(Array(2).fill({ opened: 0, takenOver: 0 }));
  });

  test('a new rule: what is undecided goes on under it, what is done stays, every report only when asked for', async () => {
    const { ledger } = bench;
    await givenRuns(ledger, 3);
    const done = await stepped(ledger, await claimed(ledger), 'reading');
    await ledger.moveRun(done, { to: 'done' });
    const busy = await claimed(ledger);
    const later = { ...DIGESTS, policyDigest: 'p2' };
    expect(await ledger.ensureRuns(later, { kind: 'reports-without-run' })).toEqual({ opened: 0, takenOver: 1 });
    const third = await claimed(ledger);
    expect(third.digests).toEqual(later);
    expect(busy.digests).toEqual(DIGESTS);
    expect(await ledger.ensureRuns(later, { kind: 'every-report' })).toEqual({ opened: 2, takenOver: 0 });
    // The report being worked on under the old rule is not worked on twice at once.
    expect((await ledger.claimRun('b', LONG))?.report.number).toBe(done.report.number);
    expect(await ledger.claimRun('b', LONG)).toBeUndefined();
    await ledger.moveRun(busy, { to: 'refused', reason: 'no-measurements' });
    expect((await ledger.claimRun('b', LONG))?.report.number).toBe(busy.report.number);
  });
});
