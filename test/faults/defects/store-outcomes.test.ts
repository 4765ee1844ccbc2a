import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { manyReports } from '../many-reports.js';
import { startBench, startVault, type DefectBench } from './bench.js';
import { isStore, sopOf, startGate, storeResponse, type GateRequest, type Judgement } from './gate.js';

let bench: DefectBench;
beforeAll(async () => {
  bench = await startBench();
});
beforeEach(() => bench.empty());
afterAll(() => bench.close());

type Play = (request: GateRequest) => Judgement;

const failing =
  (status: number, reason: number): Play =>
  (request) =>
    storeResponse(status, [], [{ sop: sopOf(request), reason }]);
const plain =
  (status: number, headers: Record<string, string> = {}, body = ''): Play =>
  () => ({ status, headers, body });
/** The archive stores it, and says something else. */
const although =
  (play: Play): Play =>
  (request) => ({ after: play(request) as { status: number } });
const cut =
  (what: 'cut-before' | 'cut-after'): Play =>
  () =>
    what;

interface Row {
  readonly what: string;
  /** What is answered to the first stores of the object; the archive answers the rest. */
  readonly plays: readonly Play[];
  /** How the delivery ends. */
  readonly ends: string;
  readonly stores: number;
}

const ROWS: readonly Row[] = [
  { what: '200', plays: [], ends: 'stored', stores: 1 },
  {
    what: '202 with a warning that attributes were coerced',
    plays: [
      (request) => ({
        after: storeResponse(202, [{ ...sopOf(request), '00081196': { vr: 'US', Value: [0xb000] } }]),
      }),
    ],
    ends: 'stored',
    stores: 1,
  },
  { what: '202 with a failure (A700)', plays: [failing(202, 0xa700)], ends: 'stored', stores: 2 },
  { what: '200 with a failure (272)', plays: [failing(200, 272)], ends: 'stored', stores: 2 },
  { what: '204 although stored', plays: [although(plain(204))], ends: 'already-stored', stores: 1 },
  { what: '204, and nothing stored', plays: [plain(204)], ends: 'stored', stores: 2 },
  { what: '200 with an empty body', plays: [plain(200)], ends: 'stored', stores: 2 },
  { what: '200 with a login page', plays: [plain(200, {}, '<html>')], ends: 'stored', stores: 2 },
  {
    what: '200 that lists it, and nothing stored',
    plays: [(request) => storeResponse(200, [sopOf(request)])],
    ends: 'stored',
    stores: 2,
  },
  { what: '400 without a body', plays: [plain(400)], ends: 'stored', stores: 2 },
  { what: '400 although stored', plays: [although(plain(400))], ends: 'already-stored', stores: 1 },
  { what: '400 with empty lists', plays: [() => storeResponse(400, [], [])], ends: 'stored', stores: 2 },
  {
    what: '400 with a list of failures',
    plays: [failing(400, 0xa900)],
    ends: 'held: store-refused',
    stores: 1,
  },
  { what: '401', plays: [plain(401)], ends: 'stored', stores: 2 },
  { what: '403', plays: [plain(403)], ends: 'stored', stores: 2 },
  { what: '409, processing failure (272)', plays: [failing(409, 272)], ends: 'stored', stores: 2 },
  { what: '409, duplicate (273), and there', plays: [although(failing(409, 273))], ends: 'already-stored', stores: 1 },
  {
    what: '409, duplicate (273) again and again, and not there',
    plays: [failing(409, 273), failing(409, 273)],
    ends: 'stored',
    stores: 3,
  },
  { what: '409, class mismatch (43265)', plays: [failing(409, 43265)], ends: 'held: store-refused', stores: 1 },
  { what: '409, class not supported (290)', plays: [failing(409, 290)], ends: 'held: store-refused', stores: 1 },
  { what: '409, not authorised (292)', plays: [failing(409, 292)], ends: 'stored', stores: 2 },
  { what: '409, exists (45070), and there', plays: [although(failing(409, 45070))], ends: 'already-stored', stores: 1 },
  { what: '409, being created (45071)', plays: [failing(409, 45071)], ends: 'stored', stores: 2 },
  { what: '413', plays: [plain(413)], ends: 'held: store-refused', stores: 1 },
  { what: '415', plays: [plain(415)], ends: 'held: store-refused', stores: 1 },
  { what: '429 with Retry-After', plays: [plain(429, { 'retry-after': '120' })], ends: 'stored', stores: 2 },
  { what: '503', plays: [plain(503)], ends: 'stored', stores: 2 },
  { what: '500', plays: [plain(500)], ends: 'stored', stores: 2 },
  { what: '500 although stored', plays: [although(plain(500))], ends: 'already-stored', stores: 1 },
  { what: '502', plays: [plain(502)], ends: 'stored', stores: 2 },
  { what: '504 although stored', plays: [although(plain(504))], ends: 'already-stored', stores: 1 },
  { what: '507', plays: [plain(507)], ends: 'stored', stores: 2 },
  { what: 'connection lost before the archive had it', plays: [cut('cut-before')], ends: 'stored', stores: 2 },
  { what: 'connection lost after the body', plays: [cut('cut-after')], ends: 'already-stored', stores: 1 },
];

