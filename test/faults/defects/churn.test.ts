import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { World } from '../../../src/pipeline/index.js';
import { manyReports } from '../many-reports.js';
import { startBench, startVault, type DefectBench } from './bench.js';
import { startGate } from './gate.js';

const make = manyReports();
let bench: DefectBench;
beforeAll(async () => {
  bench = await startBench();
});
beforeEach(() => bench.empty());
afterAll(() => bench.close());

/** Twelve reports through a proxy that ends every connection after a few requests, by FIN or reset, before or after the archive had the request. */
async function through(seed: number, log: World['log']): Promise<readonly string[]> {
  await bench.empty();
  const source = bench.keep(await startVault(Array.from({ length: 12 }, (_, n) => make(n).files).flat()));
  const target = bench.keep(await startVault());
  const gate = bench.keep(await startGate(target.url, bench.clock.now));
  gate.judge = ({ n }) => {
    const drawn = (Math.imul(n + seed, 0x9e3779b1) >>> 8) % 10;
    return drawn === 0 ? 'cut-before' : drawn === 1 ? 'cut-after' : 'pass';
  };
  const world = { ...bench.world([bench.archive('pacs', source.url)], [bench.archive('vault', gate.url)]), log };
  await bench.sweep(world);
  await bench.live(world, 24 * 3_600_000);
  expect(target.segmentations()).toHaveLength(12);
  const { rows } = await bench.database.pool.query<{ what: string }>(
    `select p.sop_instance_uid || ' ' || m.outcome as what from caliper.measurement m
     join caliper.run r on r.id = m.run join caliper.report p on p.number = r.report order by 1`,
  );
  return rows.map(({ what }) => what);
}

test('d07-connection-churn-no-loss', async () => {
  const silent = await through(7, { event: () => undefined });
  expect(silent).toHaveLength(12);
  expect(silent.every((what) => / (already-)?stored$/.test(what))).toBe(true);
  // the same faults, told in full: what is logged decides nothing
  const told: string[] = [];
  expect(await through(7, { event: (name) => void told.push(name) })).toEqual(silent);
  expect(told.length).toBeGreaterThan(12);
}, 180_000);
