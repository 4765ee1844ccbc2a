import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { initialiseCodecs, readPart10 } from '../../../src/dicom/index.js';
import { SOP_CLASS, TAG, type DataSet } from '../../../src/domain/index.js';
import { verifySegmentation, type VerifiedSegmentation } from '../../../src/seg-writer/index.js';
import { BitFrames } from '../../../src/seg-writer/object/bit-frames.js';
import { looksReversed } from '../../../src/seg-writer/self-check/bits-reversed.js';
import { describeWith, python, shared } from '../../environment/peers.js';
import { imagesIn } from '../ct-images.js';
import { edited, setBytes, setShort, setText, valueOf, type Tree } from '../editing.js';
import { ONLY_OF_OTHERS } from './only-of-others.js';
import { COLUMNS, READINGS } from './readings.js';

const fixtures = 'test/fixtures/segmentations';
const control = join(fixtures, 'control.dcm');
const headerOf = (path: string): DataSet => {
  const file = readPart10(readFileSync(path));
  if (!file.ok) throw new Error(path);
  return file.value.dataSet;
};
const filesIn = (folder: string): readonly string[] => readdirSync(folder).map((name) => join(folder, name));
const images = filesIn(join(fixtures, 'images')).map(headerOf);
const scratch = mkdtempSync(join(tmpdir(), 'caliper-verify-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const remembered = new Map<string, Map<unknown, VerifiedSegmentation>>();
const verified = (path: string, against: readonly DataSet[] | undefined): VerifiedSegmentation => {
  const known = remembered.get(path)?.get(against);
  if (known) return known;
  const found = verifySegmentation(readFileSync(path), against);
  if (typeof found === 'string') throw new Error(`${path}: ${found}`);
  remembered.set(path, (remembered.get(path) ?? new Map<unknown, VerifiedSegmentation>()).set(against, found));
  return found;
};
const codesOf = ({ problems }: VerifiedSegmentation): readonly string[] => [...new Set(problems.map((p) => p.code))];
const isFaulty = ({ problems }: VerifiedSegmentation): boolean => problems.some((p) => p.severity === 'error');
const READING = {
  shows: 'ok',
  refuses: 'R',
  hangs: 'HANG',
  nothing: 'E',
  wrong: 'W',
  'raw-values': 'raw',
  'not-judged': 'not judged',
} as const;
const readingsOf = (found: VerifiedSegmentation): readonly string[] =>
  COLUMNS.map((reader) => READING[found.readers.find((row) => row.reader === reader)!.does]);

const mutate = (interpreter: string, from: string, to: string): readonly string[] => {
  const run = spawnSync(interpreter, ['test/seg-writer/self-check/mutations.py', from, to], { encoding: 'utf8' });
  if (run.status !== 0) throw new Error(run.stderr);
  const names: unknown = JSON.parse(run.stdout);
  return names as readonly string[];
};

/** Where what is said is not what was measured, because nothing in object and images tells: cell by cell, `said` for `measured`. */
const CANNOT_BE_TOLD: Readonly<Record<string, string>> = {
  // position and reference contradict each other: which of them is right cannot be seen, so both kinds of readers are warned of
  '08': 'W W W W W W W',
  '11': 'W W W W W W W',
  // that items and pixels belong to each other is nowhere written; here masks then overlap
  '63': 'ok ok ok R ok ok ok',
  // the length is that of a conformant object
  '9f': 'ok ok ok W R ok ok',
  // two frames of such a size came out right, seven and sixteen did not
  '61x67x2': 'ok ok ok W W ok -',
};
/** Conformant, or wrong in what no reader looks at: warned of, or not even that. */
const NO_ERROR: ReadonlySet<string> = new Set(
  '60x72x7 61x72x7 64x66x7 60x66x7 61x67x7 00 09 34 35 40 41 46 48 49 51 60 62 64 65 80 86 92 93 96 9e 9f 9g 9h 9i 9j 9n'.split(
    ' ',
  ),
);
const OTHER_SIZES: ReadonlySet<string> = new Set(READINGS.map(([name]) => name).filter((name) => /x\d/.test(name)));
const BELOW: ReadonlySet<string> = new Set([
  'label-unknown',
  'fractional-above-maximum',
  'pixel-data-invalid',
  'images-not-at-hand',
  'no-plane-geometry',
  'transfer-syntax-compressed',
  'transfer-syntax-not-read',
]);
/** Other sizes than the images have are looked at alone. */
const comparedWith = (name: string): readonly DataSet[] | undefined =>
  OTHER_SIZES.has(name) || name === '9f' ? undefined : images;

describeWith({ python: python() }, 'objects with one change each', (peers) => {
  const mutations = join(scratch, 'mutations');
  let names: readonly string[] = [];
  beforeAll(() => {
    mkdirSync(mutations);
    names = mutate(peers.python, control, mutations);
  });

  test('every row of the table is there', () => {
    expect([...names].sort()).toEqual(READINGS.map(([name]) => name).sort());
  });

  test.each(READINGS)('%s %s', (name, _, measured) => {
    const found = verified(join(mutations, `${name}.dcm`), comparedWith(name));
    const said = readingsOf(found);
    const expected = (CANNOT_BE_TOLD[name] ?? measured).split(' ');
    expect(said.filter((__, i) => expected[i] !== '-')).toEqual(expected.filter((cell) => cell !== '-'));
    expect(isFaulty(found)).toBe(!NO_ERROR.has(name));
    // whatever a reader does has its reason in words
    for (const { does, because } of found.readers) expect(because.length > 0).toBe(does !== 'shows');
    for (const each of found.problems) expect(each.says.length * each.do.length).toBeGreaterThan(0);
  });

  test('highdicom itself reads them as the table says', () => {
    // objects that hold other masks than the control object are no test of this
    const changed = new Set(['39', '40', '51', '92', '96', '9e', '9f', ...OTHER_SIZES]);
    const compared = READINGS.filter(([name]) => !changed.has(name));
    const run = spawnSync(
      peers.python,
      ['test/seg-writer/self-check/highdicom_readings.py', control, mutations, ...compared.map(([name]) => name)],
      { encoding: 'utf8' },
    );
    if (run.status !== 0) throw new Error(run.stderr);
    expect(JSON.parse(run.stdout)).toEqual(
      Object.fromEntries(compared.map(([name, , measured]) => [name, measured.split(' ').slice(0, 2)])),
    );
  });

  test('without images references are believed, and nothing good is called bad', () => {
    for (const [name, , measured] of READINGS) {
      const found = verified(join(mutations, `${name}.dcm`), undefined);
      expect(found.images).toBe('not-at-hand');
      const said = readingsOf(found);
      measured.split(' ').forEach((cell, i) => {
        if (cell === 'ok' && name !== '63' && name !== '61x67x2')
          expect([name, COLUMNS[i], said[i]]).toEqual([name, COLUMNS[i], 'ok']);
      });
    }
  });

  test('problems of foreign objects are provoked by the rows, and by the tests below', () => {
    const provoked = new Set(
      READINGS.flatMap(([name]) =>
        [comparedWith(name), undefined].flatMap((against) =>
          codesOf(verified(join(mutations, `${name}.dcm`), against)),
        ),
      ),
    );
    expect(ONLY_OF_OTHERS.filter((code) => !provoked.has(code) && !BELOW.has(code))).toEqual([]);
  });
});

describe('forms that the rows do not have', () => {
  beforeAll(() => initialiseCodecs());
  let made = 0;
  const words = (change: (tree: Tree) => void): VerifiedSegmentation => {
    const path = join(scratch, `words-${++made}.dcm`);
    const bytes = edited(readFileSync(control), (tree) => {
      setShort(tree, TAG.BitsAllocated, 8);
      setShort(tree, TAG.BitsStored, 8);
      setShort(tree, TAG.HighBit, 7);
      const packed = valueOf(tree, TAG.PixelData);
      setBytes(
        tree,
        TAG.PixelData,
        Uint8Array.from({ length: 8 * packed.length }, (_, k) => (packed[k >> 3]! >> (k & 7)) & 1),
      );
      change(tree);
    });
    writeFileSync(path, bytes);
    return verified(path, undefined);
  };

  test('a share above the maximum', () => {
    const found = words((tree) => {
      setText(tree, TAG.SegmentationType, 'FRACTIONAL');
      tree.set(TAG.SegmentationFractionalType, { vr: 'CS', bytes: Buffer.from('OCCUPANCY ') });
      tree.set(TAG.MaximumFractionalValue, { vr: 'US', bytes: Uint8Array.of(100, 0) });
      valueOf(tree, TAG.PixelData)[5] = 101;
    });
    expect(codesOf(found)).toEqual(
      expect.arrayContaining(['fractional', 'fractional-values', 'fractional-above-maximum']),
    );
    expect(found.segments.map(({ pixels }) => pixels)).toEqual([914, 697]);
  });

  test('a label that is not described', () => {
    const found = words((tree) => {
      setText(tree, TAG.SegmentationType, 'LABELMAP');
      setText(tree, TAG.SOPClassUID, SOP_CLASS.LabelMapSegmentation);
      valueOf(tree, TAG.PixelData)[5] = 9;
    });
    expect(found.problems).toContainEqual(expect.objectContaining({ code: 'label-unknown', frame: 1 }));
    // every frame's pixels are 1 here
    expect(found.segments.map(({ pixels }) => pixels)).toEqual([913 + 697, 0]);
  });

  test('images of another study are not compared', () => {
    const other = imagesIn('test/fixtures/ct/ct23x38', /IMG/).map(({ slice }) => slice.header);
    const found = verified(control, other);
    expect(found.images).toBe('not-at-hand');
    expect(codesOf(found)).toEqual(['images-not-at-hand']);
  });

  test('no segmentation, and no DICOM', () => {
    expect(verifySegmentation(readFileSync(join(fixtures, 'images/0001.dcm')), undefined)).toBe('not-a-segmentation');
    expect(verifySegmentation(Buffer.from('<html>'), undefined)).toBe('not-dicom');
  });
});

describeWith({ python: python() }, 'compressed frames', (peers) => {
  beforeAll(() => initialiseCodecs());

  test('a label map in RLE and JPEG-LS, one that is cut, and one in a syntax that is not read', () => {
    const folder = join(scratch, 'compressed');
    mkdirSync(folder);
    const run = spawnSync(peers.python, ['test/seg-writer/self-check/compressed.py', control, folder], {
      encoding: 'utf8',
    });
    if (run.status !== 0) throw new Error(run.stderr);
    const rle = verified(join(folder, 'rle.dcm'), images);
    expect(codesOf(rle)).toEqual(['transfer-syntax-compressed', 'label-map']);
    expect(rle.segments.map(({ pixels }) => pixels)).toEqual([913, 697]);
    const jpegLs = verified(join(folder, 'jpeg-ls.dcm'), images);
    expect(jpegLs.segments.map(({ pixels }) => pixels)).toEqual([913, 697]);
    expect(codesOf(verified(join(folder, 'cut.dcm'), images))).toContain('pixel-data-invalid');
    const unknown = verified(join(folder, 'uncompressed.dcm'), images);
    expect(codesOf(unknown)).toEqual(['transfer-syntax-not-read', 'label-map']);
    expect(unknown.segments.map(({ pixels }) => pixels)).toEqual([undefined, undefined]);
  });
});

describe('bits', () => {
  const random = (seed: number): (() => number) => {
    let state = seed;
    return () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  };
  const packedOf = (bits: Uint8Array): Uint8Array => {
    const packed = new Uint8Array(Math.ceil(bits.length / 8));
    bits.forEach((bit, k) => (packed[k >> 3]! |= bit << (k & 7)));
    return packed;
  };

  test.each([33, 512, 874, 4087, 4608])(
    'frames of %s pixels are unpacked, counted and compared as one by one',
    (pixels) => {
      const next = random(pixels);
      const bits = Uint8Array.from({ length: 5 * pixels }, () => (next() < 0.3 ? 1 : 0));
      bits.fill(0, pixels, 2 * pixels);
      const frames = new BitFrames(packedOf(bits), pixels);
      for (const index of [0, 1, 2, 3, 4, 2, 0]) {
        frames.load(index);
        const own = bits.subarray(index * pixels, (index + 1) * pixels);
        expect(frames.unpacked()).toEqual(own);
        expect(frames.count()).toBe(own.reduce((sum, bit) => sum + bit, 0));
        expect(frames.isEmpty).toBe(index === 1);
      }
      const taken = frames.noneTaken();
      expect([0, 0, 1].map((index) => (frames.load(index), frames.take(taken)))).toEqual([false, true, false]);
    },
  );

  test('masks are not taken for reversed ones, and reversed ones are known', () => {
    const turned = (packed: Uint8Array): Uint8Array =>
      packed.map((byte) => Array.from({ length: 8 }, (_, k) => ((byte >> k) & 1) << (7 - k)).reduce((a, b) => a | b));
    const next = random(7);
    for (let run = 0; run < 200; run++) {
      // an ellipse at some place of a slice of some width
      const columns = 40 + Math.floor(next() * 200);
      const [a, b] = [3 + next() * 15, 3 + next() * 15];
      const [row, column] = [18 + next() * 4, 18 + next() * (columns - 36)];
      const bits = Uint8Array.from({ length: 40 * columns }, (_, k) =>
        ((Math.floor(k / columns) - row) / a) ** 2 + (((k % columns) - column) / b) ** 2 <= 1 ? 1 : 0,
      );
      expect(looksReversed(packedOf(bits))).toBe(false);
      if (a > 10 && b > 6) expect(looksReversed(turned(packedOf(bits)))).toBe(true);
      const noise = packedOf(Uint8Array.from({ length: 4096 }, () => (next() < 0.5 ? 1 : 0)));
      expect(looksReversed(noise)).toBe(false);
    }
  });
});

describeWith({ shared: shared() }, 'segmentations of five writers', (peers) => {
  const corpus = join(peers.shared, 'seg-corpus');
  const rows = readFileSync(join(corpus, 'expected.csv'), 'utf8')
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.split(',') as [string, string, string, string, string, string, string]);
  const sources = readdirSync(join(corpus, 'sources')).flatMap((folder) =>
    filesIn(join(corpus, 'sources', folder)).map(headerOf),
  );
  /** Segments with the pixels that a reader counts: `voxels 913/697`, `label:voxels 1:913 2:697`. */
  const counted = (cell: string): readonly number[] =>
    (/voxels ([\d/: ]+)/.exec(cell)?.[1] ?? '')
      .trim()
      .split(/[/ ]/)
      .map((part) => Number(part.split(':').at(-1)));
  const OUTSIDE = new Set(['seg_image_cr_binary', 'seg_image_sm_control', 'seg_image_sm_control_labelmap']);

  test.each(rows)('%s', (path, frames, segments, _, volume, dcmqi, cornerstone) => {
    for (const against of [sources, undefined]) {
      const found = verified(join(corpus, path), against);
      const background = path.includes('labelmap') ? 1 : 0;
      expect([found.frames, found.segments.length + background]).toEqual([Number(frames), Number(segments)]);
      const does = (reader: string): string => found.readers.find((row) => row.reader === reader)!.does;
      if (OUTSIDE.has(path.split('/')[1]!.replace('.dcm', ''))) {
        expect(codesOf(found)).toContain('no-plane-geometry');
        expect(new Set(found.readers.map((row) => row.does))).toEqual(new Set(['not-judged']));
      } else {
        expect(does('highdicom-volume') === 'refuses').toBe(volume.startsWith('refuses'));
        expect(does('dcmqi') === 'refuses').toBe(dcmqi.startsWith('refuses'));
        expect(does('cornerstone3d') === 'refuses').toBe(cornerstone.startsWith('refuses'));
        expect(does('cornerstone3d') === 'shows').toBe(
          cornerstone.startsWith('ok') || cornerstone.startsWith('not run'),
        );
      }
      const pixels = found.segments.map((segment) => segment.pixels);
      // highdicom counts the background of this label map as a segment
      if (volume.startsWith('ok')) expect(pixels).toEqual(counted(volume).slice(path.includes('noppv') ? 1 : 0));
    }
  });

  test('what validators find is an error, and nothing else but what readers trip over', () => {
    const faulty = rows.map(([path]) => path).filter((path) => isFaulty(verified(join(corpus, path), undefined)));
    // a text without its character set, and a tilted gantry in one object
    expect(faulty).toEqual(['made/dcmjs-0.52.0.dcm', 'made/highdicom-gantry-tilt.dcm']);
  });
});
