import { createHash, type Hash } from 'node:crypto';
import { asBuffer, isZero } from './pack-bits.js';

/** Most of a mask is the zeros before it: what hashing them leads to is kept, at every so many bytes. */
const STRIDE = 8192;
/** As many as a frame of 2048 x 2048 has. */
const MOST_KEPT = 512;
const ZEROS = new Uint8Array(STRIDE);
const afterZeros: Hash[] = [createHash('sha256')];

/** Digest of a segment's frames as a receipt has it: SHA-256 over one byte a pixel as it is stored, frame after frame; hex. */
export function maskDigest(frames: Iterable<Uint8Array>): string {
  let hash: Hash | undefined;
  for (const values of frames) {
    if (hash) hash.update(values);
    else hash = begun(values);
  }
  return (hash ?? createHash('sha256')).digest('hex');
}

/** A hash of the first frame. */
function begun(values: Uint8Array): Hash {
  const strides = Math.min(MOST_KEPT - 1, Math.floor(leadingZeros(values) / STRIDE));
  while (afterZeros.length <= strides) afterZeros.push(afterZeros.at(-1)!.copy().update(ZEROS));
  return afterZeros[strides]!.copy().update(values.subarray(strides * STRIDE));
}

/** Zeros before the first 1, if there is nothing else before it, as in every mask. */
function leadingZeros(values: Uint8Array): number {
  const buffer = asBuffer(values);
  const first = buffer.indexOf(1);
  const before = first < 0 ? buffer.length : first;
  return isZero(buffer, 0, before) ? before : 0;
}
