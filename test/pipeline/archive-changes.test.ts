import { afterEach, expect, test } from '@jest/globals';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { asReadUid, type SopInstanceUid } from '../../src/domain/index.js';
import { openDatabase } from '../../src/ledger/index.js';
import { imageFile, otherMarks, REPORT, reportAs, reportFile, STUDY } from './other-reports.js';
import { smallWorld, type SmallWorld } from './small-world.js';
import { ownAmong } from './told-objects.js';

let small: SmallWorld | undefined;
afterEach(async () => {
  await small?.close();
  small = undefined;
});

/** What waits is due: how long waits are is another test's matter. */
async function timePasses({ folder }: SmallWorld): Promise<void> {
  const database = await openDatabase(
    { kind: 'embedded', folder: join(dirname(folder), 'state'), as: 'guest' },
    { broken: () => undefined, lost: () => undefined },
  );
  if (!database.ok) throw new Error(database.error.says);
  await database.value.pool.query("update caliper.run set due = now() where state = 'waiting'");
  await database.value.close();
}

async function runOf({ world }: SmallWorld) {
  const number = await world.ledger.findUid(asReadUid<SopInstanceUid>(REPORT));
  return (await world.ledger.reportByNumber(number!))!;
}

test('an image that comes after the report: the report waits, and is stored by itself', async () => {
  small = await smallWorld('live', {}, [{ name: 'report.dcm', bytes: reportFile }]);
  await small.work();
  const { runs } = await runOf(small);
  expect(runs[0]).toMatchObject({ state: 'waiting', reason: 'image-gone' });
  expect(runs[0]!.due.getTime()).toBeGreaterThan(Date.now());
  await small.world.sources.get('pacs')!.archive.store(STUDY, [imageFile]);
  await timePasses(small);
  await small.work();
  expect((await runOf(small)).runs[0]!.measurements.map(({ outcome }) => outcome)).toEqual(['stored']);
}, 60_000);

test('a report with other marks under its UID: a replay reads it again and says so; what was stored stays as it was', async () => {
  small = await smallWorld('live');
  await small.work();
  const [first] = ownAmong(await small.files());
  const name = readdirSync(small.folder, { encoding: 'utf8' }).find((file) => file.endsWith('-report.dcm'))!;
  const file = join(small.folder, name);
  const other = reportAs(REPORT, (report) => {
    report['SeriesInstanceUID'] = '2.25.1001.4';
    otherMarks(report);
  });
  expect(Buffer.compare(readFileSync(file), other)).not.toBe(0);
  writeFileSync(file, other);
  const { report } = await runOf(small);
  await small.world.ledger.reopen({ reports: [report.number] }, small.world.digests, 'replay', 'test');
  await small.work();
  const story = await runOf(small);
  expect(story.report.amended).toBeInstanceOf(Date);
  // the lesion has a contour: another is for a person to ask for
  expect(ownAmong(await small.files()).map(({ bytes }) => Buffer.compare(bytes, first!.bytes))).toEqual([0]);
}, 60_000);
