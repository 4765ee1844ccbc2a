import { createHash } from 'node:crypto';
import type { Receipt } from '../../domain/index.js';
import type { PackedPixels } from './packed-pixels.js';
import type { FramePixels } from './stored-frames.js';

/** Digest of a segment's frames as receipts of version 2 have it: frames are mostly empty, and zeros are not hashed. */
export class MaskDigest {
  readonly #hash = createHash('sha256');
  readonly #place = new Uint32Array(2);

  add({ first, bytes }: PackedPixels): void {
    this.#place[0] = first;
    this.#place[1] = bytes.length;
    this.#hash.update(this.#place).update(bytes);
  }

  hex(): string {
    return this.#hash.digest('hex');
  }
}

/** Whether a segment's frames are those of its receipt; never where the receipt is of a version that is not known here. */
export function isOfReceipt({ version, maskSha256 }: Receipt, frames: Iterable<FramePixels>): boolean {
  return DIGESTS.get(version)?.(frames) === maskSha256;
}

const DIGESTS: ReadonlyMap<number, (frames: Iterable<FramePixels>) => string> = new Map([
  [1, digestOfValues],
  [2, digestOfPacked],
]);

function digestOfValues(frames: Iterable<FramePixels>): string {
  const hash = createHash('sha256');
  for (const { values } of frames) hash.update(values());
  return hash.digest('hex');
}

function digestOfPacked(frames: Iterable<FramePixels>): string {
  const digest = new MaskDigest();
  for (const { packed } of frames) digest.add(packed());
  return digest.hex();
}
