import { fail, ok, TAG, type DataSet, type ReasonCode, type Result } from '../../domain/index.js';
import { encapsulatedFragments } from '../part10/encapsulated-fragments.js';
import { encapsulatedFrames } from './encapsulated-frames.js';
import type { PixelDescription } from './pixel-description.js';

/** One frame of uncompressed pixel data (frames counted from 1). A view. */
export function nativeFrame(
  header: DataSet,
  description: PixelDescription,
  frame: number,
): Result<Uint8Array, ReasonCode> {
  if (encapsulatedFragments(header)) return fail('codestream-invalid');
  const bytes = header.bytes(TAG.PixelData);
  if (!bytes || bytes.length === 0) return fail('no-pixel-data');
  const length = description.rows * description.columns * (description.bitsAllocated / 8);
  const expected = length * description.frames;
  // values have an even length (PS3.5 7.1.1)
  if (bytes.length !== expected + (expected % 2) && bytes.length !== expected) return fail('pixel-length-mismatch');
  return ok(bytes.subarray((frame - 1) * length, frame * length));
}

/** One compressed frame (frames counted from 1), joined from its fragments. A view where it is one fragment. */
export function encapsulatedFrame(
  header: DataSet,
  description: PixelDescription,
  frame: number,
): Result<Uint8Array, ReasonCode> {
  const pixels = encapsulatedFragments(header);
  if (!pixels) return fail(header.has(TAG.PixelData) ? 'codestream-invalid' : 'no-pixel-data');
  if (pixels.fragments.length === 0) return fail('no-pixel-data');
  const own = encapsulatedFrames(header, description.frames)?.[frame - 1];
  return own ? ok(own()) : fail('codestream-invalid');
}
