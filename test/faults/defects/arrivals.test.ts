import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { jobsDue } from '../../../src/pipeline/daemon.js';
import { layersOf, searchLayer, type WatchPlan } from '../../../src/pipeline/watch.js';
import { filesOf, type Natural } from '../../pipeline/altered-phantom.js';
import { startBench, startVault, type DefectBench } from './bench.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

let bench: DefectBench;
beforeAll(async () => {
  bench = await startBench();
});
beforeEach(() => bench.empty());
afterAll(() => bench.close());

interface Arrival {
  readonly what: string;
  /** When it arrives: hours after the test's time began. */
  readonly at: number;
  /** Study date of the images, as they are in the archive. */
  readonly studyDate: string;
  /** Study date that the report itself carries. */
  readonly inReport?: string;
  /** Series and study of an arrival before, with a report of its own. */
  readonly beside?: { readonly number: number; readonly series: 'same' | 'another' };
  /** Must be found within so many hours. */
  readonly within: number;
}

/** Every way in which a report comes at another time than its study date says, in an archive of a zone. */
async function allFound(zone: string, began: string, arrivals: readonly Arrival[]): Promise<void> {
  bench.clock.ahead = Date.parse(began) - Date.now();
  const vault = bench.keep(await startVault());
  const archive = bench.archive('pacs', vault.url);
  const world = bench.world([archive], [archive]);
  const plan: WatchPlan = {
    source: 'pacs',
    timeZone: zone,
    layers: [
      { days: 2, everyMs: HOUR / 2 },
      { days: 14, everyMs: 3 * HOUR },
      { days: 180, everyMs: DAY },
    ],
    carriers: [],
    since: '20250101',
    quietHours: undefined,
  };
  const start = bench.clock.now();
  const dueAt = new Map<string, number>();
  const put = arrivals.map(() => false);
  const foundAfter: (number | undefined)[] = arrivals.map(() => undefined);
  let tail = 0;
  while (bench.clock.now() - start < 30 * HOUR) {
    const hours = (bench.clock.now() - start) / HOUR;
    for (const [i, arrival] of arrivals.entries())
      if (!put[i] && hours >= arrival.at) {
        put[i] = true;
        for (const { bytes, study } of filesOfArrival(arrival, i)) await archive.store(study as never, [bytes]);
      }
    for (const job of jobsDue([plan], dueAt, bench.clock.now())) {
      const { windows, tail: months } = layersOf(plan, bench.clock.now());
      const layer = job.endsWith('/tail') ? months[tail++ % months.length]! : windows[Number(job.split('/')[1])]!;
      await searchLayer(world.sources.get('pacs')!, layer, 'today', world);
    }
    for (const [i, arrival] of arrivals.entries())
      if (put[i] && foundAfter[i] === undefined && (await world.ledger.findUid(reportUid(i) as never)) !== undefined)
        foundAfter[i] = hours - arrival.at;
    bench.clock.ahead += HOUR / 2;
  }
  expect(
    arrivals.map(({ what, within }, i) => [what, foundAfter[i] !== undefined && foundAfter[i] <= within + 0.5]),
  ).toEqual(arrivals.map(({ what }) => [what, true]));
}

const reportUid = (i: number): string => `2.25.${1000 + 100 + i}.5`;

function filesOfArrival({ studyDate, inReport, beside }: Arrival, i: number): { bytes: Uint8Array; study: string }[] {
  const root = `2.25.${1000 + 100 + (beside?.number ?? i)}`;
  const files = filesOf(
    {
      name: '',
      reason: '',
      image: (image) => Object.assign(image, { StudyDate: studyDate }),
      report: (report: Natural) => {
        Object.assign(report, { StudyDate: inReport ?? studyDate, StudyInstanceUID: `${root}.1` });
        if (beside) Object.assign(report, { PatientID: `P${100 + beside.number}` });
        if (beside?.series === 'same') Object.assign(report, { SeriesInstanceUID: `${root}.4` });
        if (inReport === '') for (const tag of ['SeriesDate', 'ContentDate', 'ContentTime']) delete report[tag];
      },
    },
    100 + i,
  );
  return files
    .filter(({ name }) => !beside || name.endsWith('report.dcm'))
    .map(({ bytes }) => ({ bytes, study: `${root}.1` }));
}

test('d14-late-arrivals-and-zones', async () => {
  // the night in which summer time ends in Berlin: 03:00 is 02:00 again at 01:00 UTC
  await allFound('Europe/Berlin', '2026-10-24T12:00:00Z', [
    { what: 'of today', at: 0, studyDate: '20261024', within: 0.5 },
    { what: 'half an hour before midnight there', at: 9.5, studyDate: '20261024', within: 0.5 },
    { what: 'half an hour after midnight there', at: 10.5, studyDate: '20261025', within: 0.5 },
    { what: 'in the hour that comes twice', at: 13, studyDate: '20261025', within: 0.5 },
    { what: 'of yesterday, when today has begun', at: 14, studyDate: '20261024', within: 0.5 },
    { what: 'ten days late', at: 3, studyDate: '20261014', within: 3 },
    { what: 'a hundred days late', at: 2, studyDate: '20260716', within: 24 },
    { what: 'more than a year late', at: 1, studyDate: '20250820', within: 20 },
    {
      what: 'another report in a study that was seen',
      at: 5,
      studyDate: '20261024',
      beside: { number: 0, series: 'another' },
      within: 0.5,
    },
    {
      what: 'another report in a series that was seen',
      at: 6,
      studyDate: '20261024',
      beside: { number: 0, series: 'same' },
      within: 0.5,
    },
    {
      what: 'without any date of its own, in a study with one',
      at: 7,
      studyDate: '20261024',
      inReport: '',
      within: 0.5,
    },
  ]);
  await bench.empty();
  // thirteen hours ahead of the gateway: its today is our tomorrow
  await allFound('Pacific/Auckland', '2026-11-24T11:30:00Z', [
    { what: 'of its today, which is our tomorrow', at: 0, studyDate: '20261125', within: 0.5 },
    { what: 'of its yesterday', at: 1, studyDate: '20261124', within: 0.5 },
    { what: 'of a clock that is a day slow', at: 2, studyDate: '20261123', within: 3 },
    { what: 'of a clock that is a day fast', at: 3, studyDate: '20261126', within: 24 },
  ]);
}, 240_000);
