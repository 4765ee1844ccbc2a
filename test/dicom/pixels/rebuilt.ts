import type { Tag } from '../../../src/domain/index.js';
import { item, SEQUENCE_DELIMITATION } from '../part10/hand-made.js';

export function tagBytes(tag: Tag): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt16LE(tag >>> 16, 0);
  bytes.writeUInt16LE(tag & 0xffff, 2);
  return bytes;
}

/** Where a US element of a little endian explicit file stands. */
export function placeOf(bytes: Buffer, tag: Tag): number {
  const at = bytes.indexOf(Buffer.concat([tagBytes(tag), Buffer.from('US'), Buffer.from([2, 0])]));
  if (at < 0) throw new Error('no such element');
  return at;
}

const ENCAPSULATED = Buffer.from([0xe0, 0x7f, 0x10, 0x00, 0x4f, 0x42, 0, 0, 0xff, 0xff, 0xff, 0xff]);

/** The file with its pixel data replaced by fragments and an empty offset table; pixel data is the last element of all our fixtures. */
export function withFragments(bytes: Buffer, fragments: readonly Uint8Array[]): Buffer {
  const start = bytes.indexOf(ENCAPSULATED) + ENCAPSULATED.length;
  return Buffer.concat([
    bytes.subarray(0, start),
    item(Buffer.alloc(0)),
    ...fragments.map((fragment) => item(fragment)),
    SEQUENCE_DELIMITATION,
  ]);
}

export const withFrame = (bytes: Buffer, frame: Uint8Array): Buffer => withFragments(bytes, [frame]);
