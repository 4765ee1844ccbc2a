import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { dicomJsonOf, encapsulatedFragments, readPart10 } from '../../../src/dicom/index.js';
import type { DataSet } from '../../../src/domain/index.js';
import { file, SYNTAX } from './hand-made.js';

const folders = ['data-sets', 'character-sets'].map((name) => join(process.cwd(), 'test/fixtures', name));
const files = folders.flatMap((folder) =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.dcm'))
    .map((name) => readFileSync(join(folder, name))),
);
const whole = [...files, file(SYNTAX.deflated, deflateRawSync(files[0]!.subarray(400)))];

/** A real file with some bytes changed, taken out, put in or cut off; more often in its first kilobyte, where structure is dense. */
const damaged = fc
  .record({
    bytes: fc.constantFrom(...whole),
    changes: fc.array(
      fc.record({
        place: fc.double({ min: 0, max: 1, noNaN: true }),
        early: fc.boolean(),
        remove: fc.integer({ min: 0, max: 12 }),
        insert: fc.oneof(
          fc.uint8Array({ maxLength: 12 }),
          fc.constantFrom(
            Uint8Array.of(0xff, 0xff, 0xff, 0xff),
            Uint8Array.of(0xfe, 0xff, 0x00, 0xe0, 0xff, 0xff, 0xff, 0xff),
            Uint8Array.of(0xfe, 0xff, 0x0d, 0xe0, 0, 0, 0, 0),
            Uint8Array.of(0xfe, 0xff, 0xdd, 0xe0, 0, 0, 0, 0),
            Uint8Array.of(0x53, 0x51),
            Uint8Array.of(0x55, 0x4e, 0, 0, 0xff, 0xff, 0xff, 0xff),
          ),
        ),
      }),
      { minLength: 1, maxLength: 8 },
    ),
    keep: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  .map(({ bytes, changes, keep }) => {
    let out: Uint8Array = bytes;
    for (const { place, early, remove, insert } of changes) {
      const at = Math.floor(place * (early ? Math.min(1024, out.length) : out.length));
      out = Buffer.concat([out.subarray(0, at), insert, out.subarray(at + remove)]);
    }
    return keep < 0.3 ? out.subarray(0, Math.floor((keep / 0.3) * out.length)) : out;
  });

function useAll(dataSet: DataSet): number {
  let elements = 0;
  for (const tag of dataSet.tags()) {
    elements++;
    expect(typeof dataSet.vr(tag)).toBe('string');
    dataSet.texts(tag);
    dataSet.numbers(tag);
    dataSet.number(tag);
    dataSet.bytes(tag);
    for (const item of dataSet.items(tag)) elements += useAll(item);
  }
  return elements;
}

function readAll(bytes: Uint8Array): void {
  const result = readPart10(bytes);
  if (!result.ok) return;
  const { dataSet, meta, problems } = result.value;
  // an element takes at least 8 bytes, so that there cannot be more; deflated ones are as many as the file they were made of has
  expect(useAll(dataSet) + useAll(meta)).toBeLessThanOrEqual(Math.max(bytes.length, 10_000) / 8);
  for (const { offset } of problems) expect(offset).toBeGreaterThanOrEqual(0);
  encapsulatedFragments(dataSet);
  JSON.stringify(dicomJsonOf(dataSet));
}

describe('any bytes give a value', () => {
  test('damaged files', () => {
    fc.assert(fc.property(damaged, readAll), { numRuns: 3_000, seed: 20 });
  });

  test('arbitrary bytes behind a prefix, in every encoding', () => {
    const syntax = fc.constantFrom(...Object.values(SYNTAX));
    fc.assert(
      fc.property(syntax, fc.uint8Array({ maxLength: 300 }), (uid, bytes) => readAll(file(uid, bytes))),
      { numRuns: 2_000, seed: 20 },
    );
  });

  test('reading leaves the bytes as they are and depends on nothing else', () => {
    fc.assert(
      fc.property(damaged, (bytes) => {
        const before = Buffer.from(bytes);
        const json = (): string => {
          const result = readPart10(bytes);
          return result.ok ? JSON.stringify(dicomJsonOf(result.value.dataSet)) : result.error.code;
        };
        expect(json()).toBe(json());
        expect(before.equals(bytes)).toBe(true);
      }),
      { numRuns: 300, seed: 21 },
    );
  });
});
