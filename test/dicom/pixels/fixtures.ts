import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readPart10, type DicomFile } from '../../../src/dicom/index.js';
import { TAG } from '../../../src/domain/index.js';

const folder = join(process.cwd(), 'test/fixtures/transfer-syntaxes');

/** A file written by somebody else's encoder, the raw pixels that it holds, and by how much a lossy decoder may differ from the reference decoder. */
export interface Fixture {
  readonly file: string;
  readonly expected: string;
  readonly tolerance: number;
}

const index = JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8')) as { single: Fixture[]; frames: string[] };
export const singleFrameFixtures: readonly Fixture[] = index.single;
export const multiFrameFixtures: readonly string[] = index.frames;

export const fixtureBytes = (name: string): Buffer => readFileSync(join(folder, name));

export function read(bytes: Uint8Array): DicomFile {
  const file = readPart10(bytes);
  if (!file.ok) throw new Error(file.error.code);
  return file.value;
}

/** The raw pixels of a fixture as numbers, by the description in the file's own header. */
export function expectedValues(fixture: Fixture, file: DicomFile): readonly number[] {
  const raw = fixtureBytes(fixture.expected);
  if (file.dataSet.number(TAG.BitsAllocated) === 8) return [...raw];
  const signed = file.dataSet.number(TAG.PixelRepresentation) === 1;
  return Array.from({ length: raw.length / 2 }, (_, i) => (signed ? raw.readInt16LE(2 * i) : raw.readUInt16LE(2 * i)));
}

/** HU of a fixture by its own slope and intercept. */
export function expectedHu(fixture: Fixture, file: DicomFile): readonly number[] {
  const slope = Number(file.dataSet.text(TAG.RescaleSlope));
  const intercept = Number(file.dataSet.text(TAG.RescaleIntercept));
  return expectedValues(fixture, file).map((value) => Math.fround(value * slope + intercept));
}

export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Infinity;
  let largest = 0;
  for (let i = 0; i < a.length; i++) largest = Math.max(largest, Math.abs(a[i]! - b[i]!));
  return largest;
}
