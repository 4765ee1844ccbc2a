import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Archive } from '../../src/dicomweb/index.js';
import { asReadUid, SOP_CLASS, type SopInstanceUid } from '../../src/domain/index.js';
import type { World } from '../../src/pipeline/index.js';
import { describeWith, orthanc, python } from '../environment/peers.js';
import { amends, otherMarks, REPORT, reportAs, reportFile, STUDY } from './other-reports.js';
import { onTables } from './beside-daemon.js';
import { smallWorld, type SmallWorld } from './small-world.js';
import { countsOf, descriptionsOf, evidenceOf, ownAmong, predecessorsOf, titleOf, type Told } from './told-objects.js';

const AMENDMENT = '2.25.1001.61';
const ALL = { resultReport: true, rejectionNotes: 'allowed' } as const;

let small: SmallWorld | undefined;
afterEach(async () => {
  await small?.close();
  small = undefined;
});

const store = async ({ world }: SmallWorld, ...objects: readonly Uint8Array[]): Promise<void> => {
  for (const object of objects)
    expect((await world.sources.get('pacs')!.archive.store(STUDY, [object])).kind).toBe('stored');
};
const storyOf = async ({ world: { ledger } }: SmallWorld, uid: string) =>
  (await ledger.reportByNumber((await ledger.findUid(asReadUid<SopInstanceUid>(uid)))!))!;
const endOf = async (of: SmallWorld, uid: string) => {
  const run = (await storyOf(of, uid)).runs[0]!;
  return { state: run.state, reason: run.reason, measurements: run.measurements.map((m) => [m.outcome, m.reason]) };
};
const replay = async (of: SmallWorld, world: World = of.world) => {
  const { number } = (await storyOf(of, REPORT)).report;
  await world.ledger.reopen({ reports: [number] }, world.digests, 'replay', 'test');
  await of.work(world);
};
/** What was confirmed, in its order. */
const confirmed = ({ events }: SmallWorld) =>
  events.filter((e) => e.name === 'object.stored').map((e) => (e.fields as { kind: string }).kind);
const bySop = (told: readonly Told[], kind: Told['kind']) => told.filter((each) => each.kind === kind);
const other = (told: readonly Told[], kind: Told['kind'], first: Told) =>
  bySop(told, kind).find(({ sop }) => sop !== first.sop)!;
/** The files of another archive as those of a new one; the ledger is a new one too. */
const filed = (files: readonly Uint8Array[]) => files.map((bytes, i) => ({ name: `${i}.dcm`, bytes }));
const isNote = (bytes: Uint8Array) => Buffer.from(bytes).includes(SOP_CLASS.KeyObjectSelection);

async function amendedOnce(kind: 'embedded' | 'orthanc') {
  small = await smallWorld('live', ALL, undefined, kind);
  await small.work();
  expect(countsOf(await small.files())).toEqual({ SEG: 1, SR: 1, KO: 0 });
  const first = ownAmong(await small.files());
  const [seg] = bySop(first, 'SEG');
  const [report] = bySop(first, 'SR');
  expect(evidenceOf(report!)).toEqual(expect.arrayContaining([seg!.sop, REPORT]));
  expect(report!.series).not.toBe(seg!.series);
  expect(confirmed(small)).toEqual(['segmentation', 'result-report']);
  expect(await endOf(small, REPORT)).toEqual({
    state: 'done',
    reason: undefined,
    measurements: [['stored', undefined]],
  });
  // what we wrote comes back from the source and ends as ours
  await small.work();
  expect(await endOf(small, report!.sop)).toMatchObject({ state: 'refused', reason: 'own-object' });

  await store(
    small,
    reportAs(AMENDMENT, (amendment) => {
      amends(amendment);
      otherMarks(amendment);
    }),
  );
  await small.work();
  return { world: small, seg: seg!, report: report! };
}

