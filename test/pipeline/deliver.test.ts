import { afterEach, describe, expect, test } from '@jest/globals';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Archive } from '../../src/dicomweb/index.js';
import { fail, ok, TAG, type DataSet } from '../../src/domain/index.js';
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

  test('canary: a share of the reports is stored, the same ones every time; the others are when a person replays them', async () => {
    small = await smallWorld('live', { canary: 0.3 }); // the report's UID hashes to 0.31…
    await small.work();
    expect(await outcomes(small)).toEqual(['would-store']);
    await small.world.ledger.reopen({ reports: [R1] }, small.world.digests, 'replay', 'test');
    await small.work();
    expect(await outcomes(small)).toEqual(['stored']);
    await small.close();
    small = await smallWorld('live', { canary: 0.9 });
    await small.work();
    expect(await outcomes(small)).toEqual(['stored']);
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

describe('an object that is there before the store', () => {
  /** An archive that gives another patient to what it stores, and does not say that it stored it. */
  const coercing = (archive: Archive, saysOfStudy: (row: DataSet) => DataSet): Archive => ({
    ...archive,
    store: async (study, objects) => {
      await archive.store(study, objects.map(ofAnotherPatient));
      return { kind: 'unclear', problem: { code: 'store-unclear' } };
    },
    search: async (level, query, options) => {
      const rows = await archive.search(level, query, options);
      return rows.ok && level === 'studies' ? ok(rows.value.map(saysOfStudy)) : rows;
    },
  });
  const through = ({ world }: SmallWorld, archive: Archive): World => {
    const pacs = world.destinations.get('pacs')!;
    return { ...world, destinations: new Map([['pacs', { ...pacs, archive }]]) };
  };
  const ends = async (w: SmallWorld) => (await run(w)).measurements.map((m) => [m.outcome, m.reason]);

  test('of another patient than the archive says of its study: held, and sent no more', async () => {
    small = await smallWorld('live');
    const archive = coercing(small.world.destinations.get('pacs')!.archive, (row) => row);
    await small.work(through(small, archive));
    expect(await ends(small)).toEqual([['held', 'read-back-identity-differs']]);
    const steps = (await run(small)).events.filter((e) => e.what === 'delivery').map((e) => e.to);
    expect(steps).toEqual(['due', 'looking', 'storing', 'looking', 'held']);
  });

  test('of the patient that the archive now says of its study: it is ours', async () => {
    small = await smallWorld('live');
    const archive = coercing(small.world.destinations.get('pacs')!.archive, merged);
    await small.work(through(small, archive));
    expect(await ends(small)).toEqual([['already-stored', undefined]]);
  });

  test('of another patient, where the archive does not answer of which patient its study is: tried again later', async () => {
    small = await smallWorld('live');
    const inner = coercing(small.world.destinations.get('pacs')!.archive, (row) => row);
    const archive: Archive = {
      ...inner,
      search: (level, query, options) =>
        level === 'studies' ? Promise.resolve(fail({ code: 'archive-busy' })) : inner.search(level, query, options),
    };
    await small.work(through(small, archive));
    expect(await run(small)).toMatchObject({ state: 'waiting', reason: 'archive-busy' });
  });
});

describe('several destinations', () => {
  /** An archive that has nothing and stores nothing. */
  const empty = (archive: Archive, stores: string[]): Archive => ({
    ...archive,
    name: 'other',
    search: () => Promise.resolve(ok([])),
    retrieve: () => Promise.resolve(fail({ code: 'image-gone' })),
    store: (study) => {
      stores.push(study);
      return Promise.resolve({ kind: 'busy', retryAfter: undefined });
    },
  });
  const withOther = async ({ world }: SmallWorld, stores: string[]): Promise<World> => {
    await world.ledger.registerRole('destination', 'other', 'live');
    const pacs = world.destinations.get('pacs')!;
    const other = { ...pacs, name: 'other', archive: empty(pacs.archive, stores), requireStudy: false };
    return {
      ...world,
      rules: world.rules.map((rule) => ({ ...rule, storeTo: ['pacs', 'other'] })),
      destinations: new Map([
        ['pacs', pacs],
        ['other', other],
      ]),
    };
  };
  const again = async (w: SmallWorld, world: World) => {
    await world.ledger.reopen({ reports: [R1] }, world.digests, 'replay', 'test');
    await w.work(world);
  };

  test('a lesion that one of them holds damaged is held: nothing more of it is stored anywhere', async () => {
    small = await smallWorld('live');
    await small.work();
    const seg = join(small.folder, segOf(small)!);
    const changed = Buffer.from(readFileSync(seg));
    changed[changed.length - 20_000] = changed[changed.length - 20_000]! ^ 0xff;
    writeFileSync(seg, changed);
    const stores: string[] = [];
    await again(small, await withOther(small, stores));
    expect((await run(small)).measurements.map((m) => [m.outcome, m.reason])).toEqual([['held', 'read-back-differs']]);
    expect(stores).toEqual([]);
  });

  /** An archive that does not answer, until it is back. */
  const away = (archive: Archive, is: { away: boolean }): Archive => {
    const problem = { code: 'archive-unreachable' } as const;
    return {
      ...archive,
      name: 'other',
      search: (...asked) => (is.away ? Promise.resolve(fail(problem)) : archive.search(...asked)),
      retrieve: (...asked) => (is.away ? Promise.resolve(fail(problem)) : archive.retrieve(...asked)),
      store: (...sent) => (is.away ? Promise.resolve({ kind: 'failed', problem }) : archive.store(...sent)),
    };
  };
  const withAway = async (w: SmallWorld, second: SmallWorld, is: { away: boolean }): Promise<World> => {
    const world = await withOther(w, []);
    const other = world.destinations.get('other')!;
    const archive = away(second.world.destinations.get('pacs')!.archive, is);
    return { ...world, destinations: new Map([...world.destinations, ['other', { ...other, archive }]]) };
  };
  const waitedFor = async (w: SmallWorld, world: World) => {
    const { due } = await run(w);
    await world.ledger.archiveAnswers('other');
    expect(due.getTime()).toBeGreaterThan(0);
    await w.work(world);
  };

  test('one that is away does not hold up the other, and is stored to when it is back', async () => {
    small = await smallWorld('live');
    const second = await smallWorld('shadow');
    try {
      const is = { away: true };
      const world = await withAway(small, second, is);
      await small.work(world);
      expect(segOf(small)).toBeDefined();
      expect(await run(small)).toMatchObject({ state: 'waiting', reason: 'archive-unreachable' });
      expect(segOf(second)).toBeUndefined();
      is.away = false;
      await waitedFor(small, world);
      expect(await outcomes(small)).toEqual(['stored']);
      expect((await run(small)).objects[0]!.deliveries.map((d) => [d.destination, d.state])).toEqual([
        ['other', 'stored'],
        ['pacs', 'stored'],
      ]);
      expect(files(second).filter((f) => f.includes((segOf(small!) ?? '').split('/').at(-1)!))).toHaveLength(1);
    } finally {
      await second.close();
    }
  }, 60_000);

  test('one that has a contour of other work when it is back gets no second one', async () => {
    small = await smallWorld('live');
    const second = await smallWorld('live');
    try {
      // another installation, with another method, drew the same lesion there
      const rules = second.world.rules.map((rule) => ({ ...rule, method: 'superellipse' as const }));
      await second.work({ ...second.world, rules });
      const before = files(second);
      expect(segOf(second)).toBeDefined();
      const is = { away: true };
      const world = await withAway(small, second, is);
      await small.work(world);
      is.away = false;
      await waitedFor(small, world);
      expect(files(second)).toEqual(before);
      expect((await run(small)).objects[0]!.deliveries.map((d) => [d.destination, d.state, d.reason])).toEqual([
        ['other', 'refused', 'contour-of-other-work'],
        ['pacs', 'stored', undefined],
      ]);
      expect((await run(small)).measurements.map((m) => [m.outcome, m.reason])).toEqual([
        ['skipped', 'contour-of-other-work'],
      ]);
    } finally {
      await second.close();
    }
  }, 60_000);

  test('a lesion that one of them holds whole goes to the other', async () => {
    small = await smallWorld('live');
    await small.work();
    const stores: string[] = [];
    await again(small, await withOther(small, stores));
    expect(stores).toEqual(['2.25.1001.1']);
    expect(await run(small)).toMatchObject({ state: 'waiting', reason: 'archive-busy' });
  });
});

/** Patient P1 becomes P2, in the bytes of a file with explicit little endian. */
function ofAnotherPatient(bytes: Uint8Array): Uint8Array {
  const changed = Buffer.from(bytes);
  const at = changed.indexOf(Buffer.from([0x10, 0, 0x20, 0, 0x4c, 0x4f, 2, 0, 0x50, 0x31]));
  expect(at).toBeGreaterThan(0);
  changed[at + 9] = 0x32;
  return changed;
}

/** A row of a search whose patient was merged into another. */
const merged = (row: DataSet): DataSet => ({
  has: (tag) => row.has(tag),
  vr: (tag) => row.vr(tag),
  text: (tag) => (tag === TAG.PatientID ? 'P2' : row.text(tag)),
  texts: (tag) => (tag === TAG.PatientID ? ['P2'] : row.texts(tag)),
  number: (tag) => row.number(tag),
  numbers: (tag) => row.numbers(tag),
  items: (tag) => row.items(tag),
  bytes: (tag) => row.bytes(tag),
  tags: () => row.tags(),
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
