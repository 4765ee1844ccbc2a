import { TAG, type DataSet } from '../../domain/index.js';
import { encapsulatedFragments, type EncapsulatedPixelData } from '../part10/encapsulated-fragments.js';

/**
 * Frames of encapsulated pixel data in their order (PS3.5 A.4), each joined from its fragments when it is asked for (a view where it is one
 * fragment). Undefined where the pixel data is not encapsulated, or where fragments cannot be given to that many frames without guessing.
 */
export function encapsulatedFrames(header: DataSet, frames: number): readonly (() => Uint8Array)[] | undefined {
  const pixels = encapsulatedFragments(header);
  if (!pixels || pixels.fragments.length === 0) return undefined;
  return firstFragments(header, pixels, frames)?.map((start, frame, starts) => () => {
    const own = pixels.fragments.slice(start, starts[frame + 1]);
    return own.length === 1 ? own[0]! : Buffer.concat(own);
  });
}

/**
 * For each frame the position of its first fragment (PS3.5 A.4). Offset tables are often empty and sometimes wrong, so one is believed only where it
 * leads to fragments that begin a code stream; else the beginnings themselves are counted. Undefined where neither fits the number of frames.
 */
function firstFragments(header: DataSet, pixels: EncapsulatedPixelData, frames: number): readonly number[] | undefined {
  const { fragments } = pixels;
  if (frames === 1) return [0];
  if (fragments.length === frames) return fragments.map((_, index) => index);

  for (const table of [extendedOffsetTable(header), pixels.basicOffsetTable]) {
    const starts = table.map((offset) => pixels.offsets.indexOf(offset));
    const fits = starts.length === frames && starts[0] === 0 && starts.every((s, i) => i === 0 || s > starts[i - 1]!);
    const known = starts.every((start) => start >= 0);
    if (fits && known && beginsRight(fragments, starts)) return starts;
  }
  const beginnings = fragments.flatMap((fragment, index) => (beginsCodestream(fragment) ? [index] : []));
  return beginnings.length === frames && beginnings[0] === 0 ? beginnings : undefined;
}

/** Beginnings of code streams stand at the frames' first fragments; RLE has no mark to go by. */
const beginsRight = (fragments: readonly Uint8Array[], starts: readonly number[]): boolean =>
  !beginsCodestream(fragments[0]!) || starts.every((start) => beginsCodestream(fragments[start]!));

/** 64-bit offsets, counted like those of the basic table (PS3.3 C.7.6.3.1.8). */
function extendedOffsetTable(header: DataSet): readonly number[] {
  const bytes = header.bytes(TAG.ExtendedOffsetTable);
  if (!bytes) return [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: Math.floor(bytes.length / 8) }, (_, i) => Number(view.getBigUint64(8 * i, true)));
}

/** Start of image of JPEG and JPEG-LS; of a JPEG 2000 code stream; of a JP2 or JPEG XL container; of a JPEG XL code stream. */
const BEGINNINGS: readonly (readonly number[])[] = [
  [0xff, 0xd8, 0xff],
  [0xff, 0x4f, 0xff, 0x51],
  [0, 0, 0, 0x0c, 0x6a, 0x50, 0x20, 0x20],
  [0, 0, 0, 0x0c, 0x4a, 0x58, 0x4c, 0x20],
  [0xff, 0x0a],
];

const beginsCodestream = (bytes: Uint8Array): boolean =>
  BEGINNINGS.some((beginning) => beginning.every((byte, i) => bytes[i] === byte));
