import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { asReadUid, type SopInstanceUid } from '../../src/domain/index.js';
import { withoutRecall, type Source, type World } from '../../src/pipeline/index.js';
import { makePhantomStudy } from '../../src/phantom/index.js';
import { startOrthanc } from '../environment/orthanc.js';
import { describeWith, orthanc } from '../environment/peers.js';
import { startBench, startVault, type DefectBench } from '../faults/defects/bench.js';
import { startGate, type Gate } from '../faults/defects/gate.js';
import { answering } from './instance-availability.js';
import { IMAGE, imageFile, REPORT, reportFile } from './other-reports.js';

let bench: DefectBench;
beforeAll(async () => {
  bench = await startBench();
}, 60_000);
afterEach(() => bench.empty());
afterAll(() => bench.close());

const FILES = [
  { name: 'image.dcm', bytes: imageFile },
  { name: 'report.dcm', bytes: reportFile },
];

interface Scene {
  readonly gate: Gate;
  readonly world: World;
}

/** A world whose images come from archives that are not made to recall any, the embedded one behind a gate first. */
async function scene(url: string, alter: (source: Source) => Partial<Source> = () => ({})): Promise<Scene> {
  const gate = bench.keep(await startGate(url));
  const archive = bench.archive('pacs', gate.url);
  const world = bench.world([archive], [archive]);
  const source = world.sources.get('pacs')!;
  const sparing = { ...source, images: source.images.map((images) => withoutRecall(images, bench.clock.now)) };
  return { gate, world: { ...world, sources: new Map([['pacs', { ...sparing, ...alter(sparing) }]]) } };
}

const embedded = async (alter?: (source: Source) => Partial<Source>) =>
  scene(bench.keep(await startVault(FILES)).url, alter);

const sweptAndWorked = async ({ world }: Scene): Promise<void> => {
  await bench.sweep(world);
  await bench.work(world);
};
const timePasses = () => bench.database.pool.query("update caliper.run set due = now() where state = 'waiting'");

async function runOf({ world }: Scene) {
  const number = await world.ledger.findUid(asReadUid<SopInstanceUid>(REPORT));
  return (await world.ledger.reportByNumber(number!))!.runs[0]!;
}
const retrieves = ({ gate }: Scene, uid: string): number =>
  gate.requests.filter(({ path }) => path.endsWith(`/instances/${uid}`)).length;
test.each(['NEARLINE', 'OFFLINE', 'UNAVAILABLE'])(
  'a report that is %s is not asked for until it is online',
  async (availability) => {
    const s = await embedded();
    s.gate.judge = answering({ [REPORT]: availability });
    await sweptAndWorked(s);
    expect(await runOf(s)).toMatchObject({ state: 'waiting', reason: 'nearline' });
    await timePasses();
    await bench.work(s.world);
    expect(await runOf(s)).toMatchObject({ state: 'waiting', reason: 'nearline' });
    expect(retrieves(s, REPORT)).toBe(0);
    s.gate.judge = () => 'pass';
    await timePasses();
    await bench.work(s.world);
    expect((await runOf(s)).measurements.map(({ outcome }) => outcome)).toEqual(['stored']);
    expect(retrieves(s, REPORT)).toBe(1);
  },
  60_000,
);

test('where the archive may recall, a report and its image are asked for', async () => {
  const s = await embedded((source) => ({ nearline: 'recall', images: [source.archive] }));
  s.gate.judge = answering({ [REPORT]: 'NEARLINE', [IMAGE]: 'NEARLINE' });
  await sweptAndWorked(s);
  expect((await runOf(s)).measurements.map(({ outcome }) => outcome)).toEqual(['stored']);
}, 60_000);

