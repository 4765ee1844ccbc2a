import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { asReadUid, type SopInstanceUid } from '../../src/domain/index.js';
import { lookUpNamed, type World } from '../../src/pipeline/index.js';
import { startOrthanc } from '../environment/orthanc.js';
import { describeWith, orthanc } from '../environment/peers.js';
import { startBench, startVault, type DefectBench, type Vault } from '../faults/defects/bench.js';
import { isStore, startGate, type Gate } from '../faults/defects/gate.js';
import { changingRows } from './changed-rows.js';
import { imageFile, otherMarks, REPORT, reportAs, reportFile, STUDY } from './other-reports.js';
import type { Natural } from './altered-phantom.js';

let bench: DefectBench;
beforeAll(async () => {
  bench = await startBench();
}, 60_000);
afterEach(() => bench.empty());
afterAll(() => bench.close());

const reportOf = (daysAgo: number, alter: (report: Natural) => void = () => undefined): Uint8Array =>
  reportAs(REPORT, (report: Natural) => {
    const day = new Date(Date.now() - daysAgo * 86_400_000).toISOString().slice(0, 10).replaceAll('-', '');
    Object.assign(report, {
      SeriesInstanceUID: '2.25.1001.4',
      InstanceCreationDate: day,
      InstanceCreationTime: '170000',
    });
    alter(report);
  });
const original = reportOf(2);
/** The report as its writer changed it: other marks, made later, under the same UID in the same series. */
const overwritten = reportOf(1, otherMarks);
const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

interface Scene {
  readonly gate: Gate;
  readonly world: World;
}

const IMAGE_FILE = { name: 'image.dcm', bytes: imageFile };

async function behindGate(url: string): Promise<Scene> {
  const gate = bench.keep(await startGate(url));
  const archive = bench.archive('pacs', gate.url);
  return { gate, world: bench.world([archive], [archive]) };
}

async function embedded(files = [IMAGE_FILE], report = original): Promise<Scene & { readonly vault: Vault }> {
  const vault = bench.keep(await startVault([...files, { name: 'report.dcm', bytes: report }]));
  return { vault, ...(await behindGate(vault.url)) };
}

const sweptAndWorked = async ({ world }: Scene): Promise<void> => {
  await bench.sweep(world);
  await bench.work(world);
};

/** Half a day and more: the next search is the next night's. */
const nightPasses = () =>
  bench.database.pool.query("update caliper.series_count set counted = counted - interval '1 day'");

async function storyOf({ world }: Scene) {
  const number = await world.ledger.findUid(asReadUid<SopInstanceUid>(REPORT));
  return (await world.ledger.reportByNumber(number!))!;
}

const moves = async (scene: Scene): Promise<readonly string[]> =>
  (await storyOf(scene)).runs[0]!.events.filter(({ what }) => what === 'run').map(({ to, reason }) =>
    reason === undefined ? to : `${to}: ${reason}`,
  );

const listings = ({ gate }: Scene): number =>
  gate.requests.filter(({ path }) => path.includes(`${REPORT.slice(0, -1)}4/instances?`)).length;

/** The archive says that its instances were made at this time, whatever their files say. */
const saysMadeAt = (time: string | undefined) =>
  changingRows(({ '00080012': _date, '00080013': _time, '00080023': _content, '00080033': _at, ...kept }) =>
    time === undefined ? kept : { ...kept, '00080013': { vr: 'TM', Value: [time] } },
  );

