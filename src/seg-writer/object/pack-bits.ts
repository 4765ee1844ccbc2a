import type { SetPixels } from './set-pixels.js';

/**
 * The pixels of a mask (0 or 1, one byte each) into `packed`, the mask's first pixel at bit `start`: pixel k is bit k % 8 of byte k >> 3 (PS3.5 8.1.1 and
 * annex D). `packed` may begin within the mask, at a whole byte: then `start` is below zero.
 */
export function packFrame(bits: Uint8Array, set: SetPixels, packed: Uint8Array, start: number): void {
  if (start % 8 === 0) packWholeBytes(bits, set, packed, start / 8);
  else for (let at = set.first; at <= set.last; at++) if (bits[at] === 1) setBit(packed, start + at);
}

/** A frame that begins on a byte: eight pixels at a time, read as two little-endian words of four, from the first to the last that is set. */
function packWholeBytes(
  bits: Uint8Array,
  { first, last, words, eights }: SetPixels,
  packed: Uint8Array,
  firstByte: number,
): void {
  const whole = Math.min(eights.length, (last >> 3) + 1);
  for (let i = first >> 3; i < whole; i++)
    // eight zero bytes are a zero; most are
    if (eights[i] !== 0) packed[firstByte + i] = nibble(words[2 * i]!) | (nibble(words[2 * i + 1]!) << 4);
  for (let k = whole * 8; k <= last; k++) if (bits[k] === 1) setBit(packed, firstByte * 8 + k);
}

/** Four pixels, one a byte of the word, as four bits. */
const nibble = (word: number): number => (word | (word >>> 7) | (word >>> 14) | (word >>> 21)) & 0xf;

function setBit(packed: Uint8Array, k: number): void {
  packed[k >> 3]! |= 1 << (k & 7);
}
