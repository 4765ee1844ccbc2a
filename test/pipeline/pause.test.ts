import { afterEach, expect, test } from '@jest/globals';
import type { ReportNumber } from '../../src/ledger/index.js';
import { smallWorld, type SmallWorld } from './small-world.js';

let small: SmallWorld | undefined;
afterEach(async () => {
  await small?.close();
  small = undefined;
});

const R1 = 1 as ReportNumber;
const run = async ({ world }: SmallWorld) => (await world.ledger.reportByNumber(R1))?.runs[0];

test('a paused source is not asked at all; resumed, it is swept as before', async () => {
  small = await smallWorld('live');
  const { ledger } = small.world;
  await ledger.pauseRole('source', 'pacs', 'by test');
  await small.work();
  expect((await ledger.status()).reports).toBe(0);
  await ledger.resumeRole('source', 'pacs');
  await small.work();
  expect((await run(small))?.measurements.map((m) => m.outcome)).toEqual(['stored']);
});

test('a report that was found before its source was paused waits, and goes on at once when it is resumed', async () => {
  small = await smallWorld('live');
  const { ledger } = small.world;
  await ledger.pauseRole('destination', 'pacs', 'by test');
  await small.work();
  expect(await run(small)).toMatchObject({ state: 'waiting', reason: 'destination-paused' });
  await ledger.resumeRole('destination', 'pacs');
  await ledger.pauseRole('source', 'pacs', 'by test');
  await ledger.reopen({}, { ...small.world.digests, methodDigest: 'other' }, 'replay', 'test');
  await small.work();
  await ledger.resumeRole('source', 'pacs');
  await small.work();
  expect((await run(small))?.measurements.map((m) => m.outcome)).toEqual(['stored']);
});

test('a replay while the source is paused waits with the reason', async () => {
  small = await smallWorld('live');
  const { ledger } = small.world;
  await small.work();
  await ledger.pauseRole('source', 'pacs', 'by test');
  await ledger.reopen({ reports: [R1] }, small.world.digests, 'replay', 'test');
  await small.work();
  expect(await run(small)).toMatchObject({ state: 'waiting', reason: 'source-paused' });
  await ledger.resumeRole('source', 'pacs');
  await small.work();
  expect((await run(small))?.measurements.map((m) => m.outcome)).toEqual(['already-stored']);
});