test('each answer to a store is judged by itself, and no item waits for another', async () => {
  const make = manyReports();
  const reports = ROWS.map((_, n) => make(n));
  const source = bench.keep(await startVault(reports.flatMap(({ files }) => files)));
  const target = bench.keep(await startVault());
  const gate = bench.keep(await startGate(target.url, bench.clock.now));
  const asked = new Map<string, GateRequest[]>();
  gate.judge = (request) => {
    if (!isStore(request)) return 'pass';
    const study = request.path.split('/').at(-1)!;
    const before = asked.get(study) ?? [];
    asked.set(study, [...before, request]);
    const row = ROWS[reports.findIndex(({ studyUID }) => studyUID === study)]!;
    return row.plays[before.length]?.(request) ?? 'pass';
  };
  const world = bench.world([bench.archive('pacs', source.url)], [bench.archive('vault', gate.url)]);
  await bench.sweep(world);
  await bench.live(world, 6 * 3_600_000);

  const { rows } = await bench.database.pool.query<{ study: string; ends: string; attempts: number }>(
    `select o.study_instance_uid as study, d.state || coalesce(': ' || d.reason, '') as ends, d.attempts
     from caliper.delivery d join caliper.object o on o.number = d.object`,
  );
  const became = new Map(rows.map((row) => [row.study, row.ends]));
  expect(
    ROWS.map(({ what }, n) => [what, became.get(reports[n]!.studyUID), asked.get(reports[n]!.studyUID)?.length]),
  ).toEqual(ROWS.map(({ what, ends, stores }) => [what, ends, stores]));
  // what is said to be stored is there, once; what is held is not
  expect(target.segmentations()).toHaveLength(ROWS.filter(({ ends }) => !ends.startsWith('held')).length);
  // patience that was asked for is had
  const [first, second] = asked.get(reports[ROWS.findIndex(({ what }) => what.startsWith('429'))]!.studyUID)!;
  expect(second!.at - first!.at).toBeGreaterThanOrEqual(120_000);
}, 180_000);

test('a destination that gives other identifiers is paused at the first object', async () => {
  const make = manyReports();
  const source = bench.keep(await startVault([make(0), make(1)].flatMap(({ files }) => files)));
  const gate = bench.keep(await startGate(bench.keep(await startVault()).url, bench.clock.now));
  gate.judge = (request) =>
    isStore(request) ? storeResponse(200, [{ ...sopOf(request), '00081155': { vr: 'UI', Value: ['1.2.3'] } }]) : 'pass';
  const world = bench.world([bench.archive('pacs', source.url)], [bench.archive('vault', gate.url)]);
  await bench.sweep(world);
  await bench.live(world, 3_600_000);
  expect(gate.requests.filter(isStore)).toHaveLength(1);
  expect(await bench.outcomes()).toEqual({ 'held: destination-renumbers': 1, open: 1 });
  expect((await world.ledger.roles()).find(({ name }) => name === 'vault')).toMatchObject({
    mode: 'paused',
    pausedReason: 'destination-renumbers',
  });
}, 60_000);
