import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { manyReports } from '../many-reports.js';
import { startBench, startVault, type DefectBench } from './bench.js';
import { isStore, startGate } from './gate.js';

const HOUR = 3_600_000;
const make = manyReports();
const filesOf = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => make(from + i).files).flat();

let bench: DefectBench;
beforeAll(async () => {
  bench = await startBench();
});
beforeEach(() => bench.empty());
afterAll(() => bench.close());

/** Most requests that fell into one second by the clock of the test. */
const busiestSecond = (times: readonly number[]): number =>
  Math.max(0, ...times.map((from) => times.filter((at) => at >= from && at < from + 1000).length));

test('d01-outage-72h-drains', async () => {
  const [early, late] = [filesOf(0, 3), filesOf(3, 5)];
  const source = bench.keep(await startVault(early));
  const target = bench.keep(await startVault());
  const gate = await startGate(target.url, bench.clock.now);
  const { port } = gate;
  await gate.close(); // from now on its port refuses every connection
  const pacs = bench.archive('pacs', source.url);
  const down = bench.archive('vault', gate.url, { budget: { requestsPerSecond: 2, megabytesPerSecond: 1 } });
  const world = bench.world([pacs], [down]);
  await bench.sweep(world);
  const began = bench.clock.now();
  await bench.live(world, 36 * HOUR);
  // what comes in meanwhile is read and segmented, and waits too
  for (const { bytes } of late) expect((await pacs.store(studyOf(bytes), [bytes])).kind).toBe('stored');
  await bench.sweep(world);
  await bench.live(world, 36 * HOUR);
  expect(bench.clock.now() - began).toBeGreaterThanOrEqual(72 * HOUR);
  expect(await bench.outcomes()).toEqual({ open: 5 });
  const { rows: states } = await bench.database.pool.query('select distinct state from caliper.run');
  expect(states).toEqual([{ state: 'waiting' }]);

  const again = bench.keep(await startGate(target.url, bench.clock.now, port));
  const back = bench.clock.now();
  await bench.live(world, 2 * HOUR);
  expect(await bench.outcomes()).toEqual({ stored: 5 });
  expect(target.segmentations()).toHaveLength(5);
  // the oldest first: by the numbers under which the reports were found
  const { rows: order } = await bench.database.pool.query<{ report: number }>(
    `select r.report from caliper.event e join caliper.run r on r.id = e.run where e.to_state = 'stored' order by e.id`,
  );
  const reports = order.map(({ report }) => report);
  expect(reports).toEqual([...reports].sort((a, b) => a - b));
  // noticed within one step of the test's clock, and not at the end of each one's own wait
  expect(again.requests.filter(isStore).every(({ at }) => at - back < HOUR / 2)).toBe(true);
  // the budget: two requests a second and one second's worth at once
  expect(busiestSecond(again.requests.map(({ at }) => at))).toBeLessThanOrEqual(5);
}, 180_000);

test('d10-token-expiry-and-revocation', async () => {
  const source = bench.keep(await startVault(filesOf(0, 6)));
  const [target, other] = [bench.keep(await startVault()), bench.keep(await startVault())];
  const gate = bench.keep(await startGate(target.url, bench.clock.now));
  const MINUTE = 60_000;
  let revoked: 'nothing' | 'storing' | 'everything' = 'nothing';
  let refusals = 0;
  gate.judge = (request) => {
    const [, until] = /^Bearer t(\d+)$/.exec(request.headers.authorization ?? '') ?? [];
    const refused =
      Number(until) < request.at || revoked === 'everything' || (revoked === 'storing' && isStore(request));
    if (refused) refusals += 1;
    return refused ? { status: 401 } : 'pass';
  };
  // a token lives for 5 s; whoever gives it notices that it is over only when it is asked again
  let token = { until: 0, asked: 0 };
  const credentials = {
    kind: 'bearer' as const,
    token: () => {
      const now = bench.clock.now();
      token = { ...token, asked: token.asked + 1 };
      if (token.asked > 1 && now > token.until) token = { until: Math.round(now) + 5_000, asked: 0 };
      return Promise.resolve(`t${token.until}`);
    },
  };
  const pacs = bench.archive('pacs', source.url);
  const guarded = bench.archive('vault', gate.url, {
    credentials,
    budget: { requestsPerSecond: 1, megabytesPerSecond: 1 },
  });
  const world = bench.world([pacs], [guarded, bench.archive('other', other.url)]);
  const states = async () => {
    const { rows } = await bench.database.pool.query<{ destination: string; state: string; count: number }>(
      'select destination, state, count(*)::integer as count from caliper.delivery group by 1, 2 order by 1, 2',
    );
    return rows.map(({ destination, state, count }) => `${destination} ${state} ${count}`);
  };
  // a run of a minute at one request a second: tokens end on the way, and nothing fails
  await bench.sweep(world);
  const began = bench.clock.now();
  await bench.live(world, 10 * MINUTE);
  expect(bench.clock.now() - began).toBeGreaterThan(30_000);
  expect(refusals).toBeGreaterThan(1);
  expect(await states()).toEqual(['other stored 6', 'vault stored 6']);

  for (const [what, from] of [
    ['storing', 6],
    ['everything', 9],
  ] as const) {
    for (const { bytes } of filesOf(from, from + 3)) await pacs.store(studyOf(bytes), [bytes]);
    revoked = what;
    const before = gate.requests.length;
    await bench.sweep(world);
    await bench.live(world, 10 * MINUTE);
    // others work; what is refused waits, and asks seldom
    if (what === 'storing') expect(await states()).toEqual(['other stored 9', 'vault stored 6', 'vault waiting 3']);
    expect(gate.requests.length - before).toBeLessThan(60);
    revoked = 'nothing';
    await bench.live(world, 2 * HOUR);
    expect(await states()).toEqual([`other stored ${from + 3}`, `vault stored ${from + 3}`]);
  }
  expect(await bench.outcomes()).toEqual({ stored: 12 });
}, 180_000);

/** (0020,000D) of a Part 10 file, read from its bytes. */
function studyOf(bytes: Uint8Array) {
  const buffer = Buffer.from(bytes);
  const at = buffer.indexOf(Buffer.from([0x20, 0x00, 0x0d, 0x00, 0x55, 0x49]));
  return buffer.toString('latin1', at + 8, at + 8 + buffer.readUInt16LE(at + 6)).replace(/\0$/, '') as never;
}