describe.each(['embedded', 'orthanc'] as const)('a report, its amendment and what we store for them: %s', (kind) => {
  describeWith(kind === 'orthanc' ? { orthanc: orthanc() } : {}, 'once each', () => {
    test('the result report follows its segmentation; the amendment replaces both and rejects them by one note', async () => {
      const { world, seg, report } = await amendedOnce(kind);
      const files = await world.files();
      expect(countsOf(files)).toEqual({ SEG: 2, SR: 2, KO: 1 });
      const told = ownAmong(files);
      const [note] = bySop(told, 'KO');
      const [newSeg, newReport] = [other(told, 'SEG', seg), other(told, 'SR', report)];
      expect(descriptionsOf(newSeg)[0]).toContain(`replaces segment 1 of ${seg.sop}`);
      expect(predecessorsOf(newReport)).toEqual([report.sop]);
      expect(evidenceOf(newReport)).toEqual(expect.arrayContaining([newSeg.sop, AMENDMENT]));
      expect(titleOf(note!)).toBe('113001');
      expect([...evidenceOf(note!)].sort()).toEqual([seg.sop, report.sop].sort());
      expect(JSON.stringify(note!.dataSet['ContentSequence'])).toContain(`see ${newSeg.sop}`);
      expect(new Set(told.map(({ series }) => series)).size).toBe(5);
      expect(confirmed(world)).toEqual([
        'segmentation',
        'result-report',
        'segmentation',
        'result-report',
        'rejection-note',
      ]);
      expect(await endOf(world, REPORT)).toEqual({
        state: 'refused',
        reason: 'superseded',
        measurements: [['stored', undefined]],
      });
      expect(await world.world.ledger.outdatedObjects()).toEqual([]);

      // and no more, however often it is looked at
      await world.work();
      await replay(world);
      expect(countsOf(await world.files())).toEqual({ SEG: 2, SR: 2, KO: 1 });
      expect(await endOf(world, note!.sop)).toMatchObject({ state: 'refused' });

      // a ledger that was lost: nothing is stored again, and the older report names what it left behind
      await world.close();
      small = await smallWorld('live', ALL, filed(files));
      await small.work();
      await small.work();
      expect(countsOf(await small.files())).toEqual({ SEG: 2, SR: 2, KO: 1 });
      const older = (await storyOf(small, REPORT)).runs[0]!.measurements[0]!;
      expect(older).toMatchObject({ outcome: 'skipped', reason: 'superseded', seg: seg.sop, segmentNumber: 1 });
      expect((await endOf(small, AMENDMENT)).measurements).toEqual([['already-stored', undefined]]);

      // lost before the note was stored, and with it the result report that it was to follow: both are made up for, once
      await small.close();
      small = await smallWorld(
        'live',
        ALL,
        filed(files.filter((bytes) => !isNote(bytes) && !sameBytes(bytes, newReport.bytes))),
      );
      await small.work();
      await small.work();
      expect(countsOf(await small.files())).toEqual({ SEG: 2, SR: 2, KO: 1 });
      expect(confirmed(small)).toEqual(['result-report', 'rejection-note']);
      const again = bySop(ownAmong(await small.files()), 'KO')[0]!;
      expect(again.sop).toBe(note!.sop);
    }, 240_000);
  });
});

const sameBytes = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

describeWith({ python: python() }, 'a report that is withdrawn by a note of highdicom', (peers) => {
  let note: Uint8Array;
  beforeAll(async () => {
    const scratch = mkdtempSync(join(tmpdir(), 'caliper-withdrawn-'));
    const [report, out] = [join(scratch, 'report.dcm'), join(scratch, 'note.dcm')];
    writeFileSync(report, reportFile);
    const script = join(import.meta.dirname, 'note_by_highdicom.py');
    await promisify(execFile)(peers.python, [script, out, '113038', report]);
    note = readFileSync(out);
    rmSync(scratch, { recursive: true });
  });

  test('what is stored for it is rejected once, also where the archive gives the report no more; never without permission', async () => {
    small = await smallWorld('live', { resultReport: true });
    await small.work();
    await store(small, note);
    await small.work();
    expect(countsOf(await small.files())).toEqual({ SEG: 1, SR: 1, KO: 0 });
    expect(await endOf(small, REPORT)).toMatchObject({ state: 'done', measurements: [['stored', undefined]] });

    const pacs = small.world.destinations.get('pacs')!;
    const hiding: Archive = {
      ...pacs.archive,
      retrieve: (place) =>
        place.instance === REPORT
          ? Promise.resolve({ ok: false, error: { code: 'image-gone' } })
          : pacs.archive.retrieve(place),
    };
    const world: World = {
      ...small.world,
      sources: new Map([['pacs', { ...small.world.sources.get('pacs')!, archive: hiding }]]),
      destinations: new Map([['pacs', { ...pacs, archive: hiding, rejectionNotes: 'allowed' }]]),
    };
    await small.work(world);
    await small.work(world);
    expect(countsOf(await small.files())).toEqual({ SEG: 1, SR: 1, KO: 1 });
    const told = ownAmong(await small.files());
    // for the reason that the report's own note gives
    expect(titleOf(bySop(told, 'KO')[0]!)).toBe('113038');
    expect([...evidenceOf(bySop(told, 'KO')[0]!)].sort()).toEqual(
      [...bySop(told, 'SEG'), ...bySop(told, 'SR')].map(({ sop }) => sop).sort(),
    );
    expect(await endOf(small, REPORT)).toEqual({
      state: 'refused',
      reason: 'rejected-by-note',
      measurements: [['stored', undefined]],
    });
  }, 120_000);
});

