import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startCosegmentation } from '../../src/compute/index.js';
import { asReadUid, ok, type SopInstanceUid, type StudyInstanceUid } from '../../src/domain/index.js';
import type { Destination, World } from '../../src/pipeline/index.js';
import { bundleAt } from '../compute/bundles.js';
import { describeWith, python } from '../environment/peers.js';
import { altered, filesOf, type Natural } from './altered-phantom.js';
import { imageFile, list, REPORT, reportFile } from './other-reports.js';
import { smallWorld, type SmallWorld } from './small-world.js';
import { ownAmong } from './told-objects.js';

/**
 * The ledger is lost: a state folder that is new, in front of an archive that holds what an earlier one left there. What the archive then holds
 * of ours is compared byte by byte.
 */
let small: SmallWorld | undefined;
afterEach(async () => {
  await small?.close();
  small = undefined;
});

const named = (...files: readonly Uint8Array[]) => files.map((bytes, i) => ({ name: `${i}-file.dcm`, bytes }));

/** What stands of each report's measurements: outcome and reason. */
async function endsOf({ world }: SmallWorld, report = REPORT) {
  const number = await world.ledger.findUid(asReadUid<SopInstanceUid>(report));
  const story = number === undefined ? undefined : await world.ledger.reportByNumber(number);
  return story?.runs[0]?.measurements.map(({ outcome, reason }) => [outcome, reason]);
}
const segmentations = async (w: SmallWorld): Promise<readonly Uint8Array[]> =>
  ownAmong(await w.files()).map(({ bytes }) => bytes);

/** The segmentation that a ledger before ours had stored for the report of the small world. */
async function storedBy(change: (world: World) => World | Promise<World> = (world) => world): Promise<Uint8Array> {
  const before = await smallWorld('live');
  try {
    await before.work(await change(before.world));
    expect(await endsOf(before)).toEqual([['stored', undefined]]);
    const [seg, ...others] = await segmentations(before);
    expect(others).toEqual([]);
    return seg!;
  } finally {
    await before.close();
  }
}

/** A new ledger finds the segmentation there and leaves it as it is; a second sweep and a replay too. */
async function foundAgain(seg: Uint8Array, change: (world: World) => World | Promise<World> = (world) => world) {
  small = await smallWorld('live', {}, named(imageFile, reportFile, seg));
  const world = await change(small.world);
  await small.work(world);
  expect(await endsOf(small)).toEqual([['already-stored', undefined]]);
  const number = await world.ledger.findUid(asReadUid<SopInstanceUid>(REPORT));
  await world.ledger.reopen({ reports: [number!] }, world.digests, 'replay', 'test');
  await small.work(world);
  expect(await endsOf(small)).toEqual([['already-stored', undefined]]);
  const there = await segmentations(small);
  expect(there.map((bytes) => Buffer.compare(bytes, seg))).toEqual([0]);
}

describe('with the ledger lost, nothing is stored twice', () => {
  let seg: Uint8Array;
  beforeAll(async () => {
    seg = await storedBy();
  }, 60_000);

  test('by another bundle', async () => {
    const drawing =
      (bundle: string) =>
      async (world: World): Promise<World> => {
        const network = startCosegmentation(await bundleAt(bundle), world.kernels);
        networks.push(network);
        return {
          ...world,
          network,
          rules: world.rules.map((rule) => ({ ...rule, method: 'cosegmentation' as const })),
          digests: { ...world.digests, methodDigest: bundle.padEnd(64, '0') },
        };
      };
    const networks: { close(): Promise<void> }[] = [];
    try {
      const drawn = await storedBy(drawing('models/default'));
      expect(Buffer.from(drawn).includes('default@')).toBe(true);
      await foundAgain(drawn, drawing('models/paper'));
    } finally {
      for (const network of networks) await network.close();
    }
  }, 120_000);

  test('by another kernel revision, whose object had another UID', async () => {
    const older = altered(seg, (dataSet) => {
      dataSet['SOPInstanceUID'] = '2.25.4711';
      for (const segment of list(dataSet['SegmentSequence']))
        for (const algorithm of list(segment['SegmentationAlgorithmIdentificationSequence']))
          algorithm['AlgorithmParameters'] = ofKernel(algorithm, 0);
    });
    await foundAgain(older);
  }, 60_000);

  test('where another processor made another pixel of it', async () => {
    const other = await storedBy((world) => ({
      ...world,
      kernels: {
        ...world.kernels,
        segment: async (task) => {
          const lesion = await world.kernels.segment(task);
          if (!lesion.ok) return lesion;
          const bits = lesion.value.mask.bits.slice();
          bits[bits.lastIndexOf(1)] = 0;
          return ok({ ...lesion.value, mask: { ...lesion.value.mask, bits } });
        },
      },
    }));
    // the same object by its identity, and not the same pixels
    const [one, two] = ownAmong([seg, other]);
    expect(two!.sop).toBe(one!.sop);
    expect(Buffer.compare(seg, other)).not.toBe(0);
    await foundAgain(other);
  }, 60_000);

  describeWith({ python: python() }, 'with a note that hides it', (peers) => {
    test('it is not stored again', async () => {
      const scratch = mkdtempSync(join(tmpdir(), 'caliper-note-'));
      try {
        const [file, out] = [join(scratch, 'seg.dcm'), join(scratch, 'note.dcm')];
        writeFileSync(file, seg);
        const script = join(import.meta.dirname, 'note_by_highdicom.py');
        await promisify(execFile)(peers.python, [script, out, '113001', file]);
        // the archive gives the note, and no more what it rejects (IHE RAD-66)
        small = await smallWorld('live', {}, named(imageFile, reportFile, readFileSync(out)));
        await small.work();
        expect(await endsOf(small)).toEqual([['skipped', 'rejected-by-note']]);
        expect(await segmentations(small)).toEqual([]);
      } finally {
        rmSync(scratch, { recursive: true });
      }
    }, 60_000);
  });
});

