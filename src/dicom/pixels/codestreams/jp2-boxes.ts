import { isPadding, uint32 } from './codestream.js';

/** A box of the ISO base format that JP2 and JPEG XL files are made of. */
export interface Box {
  readonly type: string;
  readonly content: Uint8Array;
}

const isContainer = (bytes: Uint8Array, type: string): boolean =>
  bytes.length > 12 && uint32(bytes, 0) === 12 && typeAt(bytes, 4) === type && uint32(bytes, 8) === 0x0d0a870a;

const typeAt = (bytes: Uint8Array, at: number): string => String.fromCharCode(...bytes.subarray(at, at + 4));

/**
 * The boxes after the signature of a JP2 (`jP  `) or JPEG XL (`JXL `) file. Undefined where it is no such file, a box is longer than the file, or what
 * follows the last box is not padding.
 */
export function boxesOf(bytes: Uint8Array, signature: 'jP  ' | 'JXL '): readonly Box[] | undefined {
  if (!isContainer(bytes, signature)) return undefined;
  const boxes: Box[] = [];
  let at = 12;
  while (at + 8 <= bytes.length) {
    const short = uint32(bytes, at);
    // 0: to the end of the file; 1: the length stands in eight bytes after the type
    const header = short === 1 ? 16 : 8;
    const length =
      short === 0 ? bytes.length - at : short === 1 ? uint32(bytes, at + 8) * 2 ** 32 + uint32(bytes, at + 12) : short;
    if (length < header || at + length > bytes.length) return undefined;
    boxes.push({ type: typeAt(bytes, at + 4), content: bytes.subarray(at + header, at + length) });
    at += length;
  }
  return isPadding(bytes, at) ? boxes : undefined;
}

/**
 * The code stream inside a JP2 file, or the bytes themselves where they are none. DICOM knows no JP2 header (PS3.5 A.4.4), but files have it. Undefined
 * where the file is damaged or its samples are indices into a palette.
 */
export function jp2Codestream(bytes: Uint8Array): Uint8Array | undefined {
  if (!isContainer(bytes, 'jP  ')) return bytes;
  const boxes = boxesOf(bytes, 'jP  ');
  const header = boxes?.find((box) => box.type === 'jp2h')?.content;
  if (header && Buffer.from(header).includes('pclr', 0, 'latin1')) return undefined;
  return boxes?.find((box) => box.type === 'jp2c')?.content;
}
