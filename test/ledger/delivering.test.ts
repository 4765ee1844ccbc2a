import { expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import type { DeliveryMove, Claim, DeliveryId, ObjectNumber } from '../../src/ledger/index.js';
import type { SopInstanceUid, Uid } from '../../src/domain/index.js';
import { onBothDatabases, valueOf } from './databases.js';
import { claimed, delivering, DIGESTS, givenRuns, LONG, measurement, segmentationOf, stepped } from './made-up.js';

onBothDatabases('delivering', (bench) => {
  const moved = async (claim: Claim, id: DeliveryId, ...moves: DeliveryMove['to'][]): Promise<void> => {
    for (const to of moves) valueOf(await bench.ledger.moveDelivery(claim, id, { to } as DeliveryMove));
  };
  const outcomes = async (claim: Claim): Promise<unknown[]> =>
    (await bench.ledger.reportByNumber(claim.report.number))!.runs[0]!.measurements.map((m) => m.outcome);

  test('an object knows its bytes, digest, segments, and the measurements know it', async () => {
    const { ledger } = bench;
    const claim = await delivering(ledger, ['b', 'a', 'a']);
    const object = segmentationOf('1', ['1.1', '1.2']);
    const due = await ledger.deliveries(claim);
    expect(due.map((d) => [d.destination, d.state, d.dueInMs])).toEqual([
      ['a', 'due', 0],
      ['b', 'due', 0],
    ]);
    expect(due[0]).toMatchObject({
      kind: 'segmentation',
      sopInstanceUID: object.sopInstanceUID,
      studyInstanceUID: object.studyInstanceUID,
      seriesInstanceUID: object.seriesInstanceUID,
      digest: createHash('sha256').update(object.bytes).digest('hex'),
      segments: object.segments,
    });
    expect(Buffer.from((await ledger.objectBytes(due[0]!.object))!)).toEqual(Buffer.from(object.bytes));
    const { measurements } = (await ledger.reportByNumber(claim.report.number))!.runs[0]!;
    expect(measurements.map((m) => [m.key, m.object, m.seg, m.segmentNumber, m.trackingUID, m.outcome])).toEqual([
      ['1.1', due[0]!.object, object.sopInstanceUID, 1, '1.2.8.1', undefined],
      ['1.2', due[0]!.object, object.sopInstanceUID, 2, '1.2.8.2', undefined],
    ]);
  });

  test('measurements have no outcome until every delivery has one, then the worst; then the bytes go', async () => {
    const { ledger } = bench;
    const claim = await delivering(ledger, ['a', 'b']);
    const [a, b] = await ledger.deliveries(claim);
    await moved(claim, a!.id, 'looking', 'storing', 'confirming', 'stored');
    expect(await outcomes(claim)).toEqual([undefined, undefined]);
    expect(await ledger.objectBytes(a!.object)).toBeDefined();
    await moved(claim, b!.id, 'looking', 'would-store');
    expect(await outcomes(claim)).toEqual(['would-store', 'would-store']);
    expect(await ledger.objectBytes(a!.object)).toBeUndefined();
    expect(valueOf(await ledger.moveRun(claim, { to: 'done' })).claim).toBeUndefined();
    expect((await ledger.status()).outcomes).toMatchObject({ 'would-store': 2, stored: 0, pending: 0 });
  });

  test('a delivery that failed speaks at once', async () => {
    const { ledger } = bench;
    const claim = await delivering(ledger, ['a', 'b']);
    const [a] = await ledger.deliveries(claim);
    await ledger.moveDelivery(claim, a!.id, { to: 'dead', reason: 'store-refused' });
    const [run] = (await ledger.reportByNumber(claim.report.number))!.runs;
    expect(run!.measurements.map((m) => [m.outcome, m.reason])).toEqual(Array(2).fill(['failed', 'store-refused']));
  });

  test('a delivery waits by the clock of the database, and resumes where it stood', async () => {
    const { ledger, database } = bench;
    const claim = await delivering(ledger, ['a']);
    const [a] = await ledger.deliveries(claim);
    await moved(claim, a!.id, 'looking', 'storing');
    const waits = valueOf(
      await ledger.moveDelivery(claim, a!.id, {
        to: 'waiting',
        afterMs: LONG,
        reason: 'store-unclear',
        attempt: 'counted',
      }),
    );
    expect(waits).toMatchObject({ state: 'waiting', cameFrom: 'storing', reason: 'store-unclear', attempts: 1 });
    expect(waits.dueInMs).toBeGreaterThan(LONG - 60_000);
    await database.pool.query("update caliper.delivery set due = due - interval '3 days'");
    expect((await ledger.deliveries(claim))[0]!.dueInMs).toBe(0);
    expect(valueOf(await ledger.resumeDelivery(claim, a!.id))).toMatchObject({ state: 'storing', attempts: 1 });
    await expect(ledger.resumeDelivery(claim, a!.id)).rejects.toThrow('does not wait');
    await ledger.moveDelivery(claim, a!.id, { to: 'looking', reason: 'store-unclear', attempt: 'counted' });
    expect((await ledger.deliveries(claim))[0]).toMatchObject({
      state: 'looking',
      attempts: 2,
      reason: 'store-unclear',
    });
  });

  test("another run's delivery is not moved", async () => {
    const { ledger } = bench;
    const claim = await delivering(ledger, ['a']);
    await ledger.sight({
      source: 'main-pacs',
      found: [
        { ...claim.report, source: 'main-pacs', sopInstanceUID: '1.2.99' as SopInstanceUid, sopClassUID: undefined },
      ],
      seriesCounts: new Map(),
      unchangedSeries: [],
      urgency: 'today',
    });
    await ledger.ensureRuns(DIGESTS, { kind: 'reports-without-run' });
    const other = await claimed(ledger, 'b');
    const [a] = await ledger.deliveries(claim);
    await expect(ledger.moveDelivery(other, a!.id, { to: 'looking' })).rejects.toThrow('none of this run');
  });

  test('the same object again is the same object: one row, its first bytes, no second delivery', async () => {
    const { ledger } = bench;
    const claim = await delivering(ledger, ['a']);
    const again = segmentationOf('1', ['1.1', '1.2'], 'made again');
    const objects = [{ object: again, kind: 'segmentation', destinations: ['a', 'b'] } as const];
    const [number] = valueOf(await ledger.record(claim, { objects })).objects;
    const all = await ledger.deliveries(claim);
    expect(all.map((d) => [d.object, d.destination])).toEqual([
      [number, 'a'],
      [number, 'b'],
    ]);
    expect(new TextDecoder().decode(await ledger.objectBytes(number!))).toBe('made-up object 1');
  });

  test('a measurement in two objects that were made together has become what the worse of them has; one made before says nothing', async () => {
    const { ledger } = bench;
    const claim = await delivering(ledger, ['a']);
    const [before] = await ledger.deliveries(claim);
    await ledger.moveDelivery(claim, before!.id, { to: 'dead', reason: 'store-refused' });
    await ledger.record(claim, {
      measurements: [measurement('1.1'), measurement('1.2')],
      objects: [
        { object: segmentationOf('2', ['1.1', '1.2']), kind: 'segmentation', destinations: ['a'] },
        { object: segmentationOf('3', ['1.1']), kind: 'segmentation', destinations: ['b'] },
      ],
    });
    const [first, second] = (await ledger.deliveries(claim)).slice(1);
    await moved(claim, second!.id, 'looking', 'storing', 'confirming', 'stored');
    expect(await outcomes(claim)).toEqual([undefined, undefined]);
    await ledger.moveDelivery(claim, first!.id, { to: 'held', reason: 'store-refused' });
    expect(await outcomes(claim)).toEqual(['held', 'held']);
    await ledger.moveRun(claim, { to: 'held', reason: 'store-refused' });
    await ledger.decideHeld(claim.run, { to: 'delivering' }, 'test');
    const again = await claimed(ledger);
    await moved(again, first!.id, 'looking', 'already-stored');
    expect(await outcomes(again)).toEqual(['already-stored', 'already-stored']);
  });

  test('replay: what would have been stored or died is due again with new bytes, what is stored stays', async () => {
    const { ledger } = bench;
    let claim = await delivering(ledger, ['a', 'b', 'c']);
    const [a, b, c] = await ledger.deliveries(claim);
    await moved(claim, a!.id, 'looking', 'would-store');
    await moved(claim, b!.id, 'looking', 'storing', 'confirming', 'stored');
    await ledger.moveDelivery(claim, c!.id, { to: 'dead', reason: 'store-refused' });
    await ledger.moveRun(claim, { to: 'done' });
    expect(await ledger.reopen({ outcome: 'stored' }, DIGESTS, 'replay', 'admin')).toEqual([]);
    expect(await ledger.reopen({ outcome: 'failed' }, DIGESTS, 'replay', 'admin')).toEqual([claim.report.number]);
    claim = await claimed(ledger);
    expect(claim).toMatchObject({ state: 'seen', cause: 'replay', attempts: 0 });
    for (const to of ['reading', 'segmenting'] as const) claim = await stepped(ledger, claim, to);
    const object = segmentationOf('1', ['1.1', '1.2']);
    await ledger.moveRun(claim, {
      to: 'delivering',
      account: {
        measurements: [measurement('1.1'), measurement('1.2')],
        objects: [{ object, kind: 'segmentation', destinations: ['a', 'b', 'c'] }],
      },
    });
    expect((await ledger.deliveries(claim)).map((d) => d.state)).toEqual(['due', 'stored', 'due']);
    expect(await ledger.objectBytes(a!.object)).toBeDefined();
    expect(await outcomes(claim)).toEqual([undefined, undefined]);
  });

  test('a measurement that an own object at the destination holds already is accounted for by it', async () => {
    const { ledger } = bench;
    await givenRuns(ledger, 1);
    const claim = await stepped(ledger, await claimed(ledger), 'reading');
    const alreadyIn = { seg: '1.2.77' as SopInstanceUid, segmentNumber: 3 };
    await ledger.moveRun(claim, { to: 'done', account: { measurements: [{ ...measurement('1'), alreadyIn }] } });
    const [run] = (await ledger.reportByNumber(claim.report.number))!.runs;
    expect(run!.measurements).toMatchObject([{ outcome: 'already-stored', seg: '1.2.77', segmentNumber: 3 }]);
  });

  test('what a run has stored stays stored when somebody decides on another lesion of the report; a replay finds it there', async () => {
    const { ledger } = bench;
    await givenRuns(ledger, 1);
    let claim = await claimed(ledger);
    for (const to of ['reading', 'segmenting'] as const) claim = await stepped(ledger, claim, to);
    const object = segmentationOf('1', ['1.1']);
    const second = { ...measurement('1.2'), outcome: { kind: 'held', reason: 'low-agreement' } } as const;
    await ledger.moveRun(claim, {
      to: 'delivering',
      account: {
        measurements: [measurement('1.1'), second],
        objects: [{ object, kind: 'segmentation', destinations: ['a'] }],
      },
    });
    const [delivery] = await ledger.deliveries(claim);
    await moved(claim, delivery!.id, 'looking', 'storing', 'confirming', 'stored');
    await ledger.moveRun(claim, { to: 'done' });
    const { run } = claim;
    const ends = async () => (await ledger.reportByNumber(claim.report.number))!.runs[0]!.measurements;
    const before = (await ends())[0]!;
    expect(before).toMatchObject({ outcome: 'stored', seg: object.sopInstanceUID });

    const workedAgain = async (seg: SopInstanceUid) => {
      claim = await claimed(ledger);
      for (const to of ['reading', 'segmenting'] as const) claim = await stepped(ledger, claim, to);
      const first = { ...measurement('1.1'), alreadyIn: { seg, segmentNumber: 1 } };
      await ledger.moveRun(claim, { to: 'done', account: { measurements: [first, second] } });
      return (await ends())[0]!;
    };
    const choice = { run, measurementKey: second.key, candidate: 'seed', maskSha256: 'a'.repeat(64), by: 'ada' };
    expect((await ledger.choose(choice)).ok).toBe(true);
    expect(await workedAgain(object.sopInstanceUID)).toEqual(before);
    await ledger.reopen({ reports: [claim.report.number] }, DIGESTS, 'replay', 'ada');
    expect(await workedAgain(object.sopInstanceUID)).toMatchObject({ outcome: 'already-stored', object: undefined });
  });

  test('objects are found by number and UID, and listed when they are stored somewhere', async () => {
    const { ledger } = bench;
    const claim = await delivering(ledger, ['a']);
    const [a] = await ledger.deliveries(claim);
    expect(await ledger.writtenObjects({ limit: 10 })).toEqual([]);
    await moved(claim, a!.id, 'looking', 'storing', 'confirming', 'stored');
    const written = await ledger.writtenObjects({ limit: 10 });
    expect(written).toHaveLength(1);
    expect(written[0]).toMatchObject({
      number: a!.object,
      report: claim.report.number,
      run: claim.run,
      bytesHeld: undefined,
      deliveries: [{ destination: 'a', state: 'stored' }],
    });
    expect(await ledger.objectByNumber(a!.object)).toEqual(written[0]);
    expect(await ledger.objectByNumber((a!.object + 1) as ObjectNumber)).toBeUndefined();
    expect(await ledger.writtenObjects({ limit: 10, before: a!.object })).toEqual([]);
    expect(await ledger.findUid(a!.sopInstanceUID)).toBe(claim.report.number);
    expect(await ledger.findUid('1.2.3.4.5' as Uid)).toBeUndefined();
  });
});
