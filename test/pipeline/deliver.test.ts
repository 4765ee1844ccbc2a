import { afterEach, describe, expect, test } from '@jest/globals';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ReportNumber } from '../../src/ledger/index.js';
import type { World } from '../../src/pipeline/index.js';
import { smallWorld, type SmallWorld } from './small-world.js';

let small: SmallWorld | undefined;
afterEach(async () => {
  await small?.close();
  small = undefined;
});

const R1 = 1 as ReportNumber;
const run = async ({ world }: SmallWorld) => (await world.ledger.reportByNumber(R1))!.runs[0]!;
const outcomes = async (w: SmallWorld) => (await run(w)).measurements.map((m) => m.outcome);
const files = ({ folder }: SmallWorld) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((f) => f.endsWith('.dcm'));
const segOf = (w: SmallWorld) => files(w).find((f) => !/^\d-/.test(f));

describe('one object on its way to one destination', () => {
  test('live: looked for, stored, read back, compared; every step an event of the ledger', async () => {
    small = await smallWorld('live');
    await small.work();
    expect(await outcomes(small)).toEqual(['stored']);
    const [object] = (await run(small)).objects;
    expect(object!.bytesHeld).toBeUndefined(); // no pixel stays in the ledger
    const steps = (await run(small)).events.filter((e) => e.what === 'delivery').map((e) => e.to);
    expect(steps).toEqual(['due', 'looking', 'storing', 'confirming', 'stored']);
    expect(segOf(small)).toBeDefined();
  });

  test('shadow: everything but the store', async () => {
    small = await smallWorld('shadow');
    await small.work();
    expect(await outcomes(small)).toEqual(['would-store']);
    expect(segOf(small)).toBeUndefined();
  });

  test('reports first seen before storeFrom are accounted for, and stored when a person replays them', async () => {
    small = await smallWorld('live', { storeFrom: new Date(Date.now() + 3_600_000) });
    await small.work();
    expect(await outcomes(small)).toEqual(['would-store']);
    await small.world.ledger.reopen({ reports: [R1] }, small.world.digests, 'replay', 'test');
    await small.work();
    expect(await outcomes(small)).toEqual(['stored']);
  });

  test('an archive that cannot be read ends as stored-unconfirmed, never as stored', async () => {
    small = await smallWorld('live', { confirm: 'answer' });
    await small.work();
    expect(await outcomes(small)).toEqual(['stored-unconfirmed']);
  });

  test('an object of ours whose pixels are not those of its receipt is never taken for ours', async () => {
    small = await smallWorld('live');
    await small.work();
    const seg = join(small.folder, segOf(small)!);
    const bytes = readFileSync(seg);
    const changed = Buffer.from(bytes);
    changed[changed.length - 20_000] = changed[changed.length - 20_000]! ^ 0xff;
    writeFileSync(seg, changed);
    await small.world.ledger.reopen({ reports: [R1] }, small.world.digests, 'replay', 'test');
    await small.work();
    expect((await run(small)).measurements.map((m) => [m.outcome, m.reason])).toEqual([['held', 'read-back-differs']]);
    // nothing is stored beside it, and nothing over it
    expect(readFileSync(seg).equals(changed)).toBe(true);
    expect(files(small).filter((f) => !/^\d-/.test(f))).toHaveLength(1);
  });
});

describe('what nobody expects', () => {
  test('an error in a step is logged without its message, the run waits, and is done when it is tried again', async () => {
    small = await smallWorld('live');
    const { world } = small;
    let calls = 0;
    const failing: World = {
      ...world,
      kernels: {
        ...world.kernels,
        segment: (task) => {
          if (calls++ === 0) throw new Error('Phantom^Trunk was here');
          return world.kernels.segment(task);
        },
      },
    };
    await small.work(failing);
    const first = await run(small);
    expect([first.state, first.reason]).toEqual(['waiting', 'unexpected-error']);
    expect(JSON.stringify(small.events)).not.toContain('Phantom');
    expect(small.events.find((e) => e.name === 'report.failed')).toMatchObject({
      fields: { report: 'r-1', error: 'Error' },
    });
    await new Promise((done) => setTimeout(done, first.due.getTime() - Date.now() + 200));
    await small.work(failing);
    expect(await outcomes(small)).toEqual(['stored']);
  }, 60_000);
});