async function isReadAgain(scene: Scene, overwrite: () => void | Promise<void>): Promise<void> {
  await sweptAndWorked(scene);
  expect((await storyOf(scene)).report.digest).toBe(digestOf(original));
  await overwrite();
  // as many instances as before: nobody looks before the night
  await sweptAndWorked(scene);
  expect((await storyOf(scene)).report.amended).toBeUndefined();
  await nightPasses();
  await sweptAndWorked(scene);
  const { report, runs } = await storyOf(scene);
  expect(report.amended).toBeInstanceOf(Date);
  expect(report.digest).toBe(digestOf(overwritten));
  expect(runs).toHaveLength(1);
  expect(runs[0]).toMatchObject({ state: 'done', cause: 'overwritten' });
  expect((await moves(scene)).slice(0, 8)).toEqual([
    ...['seen', 'reading', 'segmenting', 'delivering', 'done'],
    ...['seen: overwritten', 'reading', 'segmenting'],
  ]);
  // a contour of the marks as they are now, beside the one before
  expect(runs[0]!.measurements.map(({ outcome }) => outcome)).toEqual(['stored']);
  expect(runs[0]!.objects.map(({ kind }) => kind)).toEqual(['segmentation', 'segmentation']);
  // and it stays at that
  const before = (await moves(scene)).length;
  await nightPasses();
  await sweptAndWorked(scene);
  expect(await moves(scene)).toHaveLength(before);
}

test('a report that is overwritten in its folder is read again after the night', async () => {
  const scene = await embedded();
  await isReadAgain(scene, () => writeFileSync(join(scene.vault.folder, 'report.dcm'), overwritten));
}, 60_000);

describeWith({ orthanc: orthanc() }, 'Orthanc that overwrites instances', () => {
  test('a report that is sent again with other marks is read again after the night', async () => {
    const server = bench.keep(
      await startOrthanc({ overwrite: 'takes-new' }).then((o) => ({ ...o, close: () => o.stop() })),
    );
    for (const bytes of [imageFile, original]) await server.upload(bytes);
    await isReadAgain(await behindGate(server.url), () => server.upload(overwritten));
  }, 60_000);
});

test('one that a webhook names is read again at once', async () => {
  const scene = await embedded();
  await sweptAndWorked(scene);
  const named = () => lookUpNamed(scene.world.sources.get('pacs')!, [{ study: STUDY }], scene.world);
  await named();
  expect(await moves(scene)).toHaveLength(5);
  writeFileSync(join(scene.vault.folder, 'report.dcm'), overwritten);
  expect(await named()).toEqual({ ok: true, value: { found: 1, new: 0 } });
  await bench.work(scene.world);
  expect((await storyOf(scene)).report.digest).toBe(digestOf(overwritten));
}, 60_000);

test('an archive that shows another time and has the report as it was: nothing is stored, and everything stands', async () => {
  const scene = await embedded();
  await sweptAndWorked(scene);
  const stores = scene.gate.requests.filter(isStore).length;
  scene.gate.judge = saysMadeAt('120000');
  await nightPasses();
  await sweptAndWorked(scene);
  const { report, runs } = await storyOf(scene);
  expect(report.amended).toBeUndefined();
  expect(runs[0]).toMatchObject({ state: 'done', cause: 'sighting' });
  expect(runs[0]!.measurements.map(({ outcome }) => outcome)).toEqual(['stored']);
  expect((await moves(scene)).slice(-3)).toEqual(['seen: overwritten', 'reading', 'done']);
  expect(scene.gate.requests.filter(isStore)).toHaveLength(stores);
}, 60_000);

const holding = <S extends Scene>(scene: S): S => ({
  ...scene,
  world: { ...scene.world, rules: scene.world.rules.map((rule) => ({ ...rule, holdBelowAgreement: 1 })) },
});
const heldBy = (runs: Awaited<ReturnType<typeof storyOf>>['runs']) =>
  runs.flatMap(({ measurements }) => measurements.map(({ outcome, reason }) => `${outcome}: ${reason}`));

/** Somebody looks at the contours and takes none of them. */
const takesNone = async (scene: Scene): Promise<void> => {
  const { runs } = await storyOf(scene);
  const [run] = runs;
  const chosen = await scene.world.ledger.choose({
    run: run!.id,
    measurementKey: run!.measurements[0]!.key,
    candidate: 'none',
    maskSha256: undefined,
    by: 'somebody',
  });
  expect(chosen.ok).toBe(true);
};

