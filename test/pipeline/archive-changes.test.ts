import { afterEach, describe, expect, test } from '@jest/globals';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { asReadUid, SOP_CLASS, type SopInstanceUid } from '../../src/domain/index.js';
import { altered, type Natural } from './altered-phantom.js';
import { imageFile, list, otherMarks, REPORT, reportAs, reportFile, STUDY } from './other-reports.js';
import { onTables } from './beside-daemon.js';
import { smallWorld, type SmallWorld } from './small-world.js';
import { countsOf, descriptionsOf, evidenceOf, ownAmong, predecessorsOf, type Told } from './told-objects.js';

let small: SmallWorld | undefined;
afterEach(async () => {
  await small?.close();
  small = undefined;
});

/** What waits is due: how long waits are is another test's matter. */
const timePasses = (of: SmallWorld) =>
  onTables(of, (pool) => pool.query("update caliper.run set due = now() where state = 'waiting'"));

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

describe('a report that is overwritten under its UID, and read again', () => {
  const ALL = { rejectionNotes: 'allowed', resultReport: true } as const;
  const COUNTS = { SEG: 2, SR: 2, KO: 1 };
  const overwrite = ({ folder }: SmallWorld, alter: (report: Natural) => void): void => {
    const bytes = reportAs(REPORT, (report) => {
      report['SeriesInstanceUID'] = '2.25.1001.4';
      alter(report);
    });
    const name = readdirSync(folder, { encoding: 'utf8' }).find((file) => file.endsWith('-report.dcm'))!;
    expect(Buffer.compare(readFileSync(join(folder, name)), bytes)).not.toBe(0);
    writeFileSync(join(folder, name), bytes);
  };
  const readAgain = async (of: SmallWorld): Promise<void> => {
    const { report } = await runOf(of);
    await of.world.ledger.reopen({ reports: [report.number] }, of.world.digests, 'replay', 'test');
    await of.work();
  };
  const outcomes = async (of: SmallWorld) =>
    (await runOf(of)).runs[0]!.measurements.map(({ outcome, reason }) => reason ?? outcome);
  const told = async (of: SmallWorld, kind: Told['kind']) =>
    ownAmong(await of.files()).filter((each) => each.kind === kind);
  const started = async (destination: Parameters<typeof smallWorld>[1] = ALL): Promise<SmallWorld> => {
    small = await smallWorld('live', destination);
    await small.work();
    expect(await outcomes(small)).toEqual(['stored']);
    return small;
  };
  /** The same archive, and a ledger that knows nothing. */
  const withoutLedger = async (before: SmallWorld): Promise<SmallWorld> => {
    const files = (await before.files()).map((bytes, i) => ({ name: `${i}-report.dcm`, bytes }));
    await before.close();
    small = await smallWorld('live', ALL, files);
    await small.work();
    return small;
  };

  test.each(['known to the ledger', 'after the ledger was lost'])(
    'with other marks, %s: a contour of them, which names the one before; a note rejects that; a second look changes nothing',
    async (how) => {
      let world = await started();
      const [seg] = await told(world, 'SEG');
      const [report] = await told(world, 'SR');
      overwrite(world, otherMarks);
      if (how === 'known to the ledger') {
        await readAgain(world);
        expect((await runOf(world)).report.amended).toBeInstanceOf(Date);
      } else world = await withoutLedger(world);
      expect(await outcomes(world)).toEqual(['stored']);
      expect(countsOf(await world.files())).toEqual(COUNTS);
      const fresh = (await told(world, 'SEG')).find(({ sop }) => sop !== seg!.sop)!;
      const freshReport = (await told(world, 'SR')).find(({ sop }) => sop !== report!.sop)!;
      expect(descriptionsOf(fresh).join()).toContain(`replaces segment 1 of ${seg!.sop}`);
      const trackingOf = ({ dataSet }: Told) => list(dataSet['SegmentSequence'])[0]!['TrackingUID'];
      expect(trackingOf(fresh)).toBe(trackingOf(seg!));
      expect(predecessorsOf(freshReport)).toEqual([report!.sop]);
      const [note] = await told(world, 'KO');
      expect([...evidenceOf(note!)].sort()).toEqual([seg!.sop, report!.sop].sort());

      await readAgain(world);
      expect(await outcomes(world)).toEqual(['already-stored']);
      expect(countsOf(await world.files())).toEqual(COUNTS);
      await withoutLedger(world);
      expect(countsOf(await small!.files())).toEqual(COUNTS);
    },
    60_000,
  );

  test('a contour of an earlier layout, which does not say of which marks it is, is one of those that its report has', async () => {
    const world = await started({});
    const files = (await world.files()).map((bytes) =>
      Buffer.from(bytes).includes(SOP_CLASS.Segmentation) && ownAmong([bytes]).length === 1
        ? altered(bytes, (segmentation) => {
            const [algorithm] = list(
              list(segmentation['SegmentSequence'])[0]!['SegmentationAlgorithmIdentificationSequence'],
            );
            const parameters = String(algorithm!['AlgorithmParameters']);
            algorithm!['AlgorithmParameters'] = parameters.replace(/;marks=[0-9a-f]{64}/, '');
            expect(algorithm!['AlgorithmParameters']).not.toBe(parameters);
          })
        : bytes,
    );
    await world.close();
    small = await smallWorld(
      'live',
      ALL,
      files.map((bytes, i) => ({ name: `${i}-report.dcm`, bytes })),
    );
    await small.work();
    expect(await outcomes(small)).toEqual(['already-stored']);
    expect(countsOf(await small.files()).SEG).toBe(1);
  }, 60_000);

  test('with the same marks and other words: nothing is stored', async () => {
    const world = await started();
    overwrite(world, (report) => Object.assign(report, { SeriesDescription: 'once more' }));
    await readAgain(world);
    expect((await runOf(world)).report.amended).toBeInstanceOf(Date);
    expect(await outcomes(world)).toEqual(['already-stored']);
    expect(countsOf(await world.files())).toEqual({ SEG: 1, SR: 1, KO: 0 });
  }, 60_000);

  test('while a contour of the old marks is held: that is no longer for anybody to let go', async () => {
    small = await smallWorld('live');
    const pacs = small.world.destinations.get('pacs')!;
    const refused = {
      instance: asReadUid<SopInstanceUid>('1'),
      failureReason: 43264,
      means: 'never',
      reason: 'store-refused',
    } as const;
    const picky = { ...pacs.archive, store: () => Promise.resolve({ kind: 'refused', refused: [refused] } as const) };
    await small.work({ ...small.world, destinations: new Map([['pacs', { ...pacs, archive: picky }]]) });
    const held = (await runOf(small)).runs[0]!;
    expect(held.state).toBe('held');
    overwrite(small, otherMarks);
    await small.world.ledger.decideHeld(held.id, { to: 'reading' }, 'test');
    await small.work();
    const { runs } = await runOf(small);
    expect(runs[0]!.state).toBe('done');
    expect(runs[0]!.objects.map(({ deliveries }) => [deliveries[0]!.state, deliveries[0]!.reason]).sort()).toEqual([
      ['refused', 'overwritten'],
      ['stored', undefined],
    ]);
    expect(countsOf(await small.files()).SEG).toBe(1);
  }, 60_000);

  test('without marks: a note rejects what was stored', async () => {
    const world = await started();
    const [seg] = await told(world, 'SEG');
    overwrite(world, (report) =>
      Object.assign(report, { ContentSequence: list(report['ContentSequence']).slice(0, 4) }),
    );
    await readAgain(world);
    await world.work();
    expect(countsOf(await world.files())).toEqual({ SEG: 1, SR: 1, KO: 1 });
    expect(evidenceOf((await told(world, 'KO'))[0]!)).toContain(seg!.sop);
  }, 60_000);

  test('with its lesion at another place of the document: the contour of the old place gives way to none', async () => {
    const world = await started();
    const [seg] = await told(world, 'SEG');
    overwrite(world, (report) => {
      const content = list(report['ContentSequence']);
      report['ContentSequence'] = [content[0]!, ...content];
      otherMarks(report);
    });
    await readAgain(world);
    expect(await outcomes(world)).toEqual(['stored']);
    expect(countsOf(await world.files())).toEqual(COUNTS);
    expect(evidenceOf((await told(world, 'KO'))[0]!)).toContain(seg!.sop);
  }, 60_000);

  test('where no notes may be sent: both contours are there, and the later one says what it replaces', async () => {
    const world = await started({});
    const [seg] = await told(world, 'SEG');
    overwrite(world, otherMarks);
    await readAgain(world);
    expect(await outcomes(world)).toEqual(['stored']);
    const fresh = (await told(world, 'SEG')).find(({ sop }) => sop !== seg!.sop)!;
    expect(descriptionsOf(fresh).join()).toContain(`replaces segment 1 of ${seg!.sop}`);
    expect(countsOf(await world.files())).toEqual({ SEG: 2, SR: 0, KO: 0 });
  }, 60_000);
});
