import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startOrthanc } from '../../environment/orthanc.js';
import { describeWith, orthanc } from '../../environment/peers.js';
import { manyReports } from '../many-reports.js';
import { startBench, startVault, type DefectBench } from './bench.js';
import { isStore, sopOf, startGate, storeResponse, type Gate, type GateRequest, type Judgement } from './gate.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const make = manyReports();
const some = (count: number) => Array.from({ length: count }, (_, n) => make(n));

let bench: DefectBench;
beforeAll(async () => {
  bench = await startBench();
});
beforeEach(() => bench.empty());
afterAll(() => bench.close());

test('d02-permanent-failure-bounded', async () => {
  const [report] = some(1);
  const source = bench.keep(await startVault(report!.files));
  const answers: Record<string, (request: GateRequest) => Judgement> = {
    'says-400': () => ({ status: 400 }),
    'says-400-with-failure': (request) => storeResponse(400, [], [{ sop: sopOf(request), reason: 0xc000 }]),
    'says-409': (request) => storeResponse(409, [], [{ sop: sopOf(request), reason: 43265 }]),
    'says-413': () => ({ status: 413 }),
    'says-415': () => ({ status: 415 }),
    'has-no-such-root': () => ({ status: 404 }),
  };
  const gates = new Map<string, Gate>();
  for (const [name, store] of Object.entries(answers)) {
    const gate = bench.keep(await startGate(undefined, bench.clock.now));
    gate.judge = (request) => (isStore(request) ? store(request) : { status: 404 });
    gates.set(name, gate);
  }
  const world = bench.world(
    [bench.archive('pacs', source.url)],
    [...gates].map(([name, gate]) => bench.archive(name, gate.url)),
  );
  await bench.sweep(world);
  await bench.live(world, 30 * DAY);
  const { rows } = await bench.database.pool.query<{ destination: string; ends: string }>(
    "select destination, state || ': ' || reason as ends from caliper.delivery",
  );
  expect(Object.fromEntries(rows.map(({ destination, ends }) => [destination, ends]))).toEqual({
    'says-400': 'dead: store-unclear',
    'says-400-with-failure': 'held: store-refused',
    'says-409': 'held: store-refused',
    'says-413': 'held: store-refused',
    'says-415': 'held: store-refused',
    'has-no-such-root': 'dead: archive-not-found',
  });
  const stores = Object.fromEntries([...gates].map(([name, gate]) => [name, gate.requests.filter(isStore).length]));
  expect(stores).toMatchObject({ 'says-400-with-failure': 1, 'says-409': 1, 'says-413': 1, 'says-415': 1 });
  expect(stores['has-no-such-root']).toBeLessThanOrEqual(177);
  expect(stores['says-400']).toBeLessThanOrEqual(2 * 177);
  // the tries last a week at least
  const last = gates.get('has-no-such-root')!.requests;
  expect(last.at(-1)!.at - last[0]!.at).toBeGreaterThan(7 * DAY);
}, 240_000);

interface Target {
  readonly url: string;
  segmentations(): Promise<readonly Uint8Array[]>;
  /** Puts other bytes in the place of the one segmentation that it holds. */
  replace(change: (bytes: Buffer) => Buffer): Promise<void>;
}