test('an image that is nearline is not asked for until it is online', async () => {
  const s = await embedded();
  s.gate.judge = answering({ [IMAGE]: 'NEARLINE' });
  await sweptAndWorked(s);
  expect(await runOf(s)).toMatchObject({ state: 'waiting', reason: 'nearline' });
  expect(retrieves(s, IMAGE)).toBe(0);
  s.gate.judge = () => 'pass';
  bench.clock.ahead += 60_000;
  await timePasses();
  await bench.work(s.world);
  expect((await runOf(s)).measurements.map(({ outcome }) => outcome)).toEqual(['stored']);
}, 60_000);

test('an image that is nearline in one archive is taken from another', async () => {
  const other = bench.archive('other', bench.keep(await startVault(FILES)).url);
  const s = await embedded((source) => ({ images: [...source.images, withoutRecall(other, bench.clock.now)] }));
  s.gate.judge = answering({ [IMAGE]: 'NEARLINE' });
  await sweptAndWorked(s);
  expect((await runOf(s)).measurements.map(({ outcome }) => outcome)).toEqual(['stored']);
  expect(retrieves(s, IMAGE)).toBe(0);
}, 60_000);

test('a report goes on with those of its images that are online after an hour', async () => {
  const { files, truths } = makePhantomStudy(1);
  const vault = bench.keep(await startVault(files));
  const s = await scene(vault.url);
  const nearline = truths[0]!.imageUID;
  s.gate.judge = answering({ [nearline]: 'NEARLINE' });
  await sweptAndWorked(s);
  expect(await bench.outcomes()).toEqual({ open: truths.length });
  await bench.live(s.world, 2 * 3_600_000);
  const on = truths.filter(({ imageUID }) => imageUID === nearline).length;
  expect(await bench.outcomes()).toMatchObject({ 'failed: nearline': on });
  const { stored } = await bench.outcomes();
  expect(stored).toBeGreaterThan(0);
  expect(retrieves(s, nearline)).toBe(0);
}, 60_000);

test('an image that is nowhere else is waited for as nearline', async () => {
  const empty = bench.archive('other', bench.keep(await startVault()).url);
  const s = await embedded((source) => ({ images: [...source.images, withoutRecall(empty, bench.clock.now)] }));
  s.gate.judge = answering({ [IMAGE]: 'OFFLINE' });
  await sweptAndWorked(s);
  expect(await runOf(s)).toMatchObject({ state: 'waiting', reason: 'nearline' });
}, 60_000);

test('what is online costs as many requests as without asking', async () => {
  const plain = await embedded((source) => ({ images: [source.archive] }));
  await sweptAndWorked(plain);
  const requests = plain.gate.requests.length;
  await bench.empty();
  const s = await embedded();
  await sweptAndWorked(s);
  expect((await runOf(s)).measurements.map(({ outcome }) => outcome)).toEqual(['stored']);
  expect(s.gate.requests).toHaveLength(requests);
}, 60_000);

test('an archive that does not say what is online is asked once', async () => {
  const s = await embedded();
  s.gate.judge = answering(undefined);
  await sweptAndWorked(s);
  const { report } = (await s.world.ledger.reportByNumber(
    (await s.world.ledger.findUid(asReadUid<SopInstanceUid>(REPORT)))!,
  ))!;
  await s.world.ledger.reopen({ reports: [report.number] }, s.world.digests, 'replay', 'test');
  bench.clock.ahead += 60_000;
  await bench.work(s.world);
  const image = s.gate.requests.filter(
    ({ path }) => path.includes('/instances?') && path.includes('InstanceAvailability'),
  );
  // the sweep's list of the report's series, and one for the image's
  expect(image).toHaveLength(2);
}, 60_000);

describeWith({ orthanc: orthanc() }, 'Orthanc, which does not say what is online', () => {
  test('gives its images', async () => {
    const server = bench.keep(await startOrthanc().then((o) => ({ ...o, close: () => o.stop() })));
    for (const { bytes } of FILES) await server.upload(bytes);
    const s = await scene(server.url);
    await sweptAndWorked(s);
    expect((await runOf(s)).measurements.map(({ outcome }) => outcome)).toEqual(['stored']);
  }, 60_000);
});