describe('settings that change', () => {
  test('a result report asked for later is made for what is stored; another form is for lesions to come', async () => {
    small = await smallWorld('live');
    await small.work();
    const before = ownAmong(await small.files());
    const set = (destination: Partial<ReturnType<World['destinations']['get']>>, policy: string): World => ({
      ...small!.world,
      digests: { ...small!.world.digests, policyDigest: policy.repeat(64) },
      destinations: new Map([['pacs', { ...small!.world.destinations.get('pacs')!, ...destination }]]),
    });
    const told = set({ resultReport: true }, 'q');
    await replay(small, told);
    expect(countsOf(await small.files())).toEqual({ SEG: 1, SR: 1, KO: 0 });
    const [report] = bySop(ownAmong(await small.files()), 'SR');
    expect(evidenceOf(report!)).toContain(before[0]!.sop);
    await replay(small, told);
    await replay(small, set({ resultReport: true, segmentation: 'labelmap' }, 'r'));
    await replay(small);
    expect(countsOf(await small.files())).toEqual({ SEG: 1, SR: 1, KO: 0 });
    expect((await endOf(small, REPORT)).measurements).toEqual([['already-stored', undefined]]);
  }, 120_000);

  test('a label map is stored, read back, told of, and known again', async () => {
    small = await smallWorld('live', { ...ALL, segmentation: 'labelmap' });
    await small.work();
    await replay(small);
    expect(countsOf(await small.files())).toEqual({ SEG: 1, SR: 1, KO: 0 });
    const [seg] = bySop(ownAmong(await small.files()), 'SEG');
    expect(seg).toMatchObject({ sopClass: SOP_CLASS.LabelMapSegmentation, dataSet: { SegmentationType: 'LABELMAP' } });
    expect(evidenceOf(bySop(ownAmong(await small.files()), 'SR')[0]!)).toContain(seg!.sop);
    expect((await endOf(small, REPORT)).measurements).toEqual([['already-stored', undefined]]);
  }, 120_000);
});

test('a result report waits for its segmentation: refused by the archive it is held with it, accepted they go together', async () => {
  small = await smallWorld('live', ALL);
  const pacs = small.world.destinations.get('pacs')!;
  let stores = 0;
  const picky: Archive = {
    ...pacs.archive,
    store: () => {
      stores++;
      const refused = {
        instance: asReadUid<SopInstanceUid>('1'),
        failureReason: 43264,
        means: 'never',
        reason: 'store-refused',
      } as const;
      return Promise.resolve({ kind: 'refused', refused: [refused] });
    },
  };
  await small.work({ ...small.world, destinations: new Map([['pacs', { ...pacs, archive: picky }]]) });
  expect(stores).toBe(1);
  const held = (await storyOf(small, REPORT)).runs[0]!;
  expect(held.state).toBe('held');
  expect(held.objects.map(({ kind, deliveries }) => [kind, deliveries[0]!.state, deliveries[0]!.reason])).toEqual([
    ['segmentation', 'held', 'store-refused'],
    ['result-report', 'held', 'store-refused'],
  ]);
  expect(countsOf(await small.files())).toEqual({ SEG: 0, SR: 0, KO: 0 });
  await small.world.ledger.decideHeld(held.id, { to: 'delivering' }, 'test');
  await small.work();
  expect(confirmed(small)).toEqual(['segmentation', 'result-report']);
  expect(countsOf(await small.files())).toEqual({ SEG: 1, SR: 1, KO: 0 });
}, 120_000);

test('a note that no archive took in a week ends as dead; a replay sends it', async () => {
  const { world } = await amendedOnceAway();
  const run = (await storyOf(world, REPORT)).runs[0]!;
  expect(run.objects.map(({ kind, deliveries }) => [kind, deliveries[0]!.state])).toContainEqual([
    'rejection-note',
    'dead',
  ]);
  expect(countsOf(await world.files())).toEqual({ SEG: 2, SR: 2, KO: 0 });
  await world.work();
  expect(countsOf(await world.files())).toEqual({ SEG: 2, SR: 2, KO: 0 });
  await replay(world);
  await world.work();
  expect(countsOf(await world.files())).toEqual({ SEG: 2, SR: 2, KO: 1 });
}, 120_000);

/** An amendment whose note on the older contour meets an archive that is busy for longer than anything is waited for. */
async function amendedOnceAway(): Promise<{ readonly world: SmallWorld }> {
  small = await smallWorld('live', ALL);
  await small.work();
  await store(
    small,
    reportAs(AMENDMENT, (amendment) => {
      amends(amendment);
      otherMarks(amendment);
    }),
  );
  const pacs = small.world.destinations.get('pacs')!;
  const busy: Archive = {
    ...pacs.archive,
    store: (study, objects) =>
      objects.some(isNote)
        ? Promise.resolve({ kind: 'busy', retryAfter: undefined })
        : pacs.archive.store(study, objects),
  };
  const withBusy = { ...small.world, destinations: new Map([['pacs', { ...pacs, archive: busy }]]) };
  await small.work(withBusy);
  // as after a week of tries
  await onTables(small, async (pool) => {
    const { rowCount } = await pool.query(
      "update caliper.delivery set attempts = 176, due = now() where state = 'waiting'",
    );
    expect(rowCount).toBe(1);
    await pool.query("update caliper.run set due = now() where state = 'waiting'");
  });
  await small.work(withBusy);
  return { world: small };
}
