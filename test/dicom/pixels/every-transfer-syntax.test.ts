import { beforeAll, describe, expect, test } from '@jest/globals';
import { huSliceOf, initialiseCodecs, TRANSFER_SYNTAXES } from '../../../src/dicom/index.js';
import { TAG } from '../../../src/domain/index.js';
import {
  expectedHu,
  fixtureBytes,
  largestDifference,
  multiFrameFixtures,
  read,
  singleFrameFixtures,
} from './fixtures.js';

beforeAll(initialiseCodecs);

describe('a slice in every transfer syntax, by other encoders', () => {
  test.each(singleFrameFixtures.map((fixture) => [fixture.file, fixture] as const))('%s', (name, fixture) => {
    const file = read(fixtureBytes(name));
    const slice = huSliceOf(file, undefined);
    if (!slice.ok) throw new Error(slice.error);
    const slope = Number(file.dataSet.text(TAG.RescaleSlope));
    const difference = largestDifference(slice.value.hu, expectedHu(fixture, file));
    // in steps of the stored values, which HU in single precision give to a thousandth
    expect(difference / slope).toBeLessThan(fixture.tolerance + 1e-3);
    expect(slice.value.plane).toMatchObject({
      rows: 80,
      columns: 96,
      spacing: { betweenRows: 0.8, betweenColumns: 0.7 },
    });
    expect(slice.value.lossy).toBe(/lossy|near|baseline|extended|recompressed/.test(name));
  });

  test('every syntax that is read has a file', () => {
    const covered = new Set(singleFrameFixtures.map(({ file }) => read(fixtureBytes(file)).transferSyntaxUID));
    const readable = TRANSFER_SYNTAXES.filter((row) => row.frames !== 'not-read').map((row) => row.uid);
    expect(readable.filter((uid) => !covered.has(uid))).toEqual([]);
  });
});

describe('three frames, however they are cut into fragments', () => {
  const raw = fixtureBytes('frames.raw');
  const frameLength = 20 * 24;

  test.each(multiFrameFixtures)('%s', (name) => {
    const file = read(fixtureBytes(name));
    for (const frame of [1, 2, 3]) {
      const slice = huSliceOf(file, frame);
      if (!slice.ok) throw new Error(slice.error);
      // slope and intercept of the fixture's frames: 1, 2, 3 and -1024, -1025, -1026
      const expected = Array.from(
        { length: frameLength },
        (_, i) => raw.readUInt16LE(2 * ((frame - 1) * frameLength + i)) * frame - 1023 - frame,
      );
      expect(largestDifference(slice.value.hu, expected)).toBe(0);
      expect(slice.value.plane.position).toEqual({ space: 'patient', x: -30, y: -25, z: 95 + 5 * frame });
      expect(slice.value.plane.spacing).toEqual({ betweenRows: 2.5, betweenColumns: 3 });
    }
    expect(huSliceOf(file, 4)).toEqual({ ok: false, error: 'frame-not-in-image' });
    expect(huSliceOf(file, 0)).toEqual({ ok: false, error: 'frame-not-in-image' });
    expect(huSliceOf(file, undefined)).toEqual({ ok: false, error: 'frame-not-in-image' });
  });
});