/** The algorithm parameters as another kernel had written them: its number stands in the work key and by itself. */
function ofKernel(algorithm: Natural, revision: number): string {
  const text = [algorithm['AlgorithmParameters']].flat().join('');
  const [key] = /[^;=]*\|[^;]*/.exec(text) ?? [''];
  const fields = key.split('|');
  expect(fields).toHaveLength(5);
  const older = text.replace(key, fields.with(3, String(revision)).join('|'));
  const changed = older.replace(`kernel=${fields[3]}`, `kernel=${revision}`);
  expect(changed).not.toBe(older);
  return changed;
}

describe('from when a destination is stored to', () => {
  const reports = (n: number) => filesOf(undefined, n);
  const uidOf = (n: number) => `2.25.${1000 + n}.5`;
  const arrive = async ({ world }: SmallWorld, n: number) => {
    const { archive } = world.destinations.get('pacs')!;
    for (const { bytes } of reports(n))
      expect((await archive.store(asReadUid<StudyInstanceUid>(`2.25.${1000 + n}.1`), [bytes])).kind).toBe('stored');
  };
  const outcomes = async (w: SmallWorld, ...numbers: readonly number[]) =>
    (await Promise.all(numbers.map((n) => endsOf(w, uidOf(n))))).map((ends) => ends?.map(([outcome]) => outcome));
  const replay = async (w: SmallWorld) => {
    await w.world.ledger.reopen({ outcome: 'would-store' }, w.world.digests, 'replay', 'test');
    await w.work();
  };
  const FIRST_LIVE: Partial<Destination> = { storeFrom: 'first-live' };

  test('first start: what was there is accounted for, what comes later is stored; with the ledger lost too, and a replay ends what was unfinished', async () => {
    small = await smallWorld('live', FIRST_LIVE, reports(1));
    await small.work();
    expect(await outcomes(small, 1)).toEqual([['would-store']]);
    await arrive(small, 2);
    await small.work();
    expect(await outcomes(small, 1, 2)).toEqual([['would-store'], ['stored']]);
    // unfinished when the ledger is lost
    await arrive(small, 3);
    const files = named(...(await small.files()));
    await small.close();

    small = await smallWorld('live', FIRST_LIVE, files);
    await small.work();
    expect(await outcomes(small, 1, 2, 3)).toEqual([['would-store'], ['already-stored'], ['would-store']]);
    expect(await segmentations(small)).toHaveLength(1);
    await replay(small);
    expect(await outcomes(small, 1, 2, 3)).toEqual([['stored'], ['already-stored'], ['stored']]);
    await arrive(small, 4);
    await small.work();
    expect(await outcomes(small, 4)).toEqual([['stored']]);
    expect(await segmentations(small)).toHaveLength(4);
  }, 90_000);

  test('shadow to live: what the shadow saw stays as it is until somebody replays it', async () => {
    small = await smallWorld('shadow', FIRST_LIVE, reports(1));
    await small.work();
    await arrive(small, 2);
    await small.work();
    expect(await outcomes(small, 1, 2)).toEqual([['would-store'], ['would-store']]);
    await small.world.ledger.registerRole('destination', 'pacs', 'live');
    await arrive(small, 3);
    await small.work();
    expect(await outcomes(small, 1, 2, 3)).toEqual([['would-store'], ['would-store'], ['stored']]);
    await replay(small);
    expect(await outcomes(small, 1, 2, 3)).toEqual([['stored'], ['stored'], ['stored']]);
  }, 60_000);

  test('a search that did not come to its end was none: what the next one shows was there too', async () => {
    small = await smallWorld('live', FIRST_LIVE, reports(1));
    const source = small.world.sources.get('pacs')!;
    let asked = 0;
    const breaking: World = {
      ...small.world,
      sources: new Map([
        [
          'pacs',
          {
            ...source,
            archive: {
              ...source.archive,
              survey: (level, query, options) =>
                level === 'instances' && asked++ === 0
                  ? Promise.resolve({ ok: false, error: { code: 'archive-busy' } })
                  : source.archive.survey(level, query, options),
            },
          },
        ],
      ]),
    };
    await small.work(breaking);
    expect(await endsOf(small, uidOf(1))).toBeUndefined();
    await small.work(breaking);
    expect(await outcomes(small, 1)).toEqual([['would-store']]);
  }, 60_000);
});