function onTarget(title: string, target: () => Promise<Target>): void {
  describe(title, () => {
    test('d03-partial-store-item-by-item', async () => {
      const reports = some(6);
      const source = bench.keep(await startVault(reports.flatMap(({ files }) => files)));
      const archive = await target();
      const gate = bench.keep(await startGate(archive.url, bench.clock.now));
      const first: readonly ((request: GateRequest) => Judgement)[] = [
        () => 'pass',
        (request) => storeResponse(202, [], [{ sop: sopOf(request), reason: 0xa700 }]),
        () => ({ status: 200 }),
        (request) => storeResponse(200, [sopOf(request)]),
        () => ({ status: 200, headers: { 'content-type': 'application/dicom+json' }, body: '{}' }),
        () => ({ after: { status: 204 } }),
      ];
      const seen = new Set<string>();
      gate.judge = (request) => {
        const study = request.path.split('/').at(-1)!;
        if (!isStore(request) || seen.has(study)) return 'pass';
        seen.add(study);
        return first[reports.findIndex(({ studyUID }) => studyUID === study)]!(request);
      };
      const world = bench.world([bench.archive('pacs', source.url)], [bench.archive('vault', gate.url)]);
      await bench.sweep(world);
      await bench.live(world, DAY);
      expect(await bench.outcomes()).toEqual({ stored: 5, 'already-stored': 1 });
      expect(await archive.segmentations()).toHaveLength(6);
      for (const { headers, body } of gate.requests.filter(isStore)) {
        expect(headers['content-length']).toBe(String(body.length));
        expect(headers['transfer-encoding']).toBeUndefined();
      }
    }, 120_000);

    test('d04-retry-same-identity', async () => {
      const source = bench.keep(await startVault(some(1)[0]!.files));
      const archive = await target();
      const gate = bench.keep(await startGate(archive.url, bench.clock.now));
      let cuts = 0;
      gate.judge = (request) => (isStore(request) && cuts++ === 0 ? 'cut-after' : 'pass');
      const run = async () => {
        const world = bench.world([bench.archive('pacs', source.url)], [bench.archive('vault', gate.url)]);
        await bench.sweep(world);
        await bench.live(world, HOUR);
        return bench.outcomes();
      };
      expect(await run()).toEqual({ 'already-stored': 1 });
      // the ledger is lost
      await bench.database.pool.query('truncate caliper.report, caliper.series_count restart identity cascade');
      expect(await run()).toEqual({ 'already-stored': 1 });
      expect(await archive.segmentations()).toHaveLength(1);
      expect(gate.requests.filter(isStore)).toHaveLength(1);
    }, 120_000);

    test('d09-same-uid-other-content', async () => {
      const source = bench.keep(await startVault(some(1)[0]!.files));
      const archive = await target();
      const gate = bench.keep(await startGate(archive.url, bench.clock.now));
      const run = async () => {
        await bench.database.pool.query('truncate caliper.report, caliper.series_count restart identity cascade');
        const world = bench.world([bench.archive('pacs', source.url)], [bench.archive('vault', gate.url)]);
        await bench.sweep(world);
        await bench.live(world, HOUR);
        return bench.outcomes();
      };
      expect(await run()).toEqual({ stored: 1 });
      await archive.replace((bytes) => {
        bytes[bytes.length - 20_000]! ^= 0xff;
        return bytes;
      });
      const there = Buffer.from((await archive.segmentations())[0]!);
      // found before the store
      expect(await run()).toEqual({ 'held: read-back-differs': 1 });
      // hidden from every look before the store: an archive that keeps the old object in silence is found out by reading back
      let stores = 0;
      gate.judge = (request) => {
        if (isStore(request)) stores += 1;
        if (stores > 0) return 'pass';
        if (/\/instances\/[\d.]+$/.test(request.path)) return { status: 404 };
        return request.method === 'GET'
          ? { status: 200, headers: { 'content-type': 'application/dicom+json' }, body: '[]' }
          : 'pass';
      };
      expect(await run()).toEqual({ 'held: read-back-differs': 1 });
      expect(stores).toBeGreaterThanOrEqual(1);
      const left = await archive.segmentations();
      expect(left).toHaveLength(1);
      expect(Buffer.from(left[0]!).equals(there)).toBe(true);
    }, 120_000);
  });
}

onTarget('the embedded archive', async () => {
  const vault = bench.keep(await startVault());
  return {
    url: vault.url,
    segmentations: () => Promise.resolve(vault.segmentations()),
    replace: (change) => {
      const name = readdirSync(vault.folder, { recursive: true, encoding: 'utf8' }).find((f) => f.endsWith('.dcm'))!;
      writeFileSync(join(vault.folder, name), change(readFileSync(join(vault.folder, name))));
      return Promise.resolve();
    },
  };
});

describeWith({ orthanc: orthanc() }, 'Orthanc', () => {
  let server: Awaited<ReturnType<typeof startOrthanc>>;
  beforeAll(async () => {
    server = await startOrthanc();
  });
  beforeEach(() => server.empty());
  afterAll(() => server.stop());
  onTarget('as the target', () =>
    Promise.resolve({
      url: server.url,
      segmentations: async () =>
        [...(await server.files()).values()].filter((bytes) =>
          Buffer.from(bytes).includes('1.2.840.10008.5.1.4.1.1.66.4'),
        ),
      replace: async (change) => {
        const [old] = [...(await server.files()).values()];
        await server.empty();
        await server.upload(change(Buffer.from(old!)));
      },
    }),
  );
});
