import { afterEach, expect, test } from '@jest/globals';
import type { ReportNumber } from '../../src/ledger/index.js';
import type { World } from '../../src/pipeline/index.js';
import { makePhantomStudy } from '../../src/phantom/index.js';
import type { Natural } from './altered-phantom.js';
import { list } from './other-reports.js';
import { smallWorld, type SmallWorld } from './small-world.js';
import { evidenceOf, ownAmong, type Told } from './told-objects.js';

let small: SmallWorld | undefined;
afterEach(async () => {
  await small?.close();
});

const trackingUIDs = ({ dataSet }: Told): readonly string[] =>
  list(dataSet['SegmentSequence']).map((segment: Natural) => String(segment['TrackingUID']));
const HOUR = 3_600_000;

test('a lesion that is accepted later, or completed by its image, goes into a further object in a series of its own; no object is changed', async () => {
  const { files, truths } = makePhantomStudy(1);
  const isImage = (bytes: Uint8Array) => Buffer.from(bytes).includes(truths[0]!.imageUID);
  const late = files.find(({ name, bytes }) => name.startsWith('ct/') && isImage(bytes))!;
  small = await smallWorld(
    'live',
    { resultReport: true },
    files.filter((file) => file !== late),
  );
  // old enough to go on with the images that are there
  const old: World = { ...small.world, now: () => Date.now() + 2 * HOUR };
  const holding = (holdBelowAgreement: number | 'auto'): World => ({
    ...old,
    rules: old.rules.map((rule) => ({ ...rule, holdBelowAgreement })),
  });
  const outcomes = async () => {
    const lines = await small!.world.ledger.recentReports({ limit: 50 });
    const stories = await Promise.all(lines.map(({ number }) => small!.world.ledger.reportByNumber(number)));
    const of = stories.find((story) => (story?.runs[0]?.measurements.length ?? 0) > 0)!;
    return { number: of.report.number, measurements: of.runs[0]!.measurements };
  };
  const replay = async (number: ReportNumber, world: World) => {
    await world.ledger.reopen({ reports: [number] }, world.digests, 'replay', 'test');
    await small!.work(world);
  };

  // seen first in a shadow, so that it is known which lesions re-measure better than the others
  await small.world.ledger.registerRole('destination', 'pacs', 'shadow');
  await small.work(holding('auto'));
  const agreements = (await outcomes()).measurements.flatMap(({ agreement }) => agreement ?? []).sort((x, y) => x - y);
  const middle = (agreements[2]! + agreements[3]!) / 2;
  await small.world.ledger.registerRole('destination', 'pacs', 'live');
  await replay((await outcomes()).number, holding(middle));
  const first = await outcomes();
  const kinds = first.measurements.map((m) => m.outcome);
  expect(new Set(kinds)).toEqual(new Set(['stored', 'held', 'failed']));
  const [a] = segmentations(await own());

  await replay(first.number, holding('auto'));
  const second = segmentations(await own());
  const b = second.find(({ sop }) => sop !== a!.sop)!;
  expect(second).toHaveLength(2);
  expect((await outcomes()).measurements.map((m) => m.outcome).sort()).toEqual(
    kinds.map((kind) => (kind === 'stored' ? 'already-stored' : kind === 'held' ? 'stored' : kind)).sort(),
  );

  const archive = small.world.sources.get('pacs')!.archive;
  const place = String(a!.dataSet['StudyInstanceUID']) as Parameters<typeof archive.store>[0];
  expect((await archive.store(place, [late.bytes])).kind).toBe('stored');
  await replay(first.number, holding('auto'));
  const third = segmentations(await own());
  const c = third.find(({ sop }) => sop !== a!.sop && sop !== b.sop)!;
  expect(third).toHaveLength(3);
  expect(trackingUIDs(c)).toHaveLength(kinds.filter((kind) => kind === 'failed').length);

  // every lesion once, every object in its series, the earlier ones byte for byte what they were
  const all = [a!, b, c];
  expect(new Set(all.flatMap(trackingUIDs)).size).toBe(first.measurements.length);
  expect(all.flatMap(trackingUIDs)).toHaveLength(first.measurements.length);
  expect(new Set(all.map(({ series }) => series)).size).toBe(3);
  for (const before of [a!, b])
    expect(Buffer.compare(third.find(({ sop }) => sop === before.sop)!.bytes, before.bytes)).toBe(0);
  // and each has the result report that tells of it alone
  const reports = (await own()).filter(({ kind }) => kind === 'SR');
  const tellsOf = reports.map((report) =>
    all.filter(({ sop }) => evidenceOf(report).includes(sop)).map(({ sop }) => sop),
  );
  expect(tellsOf.flat().sort()).toEqual(all.map(({ sop }) => sop).sort());
  expect(tellsOf.every((of) => of.length === 1)).toBe(true);

  // nothing is left to be done
  await replay(first.number, holding('auto'));
  expect(await own()).toHaveLength(6);
}, 180_000);

const own = async (): Promise<readonly Told[]> => ownAmong(await small!.files());
const segmentations = (told: readonly Told[]) => told.filter(({ kind }) => kind === 'SEG');
