import { expect, test } from '@jest/globals';
import { SOP_CLASS, type SopClassUid, type SopInstanceUid, type StudyInstanceUid } from '../../src/domain/index.js';
import type { DocumentRecord, ReportNumber } from '../../src/ledger/index.js';
import { onBothDatabases, valueOf } from './databases.js';
import { claimed, DIGESTS, found, givenRuns, key, LONG, measurement, seeing, segmentationOf } from './made-up.js';

const uid = (n: number): SopInstanceUid => found(n).sopInstanceUID;
const STUDY = '1.2.9' as StudyInstanceUid;

const document = (more: Partial<DocumentRecord> = {}): DocumentRecord => ({
  predecessors: [],
  identicalDocuments: [],
  contentDateTime: '20260101',
  completeness: 'finished',
  content: undefined,
  places: {},
  ...more,
});

onBothDatabases('which reports count', (bench) => {
  /** Reports of one study, the first of which are read. */
  const givenStudy = async (numbers: readonly number[], classes: ReadonlyMap<number, SopClassUid> = new Map()) => {
    const seen = seeing(numbers);
    await bench.ledger.sight({
      ...seen,
      found: seen.found.map((f, i) => ({
        ...f,
        studyInstanceUID: STUDY,
        sopClassUID: classes.get(numbers[i]!) ?? SOP_CLASS.EnhancedSR,
      })),
    });
    await bench.ledger.ensureRuns(DIGESTS, { kind: 'reports-without-run' });
  };
  const read = async (record: DocumentRecord) => {
    let claim = await claimed(bench.ledger);
    claim = valueOf(await bench.ledger.moveRun(claim, { to: 'reading' })).claim!;
    return valueOf(
      await bench.ledger.moveRun(claim, {
        to: 'segmenting',
        account: { document: record, measurements: [measurement('a')] },
      }),
    ).claim!;
  };

  test('documents hang together by predecessors, identical documents and content, whatever the order', async () => {
    await givenRuns(bench.ledger, 5);
    for (const record of [
      document(),
      document({ predecessors: [uid(1)] }),
      document({ identicalDocuments: [uid(2)] }),
      document({ content: 'c', predecessors: [uid(3)] }),
      document({ content: 'other' }),
    ])
      await bench.ledger.release(await read(record));
    const related = await bench.ledger.relatedDocuments({ ...document({ content: 'c' }), sopInstanceUID: uid(9) });
    expect(related.map((d) => d.report)).toEqual([1, 2, 3, 4]);
    expect(related[3]).toMatchObject({ ...document({ content: 'c', predecessors: [uid(3)] }), isStored: false });
    // what a note rejects holds nothing together
    await bench.ledger.recordKeyObject(uid(77), [uid(3)]);
    const without = await bench.ledger.relatedDocuments({ ...document({ content: 'c' }), sopInstanceUID: uid(9) });
    expect(without.map((d) => d.report)).toEqual([4]);
  });

  test('a run is given back until the other reports of its study are read, and a backlog among them is hastened', async () => {
    await givenStudy([1]);
    const first = await read(document());
    await bench.ledger.sight({
      ...seeing([2, 3, 4], 'backlog'),
      found: [2, 3, 4].map((n) => ({
        ...found(n),
        studyInstanceUID: STUDY,
        sopClassUID: n === 4 ? SOP_CLASS.XRayRadiationDoseSR : SOP_CLASS.EnhancedSR,
      })),
    });
    await bench.ledger.ensureRuns(DIGESTS, { kind: 'reports-without-run' });
    expect(await bench.ledger.yieldToUnread(first)).toBe(true);
    expect(await bench.ledger.renew(first)).toBe(false);
    expect(await bench.ledger.claimRun('a', LONG, first.run)).toBeUndefined();
    const second = await read(document());
    expect(second.report.number).toBe(2);
    expect(await bench.ledger.claimRun('a', LONG, first.run)).toBeUndefined();
    // one that waits for its archive holds nobody up, and a dose report never does
    const third = valueOf(await bench.ledger.moveRun(await claimed(bench.ledger), { to: 'reading' })).claim!;
    expect(third.report.number).toBe(3);
    await bench.ledger.moveRun(third, { to: 'waiting', reason: 'archive-busy', attempt: 'counted', afterMs: LONG });
    const again = await bench.ledger.claimRun('a', LONG, first.run);
    expect(again?.state).toBe('segmenting');
    expect(await bench.ledger.yieldToUnread(again!)).toBe(false);
    expect(await bench.ledger.renew(again!)).toBe(true);
  });

  test('key objects: unread ones of a study, each once; what they reject', async () => {
    await givenStudy([1, 2], new Map([[2, SOP_CLASS.KeyObjectSelection]]));
    expect(await bench.ledger.unreadKeyObjects([STUDY])).toEqual([
      {
        sopInstanceUID: uid(2),
        source: 'main-pacs',
        studyInstanceUID: STUDY,
        seriesInstanceUID: found(2).seriesInstanceUID,
      },
    ]);
    expect(await bench.ledger.hasMeasuredReport(STUDY)).toBe(false);
    await read(document());
    expect(await bench.ledger.hasMeasuredReport(STUDY)).toBe(true);
    await bench.ledger.recordKeyObject(uid(2), [uid(1), uid(5)]);
    expect(await bench.ledger.unreadKeyObjects([STUDY])).toEqual([]);
    expect(await bench.ledger.readKeyObjects([uid(2), uid(3)])).toEqual(new Set([uid(2)]));
    expect(await bench.ledger.rejections([uid(1), uid(4), uid(5)])).toEqual(
      new Map([
        [uid(1), uid(2)],
        [uid(5), uid(2)],
      ]),
    );
  });

  const end = { reason: 'superseded', by: uid(50) } as const;

  test('what is stored stays stored, with an event, and is listed to be rejected until a note does', async () => {
    await givenRuns(bench.ledger, 1);
    let claim = await read(document());
    claim = valueOf(
      await bench.ledger.moveRun(claim, {
        to: 'delivering',
        account: { objects: [{ object: segmentationOf('1', ['a']), kind: 'segmentation', destinations: ['pacs'] }] },
      }),
    ).claim!;
    const [delivery] = await bench.ledger.deliveries(claim);
    for (const to of ['looking', 'storing', 'confirming', 'stored'] as const)
      await bench.ledger.moveDelivery(claim, delivery!.id, { to });
    await bench.ledger.moveRun(claim, { to: 'done' });
    const ended = await bench.ledger.endReports([
      { sopInstanceUID: uid(1), ...end },
      { sopInstanceUID: uid(8), ...end },
    ]);
    expect(ended).toEqual([{ report: 1, reason: 'superseded', objectsStored: 1 }]);
    expect(await bench.ledger.endReports([{ sopInstanceUID: uid(1), ...end }])).toEqual([]);
    const [run] = (await bench.ledger.reportByNumber(1 as ReportNumber))!.runs;
    expect(run).toMatchObject({ state: 'done', measurements: [{ outcome: 'stored' }] });
    expect(run!.events.at(-1)).toMatchObject({ what: 'run', from: 'done', to: 'done', reason: 'superseded' });
    expect(await bench.ledger.outdatedObjects()).toEqual([
      { object: 1, report: 1, reason: 'superseded', by: uid(50), destinations: ['pacs'] },
    ]);
    // what it left behind is looked after once, where that is allowed
    expect(await bench.ledger.outdating(1 as ReportNumber)).toEqual(end);
    expect(await bench.ledger.reopenOutdated([], 'caliper')).toEqual([]);
    expect(await bench.ledger.reopenOutdated(['elsewhere'], 'caliper')).toEqual([]);
    expect(await bench.ledger.reopenOutdated(['pacs'], 'caliper')).toEqual([1]);
    expect(await bench.ledger.reopenOutdated(['pacs'], 'caliper')).toEqual([]);
    const after = await claimed(bench.ledger);
    expect(after).toMatchObject({ state: 'seen', cause: 'amended' });
    await bench.ledger.moveRun(after, { to: 'refused', reason: 'superseded', account: { noted: ['pacs'] } });
    expect(await bench.ledger.reopenOutdated(['pacs'], 'caliper')).toEqual([]);
    expect((await bench.ledger.reportByNumber(1 as ReportNumber))!.runs[0]!.measurements).toMatchObject([
      { outcome: 'stored' },
    ]);
    // for another reason it is looked after anew
    await bench.ledger.endReports([{ sopInstanceUID: uid(1), reason: 'rejected-by-note', by: uid(51) }]);
    expect(await bench.ledger.reopenOutdated(['pacs'], 'caliper')).toEqual([1]);
    await bench.ledger.recordKeyObject(uid(60), [segmentationOf('1', ['a']).sopInstanceUID]);
    expect(await bench.ledger.outdatedObjects()).toEqual([]);
    expect(await bench.ledger.outdated(1 as ReportNumber)).toBe('rejected-by-note');
    await bench.ledger.countAgain(1 as ReportNumber);
    expect(await bench.ledger.outdated(1 as ReportNumber)).toBeUndefined();
  });

  test('what a report left behind waits until the one that replaces it has come to its end', async () => {
    await givenRuns(bench.ledger, 2);
    const older = await read(document());
    await bench.ledger.moveRun(older, {
      to: 'refused',
      reason: 'superseded',
      account: {
        // a ledger that was lost: the contour was found in the archive
        measurements: [
          {
            ...measurement('a'),
            outcome: { kind: 'skipped', reason: 'superseded' },
            alreadyIn: { seg: uid(70), segmentNumber: 1 },
          },
        ],
      },
    });
    expect((await bench.ledger.reportByNumber(1 as ReportNumber))!.runs[0]!.measurements).toMatchObject([
      { outcome: 'skipped', reason: 'superseded', seg: uid(70), segmentNumber: 1 },
    ]);
    await bench.ledger.endReports([{ sopInstanceUID: uid(1), reason: 'superseded', by: uid(2) }]);
    expect(await bench.ledger.reopenOutdated(['pacs'], 'caliper')).toEqual([]);
    const newer = await read(document());
    expect(await bench.ledger.reopenOutdated(['pacs'], 'caliper')).toEqual([]);
    await bench.ledger.moveRun(newer, {
      to: 'done',
      account: { measurements: [{ ...measurement('a'), outcome: { kind: 'held', reason: 'low-agreement' } }] },
    });
    expect(await bench.ledger.reopenOutdated(['pacs'], 'caliper')).toEqual([]);
    await bench.ledger.reopen({ reports: [2 as ReportNumber] }, newer.digests, 'replay', 'test');
    const again = await read(document());
    await bench.ledger.moveRun(again, {
      to: 'done',
      account: { measurements: [{ ...measurement('a'), alreadyIn: { seg: uid(71), segmentNumber: 1 } }] },
    });
    expect(await bench.ledger.reopenOutdated(['pacs'], 'caliper')).toEqual([1]);
  });

  test('what is held is skipped; what is under way goes on until its next step', async () => {
    await givenRuns(bench.ledger, 2);
    const held = await read(document());
    await bench.ledger.moveRun(held, { to: 'held', reason: 'report-preliminary' });
    const underWay = await read(document());
    const ends = [1, 2].map((n) => ({ sopInstanceUID: uid(n), ...end }));
    expect((await bench.ledger.endReports(ends)).map((one) => one.report)).toEqual([1, 2]);
    const [first] = (await bench.ledger.reportByNumber(1 as ReportNumber))!.runs;
    expect(first).toMatchObject({
      state: 'refused',
      reason: 'superseded',
      measurements: [{ outcome: 'skipped', reason: 'superseded' }],
    });
    expect(await bench.ledger.renew(underWay)).toBe(true);
    expect(await bench.ledger.outdated(underWay.report.number)).toBe('superseded');
  });

  test('measurements that are known keep what became of them where new ones only are added', async () => {
    await givenRuns(bench.ledger, 1);
    const claim = await read(document());
    await bench.ledger.record(claim, {
      newMeasurements: [
        { ...measurement('a'), outcome: { kind: 'failed', reason: 'mask-empty' } },
        { ...measurement('b'), outcome: { kind: 'skipped', reason: 'superseded' } },
      ],
    });
    const [run] = (await bench.ledger.reportByNumber(1 as ReportNumber))!.runs;
    expect(run!.measurements.map((m) => [m.key, m.outcome])).toEqual([
      [key('a'), undefined],
      [key('b'), 'skipped'],
    ]);
  });
});
