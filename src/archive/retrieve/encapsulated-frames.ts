import { TAG, type DataSet } from '../../domain/index.js';
import { encapsulatedFragments } from '../../dicom/index.js';

/**
 * Frames of encapsulated pixel data, each joined from its fragments (PS3.5 A.4): all fragments where there is one frame, a fragment a frame where
 * the numbers agree, else by the Extended Offset Table (7FE0,0001) or the Basic Offset Table where these tell, else by the marks that begin a code
 * stream. Undefined where the pixel data is not encapsulated; empty where fragments cannot be given to frames without guessing.
 */
export function encapsulatedFrames(dataSet: DataSet, count: number): readonly Uint8Array[] | undefined {
  const pixels = encapsulatedFragments(dataSet);
  if (!pixels) return undefined;
  const { fragments, offsets, basicOffsetTable } = pixels;
  if (count === 1) return fragments.length === 0 ? [] : [Buffer.concat(fragments)];
  if (fragments.length === count) return fragments;
  const tables = [dataSet.numbers(TAG.ExtendedOffsetTable), basicOffsetTable];
  const candidates = [
    ...tables.map((table) => table.map((offset) => offsets.indexOf(offset))),
    fragments.flatMap((fragment, index) => (beginsCodestream(fragment) ? [index] : [])),
  ];
  const firsts = candidates.find((candidate) => isPartition(candidate, count, fragments));
  return firsts?.map((first, frame) => Buffer.concat(fragments.slice(first, firsts[frame + 1]))) ?? [];
}

/** Tables are sometimes wrong: one is believed only where its frames begin as code streams do, if any does (RLE has no mark). */
function isPartition(firsts: readonly number[], count: number, fragments: readonly Uint8Array[]): boolean {
  if (firsts.length !== count || firsts[0] !== 0) return false;
  const ascending = firsts.every((first, frame) => frame === 0 || first > firsts[frame - 1]!);
  const marked = fragments.some(beginsCodestream);
  return ascending && (!marked || firsts.every((first) => beginsCodestream(fragments[first]!)));
}

/** JPEG and JPEG-LS; JPEG 2000; the containers of JPEG 2000 and JPEG XL; JPEG XL. */
const BEGINNINGS = ['ffd8ff', 'ff4fff51', '0000000c6a502020', '0000000c4a584c20', 'ff0a'].map((hex) =>
  Buffer.from(hex, 'hex'),
);

const beginsCodestream = (bytes: Uint8Array): boolean =>
  BEGINNINGS.some((beginning) => beginning.equals(bytes.subarray(0, beginning.length)));
