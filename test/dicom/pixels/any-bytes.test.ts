import { beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  encapsulatedFragments,
  huSliceOf,
  imagePlaneOf,
  initialiseCodecs,
  readPart10,
} from '../../../src/dicom/index.js';
import { REASONS } from '../../../src/domain/index.js';
import { fixtureBytes, multiFrameFixtures, read, singleFrameFixtures } from './fixtures.js';
import { withFragments } from './rebuilt.js';

beforeAll(initialiseCodecs);

const names = [...singleFrameFixtures.map(({ file }) => file), ...multiFrameFixtures];
const files = names.map((name) => fixtureBytes(name));
const compressed = files
  .map((bytes) => ({ bytes, pixels: encapsulatedFragments(read(bytes).dataSet) }))
  .flatMap(({ bytes, pixels }) => (pixels ? [{ bytes, fragments: pixels.fragments }] : []));

/** Bytes to overwrite; headers, which are dense with meaning, more often than the rest. */
const changes = fc.array(
  fc.record({
    place: fc.oneof(fc.double({ min: 0, max: 0.05, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true })),
    value: fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(0, 1, 127, 128, 255)),
  }),
  { minLength: 1, maxLength: 4 },
);

function changed(bytes: Uint8Array, by: readonly { place: number; value: number }[]): Buffer {
  const copy = Buffer.from(bytes);
  for (const { place, value } of by) copy[Math.min(copy.length - 1, Math.floor(place * copy.length))] = value;
  return copy;
}

function expectAnAnswer(bytes: Uint8Array, frame: number | undefined): void {
  const file = readPart10(bytes);
  if (!file.ok) return;
  const slice = huSliceOf(file.value, frame);
  if (!slice.ok) {
    expect(Object.keys(REASONS)).toContain(slice.error);
    return;
  }
  const { plane, hu } = slice.value;
  expect(hu.length).toBe(plane.rows * plane.columns);
  expect(hu.every(Number.isFinite)).toBe(true);
  expect(imagePlaneOf(file.value.dataSet, frame)).toEqual({ ok: true, value: plane });
}

const seed = 20_261_124;

test('changed bytes anywhere in a file give a slice or a reason', () => {
  fc.assert(
    fc.property(fc.constantFrom(...files), changes, fc.constantFrom(undefined, 1, 2), (bytes, by, frame) =>
      expectAnAnswer(changed(bytes, by), frame),
    ),
    { seed, numRuns: 250 },
  );
});

test('changed bytes in a code stream give a slice or a reason', () => {
  fc.assert(
    fc.property(fc.constantFrom(...compressed), changes, ({ bytes, fragments }, by) =>
      expectAnAnswer(withFragments(bytes, [changed(Buffer.concat(fragments), by), ...fragments.slice(1)]), 1),
    ),
    { seed, numRuns: 250 },
  );
});

test('fragments that are lost, repeated or exchanged give a slice or a reason', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...compressed),
      fc.array(fc.nat({ max: 5 }), { maxLength: 7 }),
      ({ bytes, fragments }, order) =>
        expectAnAnswer(
          withFragments(
            bytes,
            order.map((index) => fragments[index % fragments.length]!),
          ),
          1,
        ),
    ),
    { seed, numRuns: 100 },
  );
});
