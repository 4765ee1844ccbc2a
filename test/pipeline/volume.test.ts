import { afterAll, describe, expect, test } from '@jest/globals';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Archive } from '../../src/dicomweb/index.js';
import type { ReportNumber } from '../../src/ledger/index.js';
import { makePhantomStudy, type PhantomTruth } from '../../src/phantom/index.js';
import { lesionViews, type World } from '../../src/pipeline/index.js';
import { describeWith, python } from '../environment/peers.js';
import { filesOf } from './altered-phantom.js';
import { smallWorld } from './small-world.js';

const here = new URL('.', import.meta.url).pathname;
const scratch = mkdtempSync(join(tmpdir(), 'caliper-volume-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const study = makePhantomStudy(1);

interface Decoded {
  readonly trackingUID: string;
  readonly image: string;
  readonly bySource: readonly (readonly [number, number])[];
  readonly byPlace: readonly (readonly [number, number])[];
}

/** Dice over all slices of what highdicom reads of a segment. */
function diceWith(truth: PhantomTruth, frames: readonly Decoded[]): number {
  let [inTruth, inMask, both] = [0, 0, 0];
  for (const [image, { bits }] of truth.volume()) {
    for (const bit of bits) inTruth += bit;
    for (const [start, length] of frames.find((f) => f.image === image)?.bySource ?? []) {
      inMask += length;
      for (let p = start; p < start + length; p++) both += bits[p]!;
    }
  }
  return (2 * both) / (inTruth + inMask);
}

function expectVolumes(decoded: readonly Decoded[]): void {
  const all: number[] = [];
  for (const truth of study.truths) {
    const frames = decoded.filter((d) => d.trackingUID === truth.trackingUID);
    const dice = diceWith(truth, frames);
    process.stderr.write(`${truth.name}: ${frames.length} slices, Dice ${dice.toFixed(3)}\n`);
    expect(frames.length).toBeGreaterThan(1);
    expect(dice).toBeGreaterThan(0.88);
    all.push(dice);
    for (const frame of frames) expect(frame.byPlace).toEqual(frame.bySource);
  }
  expect(all.reduce((sum, dice) => sum + dice, 0) / all.length).toBeGreaterThan(0.92);
}

/** The same world, told to follow lesions beyond their marked slices, with an archive that counts. */
function counted(world: World): { world: World; retrieved: Set<string> } {
  const retrieved = new Set<string>();
  const counting = (archive: Archive): Archive => ({
    ...archive,
    retrieve: (ref, ...rest) => {
      retrieved.add(ref.instance);
      return archive.retrieve(ref, ...rest);
    },
  });
  const sources = [...world.sources].map(
    ([name, source]) => [name, { ...source, images: source.images.map(counting) }] as const,
  );
  return { world: { ...world, extent: 'volume', sources: new Map(sources) }, retrieved };
}

describeWith({ python: python() }, 'lesions on all the slices that they reach', (peers) => {
  const decodedIn = (folder: string, sources: string): readonly Decoded[] =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((f) => f.endsWith('.dcm') && !f.startsWith('ct/') && f !== 'report.dcm')
      .flatMap((f) =>
        execFileSync(peers.python, [join(here, 'decode_segmentation.py'), join(folder, f), sources], {
          encoding: 'utf8',
          maxBuffer: 1 << 28,
        })
          .split('\n')
          .filter((line) => line.startsWith('{'))
          .map((line) => JSON.parse(line) as Decoded),
      );

  test('from an archive: the neighbours are fetched outwards, and one segment has a frame a slice', async () => {
    const small = await smallWorld('live', {}, study.files);
    try {
      const { world, retrieved } = counted(small.world);
      await small.work(world);
      const run = (await small.world.ledger.reportByNumber(1 as ReportNumber))!.runs[0]!;
      expect(run.measurements.map((m) => m.outcome)).toEqual(study.truths.map(() => 'stored'));
      expectVolumes(decodedIn(small.folder, join(small.folder, 'ct')));

      // a person is shown the marked slice with its own frame of the stored segment
      const views = await lesionViews((await small.world.ledger.reportByNumber(1 as ReportNumber))!, world);
      expect(views.size).toBe(study.truths.length);
      for (const view of views.values())
        expect(view).toMatchObject({ ok: true, value: { measuredMm: expect.anything() } });

      // no slice beyond those next to where a lesion ends
      const reached = new Set<string>();
      for (const { volume } of study.truths) {
        const slices = [...volume()];
        slices.forEach(([image], s) => {
          const near = slices.slice(Math.max(0, s - 2), s + 3);
          if (near.some(([, mask]) => mask.bits.includes(1))) reached.add(image);
        });
      }
      for (const image of retrieved) expect(reached).toContain(image);

      await small.work(world);
      expect(readdirSync(small.folder, { recursive: true }).length).toBeLessThan(40);
    } finally {
      await small.close();
    }
  });

  test('from a folder', () => {
    const [input, out] = [join(scratch, 'in'), join(scratch, 'out')];
    for (const { name, bytes } of study.files) {
      mkdirSync(dirname(join(input, name)), { recursive: true });
      writeFileSync(join(input, name), bytes);
    }
    const args = [
      'segment',
      '--input',
      input,
      '--out',
      out,
      '--extent',
      'volume',
      '--method',
      'grabcut',
      '--json',
      '--threads',
      '1',
    ];
    const ran = spawnSync(process.execPath, ['bin/caliper.mjs', ...args], { encoding: 'utf8' });
    expect({ status: ran.status, stderr: ran.status === 0 ? '' : ran.stderr }).toEqual({ status: 0, stderr: '' });
    const lines = ran.stdout
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as { slices: number; volumeMm3: number; outcome: string });
    expect(lines.map((line) => line.outcome)).toEqual(study.truths.map(() => 'written'));
    const decoded = decodedIn(out, join(input, 'ct'));
    expectVolumes(decoded);
    lines.forEach((line, i) => {
      const frames = decoded.filter((d) => d.trackingUID === study.truths[i]!.trackingUID);
      expect(line.slices).toBe(frames.length);
      const pixels = frames.flatMap((f) => f.bySource).reduce((sum, [, length]) => sum + length, 0);
      // slices of 5 mm, pixels of 0.7 mm
      expect(line.volumeMm3).toBeCloseTo(pixels * 5 * 0.7 * 0.7, 0);
    });
  });
});

describe('a series of one slice', () => {
  test('is segmented on that slice, in volume mode too', async () => {
    const small = await smallWorld('live', {}, filesOf(undefined, 1));
    try {
      await small.work(counted(small.world).world);
      const run = (await small.world.ledger.reportByNumber(1 as ReportNumber))!.runs[0]!;
      expect(run.measurements.map((m) => m.outcome)).toEqual(['stored']);
    } finally {
      await small.close();
    }
  });
});
