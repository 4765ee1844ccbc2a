import { describe, expect, test } from '@jest/globals';
import { ms } from '../../src/domain/index.js';
import { DELIVERY_TRANSITIONS, RUN_TRANSITIONS, type RunMove, type DeliveryMove } from '../../src/ledger/index.js';
import { onBothDatabases, valueOf } from './databases.js';
import { claimed, delivering, givenRuns, LONG, measurement, segmentationOf, stepped } from './made-up.js';

const runMove = (to: string): RunMove =>
  ({ to, reason: 'image-gone', afterMs: ms(0), attempt: 'free' }) as unknown as RunMove;
const deliveryMove = (to: string): DeliveryMove => runMove(to) as unknown as DeliveryMove;

onBothDatabases('moving', (bench) => {
  describe('every pair of states of a run', () => {
    const states = Object.keys(RUN_TRANSITIONS) as (keyof typeof RUN_TRANSITIONS)[];
    test.each(states)('from %s, exactly what the table allows is done, with its event', async (from) => {
      const { ledger, database } = bench;
      await givenRuns(ledger, states.length);
      for (const to of states) {
        const claim = await claimed(ledger);
        await database.pool.query("update caliper.run set state = $2, came_from = 'reading' where id = $1", [
          claim.run,
          from,
        ]);
        const move = ledger.moveRun(claim, runMove(to));
        const allowed = (RUN_TRANSITIONS[from] as readonly string[]).includes(to);
        if (allowed) expect((await move).ok).toBe(true);
        else await expect(move).rejects.toThrow(`a run does not go from ${from} to ${to}`);
        const [run] = (await ledger.reportByNumber(claim.report.number))!.runs;
        expect(run!.state).toBe(allowed ? to : from);
        expect(run!.events.slice(1).map((event) => [event.from, event.to])).toEqual(allowed ? [[from, to]] : []);
      }
    });
  });

  describe('every pair of states of a delivery', () => {
    const states = Object.keys(DELIVERY_TRANSITIONS) as (keyof typeof DELIVERY_TRANSITIONS)[];
    test.each(states)('from %s, exactly what the table allows is done, with its event', async (from) => {
      const { ledger, database } = bench;
      const claim = await delivering(
        ledger,
        states.map((to) => `to-${to}`),
      );
      for (const delivery of await ledger.deliveries(claim)) {
        const to = delivery.destination.slice(3);
        await database.pool.query("update caliper.delivery set state = $2, came_from = 'looking' where id = $1", [
          delivery.id,
          from,
        ]);
        const move = ledger.moveDelivery(claim, delivery.id, deliveryMove(to));
        const allowed = (DELIVERY_TRANSITIONS[from] as readonly string[]).includes(to);
        if (allowed) expect(valueOf(await move).state).toBe(to);
        else await expect(move).rejects.toThrow(`a delivery does not go from ${from} to ${to}`);
      }
      const [run] = (await ledger.reportByNumber(claim.report.number))!.runs;
      expect(run!.objects[0]!.deliveries.map((d) => d.state).filter((state) => state !== from)).toHaveLength(
        DELIVERY_TRANSITIONS[from].length,
      );
      expect(
        run!.events
          .filter((e) => e.what === 'delivery' && e.from === from)
          .map((e) => e.to)
          .sort(),
      ).toEqual([...DELIVERY_TRANSITIONS[from]].sort());
    });
  });

  test('what a step found is written with its end, or not at all', async () => {
    const { ledger } = bench;
    await givenRuns(ledger, 1);
    const claim = await stepped(ledger, await claimed(ledger), 'reading');
    const account = { measurements: [measurement('1.1')] };
    await expect(ledger.moveRun(claim, { to: 'delivering', account })).rejects.toThrow('does not go');
    expect((await ledger.reportByNumber(claim.report.number))!.runs[0]!.measurements).toEqual([]);
    expect((await ledger.moveRun(claim, { to: 'segmenting', account })).ok).toBe(true);
    expect((await ledger.reportByNumber(claim.report.number))!.runs[0]!.measurements).toMatchObject([
      { key: '1.1', outcome: undefined, rule: 'lesions', method: 'grabcut', agreement: 0.75 },
    ]);
  });

  test('a run is not done while a measurement has no outcome', async () => {
    const { ledger } = bench;
    await givenRuns(ledger, 1);
    const claim = await stepped(ledger, await claimed(ledger), 'reading');
    const open = { to: 'done', account: { measurements: [measurement('1')] } } as const;
    await expect(ledger.moveRun(claim, open)).rejects.toThrow('1 measurements without outcome');
    const skipped = { ...measurement('1'), outcome: { kind: 'skipped', reason: 'no-rule' } } as const;
    expect((await ledger.moveRun(claim, { to: 'done', account: { measurements: [skipped] } })).ok).toBe(true);
  });

  test('a run is not done while a delivery has not ended', async () => {
    const { ledger } = bench;
    const claim = await delivering(ledger, ['here']);
    await expect(ledger.moveRun(claim, { to: 'done' })).rejects.toThrow('1 deliveries that have not ended');
    const [delivery] = await ledger.deliveries(claim);
    await ledger.moveDelivery(claim, delivery!.id, { to: 'held', reason: 'read-back-differs' });
    await expect(ledger.moveRun(claim, { to: 'done' })).rejects.toThrow('1 deliveries that have not ended');
  });

  test('a run that dies or is refused leaves nothing open', async () => {
    const { ledger } = bench;
    const claim = await delivering(ledger, ['a', 'b', 'c', 'd']);
    const [a, b, c] = await ledger.deliveries(claim);
    for (const to of ['looking', 'already-stored'] as const) await ledger.moveDelivery(claim, a!.id, { to });
    await ledger.moveDelivery(claim, b!.id, { to: 'held', reason: 'read-back-differs' });
    await ledger.moveDelivery(claim, c!.id, { to: 'waiting', afterMs: LONG, reason: 'archive-busy', attempt: 'free' });
    await ledger.record(claim, { measurements: [measurement('9')] });
    await ledger.moveRun(claim, { to: 'dead', reason: 'worker-crashed' });
    const [run] = (await ledger.reportByNumber(claim.report.number))!.runs;
    expect(run!.objects[0]!.deliveries.map((d) => d.state)).toEqual(['already-stored', 'refused', 'dead', 'dead']);
    expect(run!.objects[0]!.bytesHeld).toBeUndefined();
    expect(run!.measurements.map((m) => [m.key, m.outcome, m.reason])).toEqual([
      ['1.1', 'failed', 'worker-crashed'],
      ['1.2', 'failed', 'worker-crashed'],
      ['9', 'failed', 'worker-crashed'],
    ]);
  });

  test('a reading is recorded; the same UID with another data set is an amended report, and its measurements are new', async () => {
    const { ledger } = bench;
    await givenRuns(ledger, 1);
    const reading = (digest: string) => ({
      digest,
      kind: 'tid1500',
      sopClassUID: undefined,
      findings: [{ code: 'report.partial' } as const],
      skipped: [{ reason: 'no-marks', where: '1.5.2' } as const],
    });
    const read = async (digest: string, measurements = [measurement('1')]) => {
      const claim = await claimed(ledger);
      const answer = valueOf(await ledger.record(claim, { reading: reading(digest), measurements }));
      await ledger.release(claim);
      return answer.report;
    };
    expect([await read('aa'), await read('aa'), await read('bb', [measurement('2')])]).toEqual([
      'first-read',
      'unchanged',
      'amended',
    ]);
    const story = (await ledger.reportByNumber((await claimed(ledger)).report.number))!;
    expect(story.report).toMatchObject({ digest: 'bb' });
    expect(story.report.amended).toBeInstanceOf(Date);
    expect(story.runs[0]!.reading).toEqual({ ...reading('bb'), sopClassUID: undefined });
    expect(story.runs[0]!.measurements.map((m) => m.key)).toEqual(['2']);
  });

  test('a segment of an unknown measurement is a bug, and nothing is written', async () => {
    const { ledger, database } = bench;
    await givenRuns(ledger, 1);
    const claim = await claimed(ledger);
    const objects = [{ object: segmentationOf('1', ['1.1']), kind: 'segmentation', destinations: ['a'] } as const];
    await expect(ledger.record(claim, { objects })).rejects.toThrow('was not recorded');
    await expect(ledger.record(claim, { objects: [{ ...objects[0]!, destinations: [] }] })).rejects.toThrow(
      'without destination',
    );
    expect((await database.pool.query('select 1 from caliper.object')).rows).toEqual([]);
  });
});
