import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import dcmjs from 'dcmjs';
import type { Archive } from '../../src/dicomweb/index.js';
import { asReadUid, fail, TAG, type SopInstanceUid } from '../../src/domain/index.js';
import { sweepAll, workUntilIdle, type World } from '../../src/pipeline/index.js';
import { describeWith, python } from '../environment/peers.js';
import { altered, type Natural } from './altered-phantom.js';
import {
  amends,
  IMAGE,
  imageFile,
  itemsOf,
  list,
  otherMarks,
  REPORT,
  reportAs,
  reportFile,
  STUDY,
} from './other-reports.js';
import { smallWorld, WATCHED, type SmallWorld } from './small-world.js';

const scratch = mkdtempSync(join(tmpdir(), 'caliper-life-cycle-'));
afterAll(() => rmSync(scratch, { recursive: true }));

let small: SmallWorld;
beforeEach(async () => {
  small = await smallWorld('live');
});
afterEach(() => small.close());

const imageAnd = (report: Uint8Array) => [
  { name: '1-image.dcm', bytes: imageFile },
  { name: '1-report.dcm', bytes: report },
];

const withoutTracking = (report: Natural): void => {
  for (const item of itemsOf(report))
    if (item['ContentSequence'])
      item['ContentSequence'] = list(item['ContentSequence']).filter(
        (child) => !['112039', '112040'].includes(String(list(child['ConceptNameCodeSequence'])[0]?.['CodeValue'])),
      );
};

const store = async (...objects: readonly Uint8Array[]): Promise<void> => {
  for (const object of objects)
    expect((await small.world.sources.get('pacs')!.archive.store(STUDY, [object])).kind).toBe('stored');
};

const storyOf = async (uid: string) => {
  const number = await small.world.ledger.findUid(asReadUid<SopInstanceUid>(uid));
  return (await small.world.ledger.reportByNumber(number!))!;
};
const endOf = async (uid: string) => {
  const run = (await storyOf(uid)).runs[0]!;
  return { state: run.state, measurements: run.measurements.map((m) => [m.outcome, m.reason]) };
};
const STORED = { state: 'done', measurements: [['stored', undefined]] };
const skipped = (reason: string, state = 'refused') => ({ state, measurements: [['skipped', reason]] });

/** Segmentations in the archive's folder, by dcmjs. */
const segmentations = (): Natural[] =>
  readdirSync(small.folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.dcm'))
    .map((file) => {
      const bytes = readFileSync(join(small.folder, file));
      const { dict } = dcmjs.data.DicomMessage.readFile(
        bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length),
      );
      return dcmjs.data.DicomMetaDictionary.naturalizeDataset(dict);
    })
    .filter((dataSet) => dataSet['Modality'] === 'SEG');

const idle = (world: World = small.world) =>
  workUntilIdle('test', 2, world, {
    sleep: (ms) => new Promise((done) => setTimeout(done, ms)),
    stopped: () => false,
  });

