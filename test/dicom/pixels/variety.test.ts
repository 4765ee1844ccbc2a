import { beforeAll, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { huSliceOf, initialiseCodecs } from '../../../src/dicom/index.js';
import { describeWith, python, shared } from '../../environment/peers.js';
import { read } from './fixtures.js';

beforeAll(initialiseCodecs);

const sha256 = (hu: Float32Array): string =>
  createHash('sha256')
    .update(new Uint8Array(hu.buffer, hu.byteOffset, hu.byteLength))
    .digest('hex');

const answer = (path: string, frame?: number): string => {
  const slice = huSliceOf(read(readFileSync(path)), frame);
  return slice.ok ? sha256(slice.value.hu) : slice.error;
};

describeWith({ shared: shared() }, 'compressed slices of real machines', ({ shared }) => {
  const variety = join(shared, 'data/studies/variety');

  // SHA-256 of the HU as 32-bit floats, decoded by pydicom 3.0.2 with pylibjpeg (libjpeg, OpenJPEG) and pyjpegls
  const one = '9604c1e4d214cc57439ad4245112231dcca532abb049f337f26130550db1048b';
  const six = readdirSync(join(variety, 'ge-one-slice-six-syntaxes')).map((name) => [
    `ge-one-slice-six-syntaxes/${name}`,
    one,
  ]);

  test.each([
    ...six,
    [
      'hitachi-ja-tilt-j2k/J2K_pixelrep_mismatch.dcm',
      'ac46d18f86e6f28c1226c2816fa8d1c81d6a27e3888de483ef0ac0a565fb32d3',
    ],
    ['flipped-rows-j2k/explicit_VR-UN.dcm', 'edf39fedbae86cb6d5d77fa1ec715c01141bd2d89a073bca539ca3f84e514bb8'],
    [
      'siemens-bad-sequence-jpegll/bad_sequence.dcm',
      'dee26d1111c6c61d6f13bea00daa5b04fd91abe069e0250830d3507533b85207',
    ],
  ])('%s', (path, expected) => expect(answer(join(variety, path))).toBe(expected));

  test('the six have one set of stored values, the one that the collection names', () => {
    expect(six).toHaveLength(6);
    const slice = huSliceOf(read(readFileSync(join(variety, six[0]![0]!))), undefined);
    if (!slice.ok) throw new Error(slice.error);
    // slope 1, intercept -1024, and no pixel of padding
    const stored = Int16Array.from(slice.value.hu, (hu) => hu + 1024);
    expect(createHash('sha256').update(new Uint8Array(stored.buffer)).digest('hex')).toMatch(/^1bee432808f4/);
  });

  test('a PET slice is not CT, whatever it can be decoded to', () =>
    expect(answer(join(variety, 'ge-pet-jpegll/GH184.dcm'))).toBe('wrong-modality'));

  test('neither are segmentations and contours', () => {
    expect(answer(join(variety, 'tiny-23x38x3/seg/label.seg'))).toBe('wrong-modality');
    expect(answer(join(variety, 'sts-008/CT/mask/RS.dcm'))).toBe('wrong-modality');
  });

  test.each([1, 2])('a perfusion map is not in HU (frame %d)', (frame) =>
    expect(answer(join(variety, 'nema-enhanced-ct/eCT_Supplemental.dcm'), frame)).toBe('pixels-not-hu'),
  );

  test('a slice without frame of reference is a slice', () => {
    const slice = huSliceOf(
      read(readFileSync(join(variety, 'siemens-bad-sequence-jpegll/bad_sequence.dcm'))),
      undefined,
    );
    expect(slice).toMatchObject({ ok: true, value: { plane: { frameOfReferenceUID: undefined } } });
  });
});

describeWith(
  { shared: shared(), python: python() },
  'every CT slice that pydicom decodes has its HU',
  ({ shared, python }) => {
    const folders = ['data/studies', 'seg-corpus/sources', 'sr-corpus/ct'].map((folder) => join(shared, folder));
    const script = join(process.cwd(), 'test/dicom/pixels/hounsfield-by-pydicom.py');
    const lines = execFileSync(python, [script, ...folders], { encoding: 'utf8', maxBuffer: 1 << 26 })
      .trim()
      .split('\n');
    const frames = lines.map((line) => JSON.parse(line) as { path: string; frame: number; sha256: string });

    test('there are many', () => expect(frames.length).toBeGreaterThan(150));

    test('each frame', () => {
      const different = frames.filter(({ path, frame, sha256 }) => answer(path, frame) !== sha256);
      expect(different).toEqual([]);
    });
  },
);
