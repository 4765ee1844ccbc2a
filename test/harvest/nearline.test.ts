import { afterAll, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openArchive, type Archive } from '../../src/dicomweb/index.js';
import { makePhantomStudy } from '../../src/phantom/index.js';
import { startGate, type Gate } from '../faults/defects/gate.js';
import { answering } from '../pipeline/instance-availability.js';
import { smallWorld, type SmallWorld } from '../pipeline/small-world.js';
import { harvestSmallWorld } from './harvest-small-world.js';

/** A harvest of an archive that has some of it on slow media: millions of studies are not fetched from tape for it. */
jest.setTimeout(240_000);

const scratch = mkdtempSync(join(tmpdir(), 'caliper-harvest-nearline-'));
const { files, truths, reportUID } = makePhantomStudy(1);
const [first] = truths;
let small: SmallWorld;
let gate: Gate;
let archive: Archive;
/** The small world, whose archive is asked through the gate. */
let gated: SmallWorld;

beforeAll(async () => {
  small = await smallWorld('shadow', {}, files);
  gate = await startGate(small.archive.url);
  archive = openArchive(
    {
      name: 'pacs',
      url: gate.url,
      credentials: { kind: 'none' },
      budget: { requestsPerSecond: 500, megabytesPerSecond: 500 },
      timeouts: { connect: 5_000, headers: 20_000, body: 20_000, whole: 60_000 },
      maximumAnswerBytes: 1 << 28,
    },
    { now: Date.now, sleep: (ms) => new Promise((done) => setTimeout(done, ms)) },
  );
  const source = small.world.sources.get('pacs')!;
  const sources = new Map([['pacs', { ...source, archive, images: [archive] }]]);
  gated = { ...small, world: { ...small.world, sources } };
});
afterAll(async () => {
  await archive?.close();
  await gate?.close();
  await small?.close();
  rmSync(scratch, { recursive: true, force: true });
});
/** How many requests there were before those that are looked at. */
let before = 0;
const fromHere = () => (before = gate.requests.length);
beforeEach(() => void fromHere());

const retrieves = (uid: string): number =>
  gate.requests.slice(before).filter(({ path }) => path.endsWith(`/instances/${uid}`)).length;
const searches = (): number => gate.requests.slice(before).filter(({ path }) => path.includes('/instances?')).length;
const labelsIn = (out: string): number => (existsSync(join(out, 'seeds')) ? readdirSync(join(out, 'seeds')).length : 0);
const funnelOf = (out: string): string => readFileSync(join(out, 'funnel.json'), 'utf8');

test('everything online: nothing is asked for that an archive without InstanceAvailability is not asked for', async () => {
  gate.judge = answering(undefined);
  const silent = await harvestSmallWorld(gated, scratch, 'silent', { contextMm: 5 });
  const asked = searches();
  fromHere();
  gate.judge = () => 'pass';
  const online = await harvestSmallWorld(gated, scratch, 'online', { contextMm: 5 });
  expect(labelsIn(online)).toBe(truths.length);
  expect(funnelOf(online)).toBe(funnelOf(silent));
  expect(searches()).toBe(asked);
});

test('an image that is nearline is not asked for: its lesions are lost by that name, unless the source says recall', async () => {
  gate.judge = answering({ [first!.imageUID]: 'NEARLINE' });
  const on = truths.filter(({ imageUID }) => imageUID === first!.imageUID).length;
  const spared = await harvestSmallWorld(gated, scratch, 'spared', { contextMm: 5 });
  expect(retrieves(first!.imageUID)).toBe(0);
  expect(labelsIn(spared)).toBe(truths.length - on);
  expect(funnelOf(spared)).toContain('nearline');
  const recalled = await harvestSmallWorld(gated, scratch, 'recalled', { contextMm: 5, nearline: 'recall' });
  expect(retrieves(first!.imageUID)).toBeGreaterThan(0);
  expect(labelsIn(recalled)).toBe(truths.length);
});

test('a report that is nearline is not asked for, and may be had another time', async () => {
  gate.judge = answering({ [reportUID]: 'OFFLINE' });
  const spared = await harvestSmallWorld(gated, scratch, 'offline', { retryable: 1 });
  expect(retrieves(reportUID)).toBe(0);
  expect(labelsIn(spared)).toBe(0);
  expect(funnelOf(spared)).toContain('nearline');
});