describe('chains of reports', () => {
  const AMENDMENT = '2.25.1001.61';
  const amendment = reportAs(AMENDMENT, (report) => {
    amends(report);
    otherMarks(report);
  });

  test('seen together: the newest is stored, the older one is accounted for', async () => {
    await store(amendment);
    await small.work();
    expect(await endOf(REPORT)).toEqual(skipped('superseded'));
    expect(await endOf(AMENDMENT)).toEqual(STORED);
    expect(segmentations()).toHaveLength(1);
  });

  test('seen after the older one was stored: that stays, says so, and is there to be rejected; the newer one gets its own object', async () => {
    await small.work();
    expect(await endOf(REPORT)).toEqual(STORED);
    await store(amendment);
    await small.work();
    expect(await endOf(REPORT)).toEqual(STORED);
    expect(await endOf(AMENDMENT)).toEqual(STORED);
    expect(segmentations()).toHaveLength(2);
    const story = await storyOf(REPORT);
    expect(story.runs[0]!.events.at(-1)).toMatchObject({ from: 'done', to: 'done', reason: 'superseded' });
    expect(small.events.filter((e) => e.name === 'report.outdated')).toEqual([
      { name: 'report.outdated', fields: { report: 'r-1', reason: 'superseded', objects: 1 } },
    ]);
    const [object] = story.runs[0]!.objects;
    expect(await small.world.ledger.outdatedObjects()).toEqual([
      { object: object!.number, report: 1, reason: 'superseded', by: AMENDMENT, destinations: ['pacs'] },
    ]);
    // once noticed it is no news, and a replay of the older one stores nothing and forgets nothing
    await small.world.ledger.reopen({ reports: [story.report.number] }, small.world.digests, 'replay', 'test');
    await small.work();
    expect(await endOf(REPORT)).toEqual({ ...STORED, state: 'refused' });
    expect(segmentations()).toHaveLength(2);
    expect(small.events.filter((e) => e.name === 'report.outdated')).toHaveLength(1);
  });

  test('a chain of three, and a fork that is older', async () => {
    const third = reportAs('2.25.1001.62', (report) => {
      amends(report, AMENDMENT);
      Object.assign(report, { ContentDate: '20300102' });
    });
    const fork = reportAs('2.25.1001.63', (report) => {
      amends(report);
      otherMarks(report);
      otherMarks(report);
      Object.assign(report, { ContentDate: '20300101' });
    });
    await store(amendment, third, fork);
    await small.work();
    const ends = await Promise.all([REPORT, AMENDMENT, '2.25.1001.63', '2.25.1001.62'].map(endOf));
    expect(ends.map((end) => end.measurements[0]!.join(' '))).toEqual([
      'skipped superseded',
      'skipped superseded',
      'skipped superseded',
      'stored ',
    ]);
  });

  test('preliminary, then final: what was held is accounted for', async () => {
    const preliminary = reportAs('2.25.1001.64', (report) => Object.assign(report, { PreliminaryFlag: 'PRELIMINARY' }));
    await small.close();
    small = await smallWorld('live', {}, imageAnd(preliminary));
    await small.work();
    expect((await endOf('2.25.1001.64')).measurements).toEqual([['held', 'report-preliminary']]);
    await store(
      reportAs('2.25.1001.65', (report) => {
        amends(report, '2.25.1001.64');
        Object.assign(report, { PreliminaryFlag: 'FINAL' });
        otherMarks(report);
      }),
    );
    await small.work();
    expect((await endOf('2.25.1001.64')).measurements).toEqual([['skipped', 'superseded']]);
    expect(await endOf('2.25.1001.65')).toEqual(STORED);
  });

  test('preliminary, then final of the same content that names nothing', async () => {
    const preliminary = reportAs('2.25.1001.64', (report) => Object.assign(report, { PreliminaryFlag: 'PRELIMINARY' }));
    await small.close();
    small = await smallWorld('live', {}, imageAnd(preliminary));
    await small.work();
    await store(reportAs('2.25.1001.65', (report) => Object.assign(report, { PreliminaryFlag: 'FINAL' })));
    await small.work();
    expect((await endOf('2.25.1001.64')).measurements).toEqual([['skipped', 'duplicate-report']]);
    expect(await endOf('2.25.1001.65')).toEqual(STORED);
  });

  test.each(['before', 'after'])(
    'the same content in another series, seen %s the first was stored: one object',
    async (when) => {
      const older = reportAs('2.25.1001.66', (report) => Object.assign(report, { ContentDate: '19990101' }));
      if (when === 'after') await small.work();
      await store(older);
      await small.work();
      const ends = await Promise.all([REPORT, '2.25.1001.66'].map(endOf));
      const expected = [STORED, skipped('duplicate-report')];
      expect(ends).toEqual(when === 'after' ? expected : [...expected].reverse());
      expect(segmentations()).toHaveLength(1);
    },
  );

  test('the same content in another series, and a lost ledger: the one whose contour is there counts, and no other is stored', async () => {
    await small.work();
    const older = reportAs('2.25.1001.66', (report) => Object.assign(report, { ContentDate: '19990101' }));
    await store(older);
    await small.work();
    const files = (await small.files()).map((bytes, i) => ({ name: `${i}.dcm`, bytes }));
    await small.close();
    small = await smallWorld('live', { rejectionNotes: 'allowed' }, files);
    await small.work();
    await small.work();
    expect(segmentations()).toHaveLength(1);
    expect((await endOf(REPORT)).measurements).toEqual([['already-stored', undefined]]);
    expect(await endOf('2.25.1001.66')).toEqual(skipped('duplicate-report'));
    expect(
      readdirSync(small.folder, { recursive: true, encoding: 'utf8' }).filter((f) => f.endsWith('.dcm')),
    ).toHaveLength(files.length);
  });

  test('an amendment that takes every measurement back ends the older report', async () => {
    const empty = reportAs('2.25.1001.67', (report) => {
      amends(report);
      Object.assign(report, { ContentSequence: list(report['ContentSequence']).slice(0, 4) });
    });
    await store(empty);
    await small.work();
    expect(await endOf(REPORT)).toEqual(skipped('superseded'));
    expect(segmentations()).toEqual([]);
  });

  test('a lesion keeps the tracking UID that followed from the first report; the report’s equipment is named', async () => {
    await small.close();
    small = await smallWorld('live', {}, imageAnd(reportAs(REPORT, withoutTracking)));
    await small.work();
    await store(
      reportAs('2.25.1001.68', (report) => {
        amends(report);
        withoutTracking(report);
        otherMarks(report);
        Object.assign(report, { Manufacturer: 'Maker', ManufacturerModelName: 'Workstation', SoftwareVersions: '7.1' });
      }),
    );
    await small.work();
    const [first, second] = segmentations().map((seg) => list(seg['SegmentSequence'])[0]!['TrackingUID']);
    expect(first).toMatch(/^2\.25\./);
    expect(second).toBe(first);
    const equipment = segmentations().map((seg) =>
      list(seg['ContributingEquipmentSequence']).map((item) => [
        item['Manufacturer'],
        item['ManufacturerModelName'],
        item['SoftwareVersions'],
      ]),
    );
    expect(equipment.flat()).toContainEqual(['Maker', 'Workstation', '7.1']);
  });
});