test('what a person is asked, and decided, stands through an overwriting that changed nothing', async () => {
  const scene = holding(await embedded());
  await sweptAndWorked(scene);
  expect(heldBy((await storyOf(scene)).runs)).toEqual(['held: low-agreement']);
  scene.gate.judge = saysMadeAt('120000');
  await nightPasses();
  await sweptAndWorked(scene);
  expect((await moves(scene)).slice(-3)).toEqual(['seen: overwritten', 'reading', 'done']);
  expect(heldBy((await storyOf(scene)).runs)).toEqual(['held: low-agreement']);
  await takesNone(scene);
  scene.gate.judge = saysMadeAt('130000');
  await nightPasses();
  await sweptAndWorked(scene);
  expect((await moves(scene)).slice(-3)).toEqual(['seen: overwritten', 'reading', 'done']);
  expect(heldBy((await storyOf(scene)).runs)).toEqual(['skipped: rejected-by-reviewer']);
}, 60_000);

test('a person is asked anew about a report that was changed', async () => {
  const scene = holding(await embedded());
  await sweptAndWorked(scene);
  await takesNone(scene);
  expect(heldBy((await storyOf(scene)).runs)).toEqual(['skipped: rejected-by-reviewer']);
  writeFileSync(join(scene.vault.folder, 'report.dcm'), overwritten);
  await nightPasses();
  await sweptAndWorked(scene);
  const { report, runs } = await storyOf(scene);
  expect(report.digest).toBe(digestOf(overwritten));
  expect(heldBy(runs)).toEqual(['held: low-agreement']);
}, 60_000);

test('a report under way is read as it is then, and once more when it has come to its end', async () => {
  const scene = await embedded([]);
  await sweptAndWorked(scene);
  expect((await storyOf(scene)).runs[0]).toMatchObject({ state: 'waiting', reason: 'image-gone' });
  writeFileSync(join(scene.vault.folder, 'report.dcm'), overwritten);
  await nightPasses();
  await sweptAndWorked(scene);
  expect((await storyOf(scene)).runs[0]).toMatchObject({ state: 'waiting', cause: 'sighting' });
  await scene.world.destinations.get('pacs')!.archive.store(STUDY, [imageFile]);
  await bench.database.pool.query("update caliper.run set due = now() where state = 'waiting'");
  await sweptAndWorked(scene);
  await sweptAndWorked(scene);
  const { report, runs } = await storyOf(scene);
  expect(report.digest).toBe(digestOf(overwritten));
  expect(runs.map(({ state }) => state)).toEqual(['done']);
  expect(runs[0]!.measurements.map(({ outcome }) => outcome)).toEqual(['stored']);
  expect(scene.vault.segmentations()).toHaveLength(1);
}, 60_000);

test('an archive that does not say when reports were made is asked for nothing more', async () => {
  const scene = await embedded([IMAGE_FILE], reportFile);
  scene.gate.judge = saysMadeAt(undefined);
  await sweptAndWorked(scene);
  const listed = listings(scene);
  await nightPasses();
  await sweptAndWorked(scene);
  expect(listings(scene)).toBe(listed);
}, 60_000);

test('a report is looked at again once a night for a fortnight, however often its window is searched', async () => {
  const scene = await embedded();
  await sweptAndWorked(scene);
  const listed = listings(scene);
  await nightPasses();
  for (let i = 0; i < 3; i++) await sweptAndWorked(scene);
  expect(listings(scene)).toBe(listed + 1);
  await nightPasses();
  await bench.database.pool.query("update caliper.sighting set first_seen = first_seen - interval '15 days'");
  await sweptAndWorked(scene);
  expect(listings(scene)).toBe(listed + 1);
}, 60_000);

test('of what was there before its archive was watched, only what was made lately is looked at again', async () => {
  for (const [daysAgo, lists] of [
    [3, 2],
    [300, 1],
  ] as const) {
    const scene = await embedded(
      [IMAGE_FILE],
      reportOf(daysAgo, (report) => void (report['ContentDate'] = '20240101')),
    );
    await sweptAndWorked(scene);
    await bench.database.pool.query('update caliper.report set was_there = true');
    await nightPasses();
    await sweptAndWorked(scene);
    expect([daysAgo, listings(scene)]).toEqual([daysAgo, lists]);
    await bench.empty();
  }
}, 60_000);
