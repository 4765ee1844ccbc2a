import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startCosegmentation, type Cosegmentation } from '../../src/compute/index.js';
import { asReadUid, SOP_CLASS, type SopInstanceUid } from '../../src/domain/index.js';
import type { Again, RunDigests } from '../../src/ledger/index.js';
import type { World } from '../../src/pipeline/index.js';
import { bundleAt } from '../compute/bundles.js';
import { REPORT } from './other-reports.js';
import { smallWorld, type SmallWorld } from './small-world.js';
import { countsOf, evidenceOf, ownAmong, descriptionsOf } from './told-objects.js';

let small: SmallWorld;
let network: Cosegmentation;
let world: World;

beforeAll(async () => {
  small = await smallWorld('live', { resultReport: true, rejectionNotes: 'allowed' });
  network = startCosegmentation(await bundleAt('models/default'), small.world.kernels);
  world = { ...small.world, networkOf: () => Promise.resolve(network) };
}, 60_000);
afterAll(async () => {
  await network.close();
  await small.close();
});

const digestsOf = (letter: string): RunDigests => ({ ...small.world.digests, methodDigest: letter.repeat(64) });

async function replay(digests: RunDigests, again?: Again) {
  const number = await world.ledger.findUid(asReadUid<SopInstanceUid>(REPORT));
  await world.ledger.reopen({ reports: [number!] }, digests, 'replay', 'test', again);
  await small.work(world);
  const run = (await world.ledger.reportByNumber(number!))!.runs[0]!;
  return run.measurements.map(({ outcome, method }) => [outcome, method]);
}
const objects = async () => ownAmong(await small.files());

test('another method: beside what is there, never twice, and in its place where that is asked for', async () => {
  await small.work(world);
  const first = await objects();
  const old = ['SEG', 'SR'].map((kind) => first.find((each) => each.kind === kind)!);

  const keep = { method: 'cosegmentation', earlier: 'keep' } as const;
  expect(await replay(digestsOf('n'), keep)).toEqual([['stored', 'cosegmentation']]);
  expect(countsOf(await small.files())).toEqual({ SEG: 2, SR: 2, KO: 0 });
  const drawn = (await objects()).find(({ kind, sop }) => kind === 'SEG' && sop !== old[0]!.sop)!;
  expect(JSON.stringify(drawn.dataSet)).toContain('method=cosegmentation');
  expect(descriptionsOf(drawn)[0]).not.toContain('replaces');

  // the same work, and the work of the rules: both are there
  expect(await replay(digestsOf('n'), keep)).toEqual([['already-stored', 'cosegmentation']]);
  expect(await replay(small.world.digests)).toEqual([['already-stored', 'grabcut']]);
  expect(await replay(digestsOf('g'), { method: 'grabcut', earlier: 'keep' })).toEqual([['already-stored', 'grabcut']]);
  expect(countsOf(await small.files())).toEqual({ SEG: 2, SR: 2, KO: 0 });

  const reject = { method: 'cosegmentation', earlier: 'reject' } as const;
  expect(await replay(digestsOf('r'), reject)).toEqual([['already-stored', 'cosegmentation']]);
  expect(countsOf(await small.files())).toEqual({ SEG: 2, SR: 2, KO: 1 });
  const note = (await objects()).find(({ kind }) => kind === 'KO')!;
  expect([...evidenceOf(note)].sort()).toEqual(old.map(({ sop }) => sop).sort());

  // what was rejected is not made again, by no way; what stands is left alone
  expect(await replay(digestsOf('r'), reject)).toEqual([['already-stored', 'cosegmentation']]);
  expect(await replay(digestsOf('h'), { method: 'grabcut', earlier: 'reject' })).toEqual([['skipped', 'grabcut']]);
  expect(await replay(small.world.digests)).toEqual([['already-stored', 'grabcut']]);
  expect(countsOf(await small.files())).toEqual({ SEG: 2, SR: 2, KO: 1 });
}, 180_000);

test('fractional: the probability of the network where it drew, a mask in its own object where it did not', async () => {
  const own = await smallWorld('live', { segmentation: 'fractional' });
  try {
    const rules = own.world.rules.map((rule) => ({ ...rule, method: 'cosegmentation' as const }));
    await own.work({ ...own.world, rules, network });
    const [seg] = ownAmong(await own.files());
    expect(seg).toMatchObject({
      sopClass: SOP_CLASS.Segmentation,
      dataSet: {
        SegmentationType: 'FRACTIONAL',
        SegmentationFractionalType: 'PROBABILITY',
        MaximumFractionalValue: 255,
      },
    });
    const pixels = new Uint8Array(([seg!.dataSet['PixelData']].flat() as ArrayBuffer[])[0]!);
    const between = pixels.filter((value) => value > 0 && value < 255).length;
    expect(between).toBeGreaterThan(100);
    // the lesion is where the probability is high: as many pixels as the contour of a binary object has
    const number = await own.world.ledger.findUid(asReadUid<SopInstanceUid>(REPORT));
    const [measurement] = (await own.world.ledger.reportByNumber(number!))!.runs[0]!.measurements;
    expect(measurement).toMatchObject({ outcome: 'stored', method: 'cosegmentation' });
    expect(pixels.filter((value) => value >= 128).length).toBeGreaterThan(50);
    await own.work({ ...own.world, rules, network });
    expect(countsOf(await own.files())).toEqual({ SEG: 1, SR: 0, KO: 0 });
  } finally {
    await own.close();
  }
  const without = await smallWorld('live', { segmentation: 'fractional' });
  try {
    await without.work();
    expect(ownAmong(await without.files())).toMatchObject([{ dataSet: { SegmentationType: 'BINARY' } }]);
  } finally {
    await without.close();
  }
}, 120_000);