describeWith({ python: python() }, 'rejection notes by highdicom', (peers) => {
  // the archive runs in this process: it must go on meanwhile
  const noteOn = async (title: string, ...objects: readonly Uint8Array[]): Promise<Uint8Array> => {
    const files = objects.map((bytes, i) => {
      const file = join(scratch, `${i}.dcm`);
      writeFileSync(file, bytes);
      return file;
    });
    const out = join(scratch, 'note.dcm');
    await promisify(execFile)(peers.python, [join(import.meta.dirname, 'note_by_highdicom.py'), out, title, ...files]);
    return readFileSync(out);
  };
  const segmentationFile = (): Uint8Array => {
    const file = readdirSync(small.folder, { recursive: true, encoding: 'utf8' }).find((name) => {
      const bytes = name.endsWith('.dcm') ? readFileSync(join(small.folder, name)) : Buffer.alloc(0);
      return bytes.includes('1.2.840.10008.5.1.4.1.1.66.4') && bytes.includes('Caliper');
    });
    return readFileSync(join(small.folder, file!));
  };

  test.each(['113001', '113039'])('%s on the report: nothing is stored', async (title) => {
    await store(await noteOn(title, reportFile));
    await small.work();
    expect(await endOf(REPORT)).toEqual(skipped('rejected-by-note'));
    expect(segmentations()).toEqual([]);
    expect(small.events.find((e) => e.name === 'note.read')?.fields).toEqual({ archive: 'pacs', rejects: 1 });
  });

  test('on the image: its lesions are skipped, and the image is not fetched', async () => {
    await store(await noteOn('113001', imageFile));
    const { calls, world } = counting(small.world);
    await sweepAll(WATCHED, world);
    await idle(world);
    expect(await endOf(REPORT)).toEqual(skipped('rejected-by-note', 'done'));
    expect(calls.filter((call) => call.includes(IMAGE))).toEqual([]);
  });

  test('key objects of another title reject nothing', async () => {
    await store(await noteOn('113000', reportFile, imageFile));
    await small.work();
    expect(await endOf(REPORT)).toEqual(STORED);
  });

  test('a rejected amendment replaces nothing', async () => {
    const amendment = reportAs('2.25.1001.61', (report) => {
      amends(report);
      otherMarks(report);
    });
    await store(amendment, await noteOn('113001', amendment));
    await small.work();
    expect(await endOf(REPORT)).toEqual(STORED);
    expect(await endOf('2.25.1001.61')).toEqual(skipped('rejected-by-note'));
  });

  test('after the report was stored: what is stored stays and says so', async () => {
    await small.work();
    await store(await noteOn('113037', reportFile));
    await small.work();
    expect(await endOf(REPORT)).toEqual(STORED);
    expect((await storyOf(REPORT)).runs[0]!.events.at(-1)).toMatchObject({ to: 'done', reason: 'rejected-by-note' });
    expect(await small.world.ledger.outdatedObjects()).toMatchObject([{ reason: 'rejected-by-note' }]);
  });

  test('while a report is held: it is held no longer', async () => {
    await small.close();
    const preliminary = reportAs(REPORT, (report) => Object.assign(report, { PreliminaryFlag: 'PRELIMINARY' }));
    small = await smallWorld('live', {}, imageAnd(preliminary));
    await small.work();
    await store(await noteOn('113001', preliminary));
    await small.work();
    expect((await endOf(REPORT)).measurements).toEqual([['skipped', 'rejected-by-note']]);
  });

  test('after the sweep and before the store: the study is asked', async () => {
    await sweepAll(WATCHED, small.world);
    await store(await noteOn('113001', reportFile));
    await idle();
    expect(await endOf(REPORT)).toEqual(skipped('rejected-by-note', 'done'));
    expect(segmentations()).toEqual([]);
  });

  test('between the writing of an object and a later try to store it: the study is asked again', async () => {
    const pacs = small.world.destinations.get('pacs')!;
    const full: Archive = { ...pacs.archive, store: () => Promise.resolve({ kind: 'busy', retryAfter: undefined }) };
    const world = { ...small.world, destinations: new Map([['pacs', { ...pacs, archive: full }]]) };
    await sweepAll(WATCHED, world);
    await idle(world);
    expect((await endOf(REPORT)).state).toBe('waiting');
    await store(await noteOn('113001', imageFile));
    const { due } = (await storyOf(REPORT)).runs[0]!;
    await new Promise((done) => setTimeout(done, due.getTime() - Date.now() + 200));
    await idle();
    // a person looks: other lesions of the object may stand
    expect(await endOf(REPORT)).toEqual({ state: 'held', measurements: [['held', 'rejected-by-note']] });
    expect(segmentations()).toEqual([]);
  }, 60_000);

  test.each(['shown', 'hidden'])(
    'on our segmentation, which the archive keeps %s: it is never stored again',
    async (how) => {
      await small.work();
      await store(await noteOn('113001', segmentationFile()));
      const pacs = small.world.destinations.get('pacs')!;
      let stores = 0;
      const archive: Archive = {
        ...pacs.archive,
        store: (...given) => {
          stores++;
          return pacs.archive.store(...given);
        },
        ...(how === 'hidden'
          ? {
              search: async (level, query, options) => {
                const rows = await pacs.archive.search(level, query, options);
                return rows.ok
                  ? { ok: true, value: rows.value.filter((row) => row.text(TAG.Modality) !== 'SEG') }
                  : rows;
              },
              retrieve: async (place) => {
                const bytes = await pacs.archive.retrieve(place);
                return bytes.ok && Buffer.from(bytes.value).includes('BINARY') ? fail({ code: 'image-gone' }) : bytes;
              },
            }
          : {}),
      };
      const world = { ...small.world, destinations: new Map([['pacs', { ...pacs, archive }]]) };
      const { number } = (await storyOf(REPORT)).report;
      await world.ledger.reopen({ reports: [number] }, world.digests, 'replay', 'test');
      await idle(world);
      expect(await endOf(REPORT)).toEqual(skipped('rejected-by-note', 'done'));
      expect(stores).toBe(0);
    },
  );

  test('costs one search of the study, and one retrieve of each note for all time', async () => {
    const note = await noteOn('113001', segmentedElsewhere());
    await store(note);
    const { calls, world } = counting(small.world);
    await sweepAll(WATCHED, world);
    await idle(world);
    expect(await endOf(REPORT)).toEqual(STORED);
    const noteUid = uidOf(note);
    expect(calls.filter((call) => call.startsWith('retrieve') && call.includes(noteUid))).toHaveLength(1);
    const ofStudy = calls.filter((call) => call.startsWith('search series') && call.includes(STUDY));
    expect(ofStudy).toHaveLength(1);
    calls.length = 0;
    const { number } = (await storyOf(REPORT)).report;
    await world.ledger.reopen({ reports: [number] }, world.digests, 'replay', 'test');
    await idle(world);
    expect(calls.filter((call) => call.includes(noteUid))).toEqual([]);
  });
});

const uidOf = (bytes: Uint8Array): string => {
  const { dict } = dcmjs.data.DicomMessage.readFile(
    bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer,
  );
  return String((dcmjs.data.DicomMetaDictionary.naturalizeDataset(dict) as Natural)['SOPInstanceUID']);
};

/** An image that no report speaks of. */
const segmentedElsewhere = (): Uint8Array =>
  altered(imageFile, (image) => Object.assign(image, { SOPInstanceUID: '2.25.1001.99' }));

/** A world whose archive says what it is asked. */
function counting(world: World): { readonly calls: string[]; readonly world: World } {
  const calls: string[] = [];
  const told = (archive: Archive): Archive => ({
    ...archive,
    search: (level, query, options) => {
      calls.push(`search ${level} ${JSON.stringify(query)}`);
      return archive.search(level, query, options);
    },
    retrieve: (place) => {
      calls.push(`retrieve ${place.instance}`);
      return archive.retrieve(place);
    },
  });
  const source = world.sources.get('pacs')!;
  const archive = told(source.archive);
  const destination = world.destinations.get('pacs')!;
  return {
    calls,
    world: {
      ...world,
      sources: new Map([['pacs', { ...source, archive, images: [archive] }]]),
      destinations: new Map([['pacs', { ...destination, archive }]]),
    },
  };
}
