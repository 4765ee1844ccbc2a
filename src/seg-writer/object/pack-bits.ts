/** Bits of `bits` (0 or 1, one byte a pixel) into `packed` from bit `start` on: pixel k is bit k % 8 of byte k >> 3 (PS3.5 8.1.1 and annex D). */
export function packFrame(bits: Uint8Array, packed: Uint8Array, start: number): void {
  if (start % 8 === 0) packWholeBytes(bits, packed, start / 8);
  else for (const at of pixelsOf(bits)) setBit(packed, start + at);
}

/** A frame that begins on a byte: eight pixels at a time, read as two little-endian words of four, from the first to the last that is set. */
function packWholeBytes(bits: Uint8Array, packed: Uint8Array, firstByte: number): void {
  const first = asBuffer(bits).indexOf(1);
  if (first < 0) return;
  const last = asBuffer(bits).lastIndexOf(1);
  const aligned = bits.byteOffset % 4 === 0 ? bits : new Uint8Array(bits);
  const words = new Uint32Array(aligned.buffer, aligned.byteOffset, aligned.length >> 2);
  const whole = Math.min(words.length >> 1, (last >> 3) + 1);
  for (let i = first >> 3; i < whole; i++) {
    const low = words[2 * i]!;
    const high = words[2 * i + 1]!;
    if ((low | high) !== 0) packed[firstByte + i] = nibble(low) | (nibble(high) << 4);
  }
  for (let k = whole * 8; k <= last; k++) if (bits[k] === 1) setBit(packed, firstByte * 8 + k);
}

/** Four pixels, one a byte of the word, as four bits. */
const nibble = (word: number): number => (word | (word >>> 7) | (word >>> 14) | (word >>> 21)) & 0xf;

function setBit(packed: Uint8Array, k: number): void {
  packed[k >> 3]! |= 1 << (k & 7);
}

/** Pixels of one frame, one byte each, 0 or 1, into `bits`. */
export function unpackFrame(packed: Uint8Array, index: number, bits: Uint8Array): void {
  const start = index * bits.length;
  if (start % 8 !== 0 || bits.length % 32 !== 0) {
    for (let k = 0; k < bits.length; k++) bits[k] = (packed[(start + k) >> 3]! >> ((start + k) & 7)) & 1;
    return;
  }
  // A frame of whole words: most words of a mask are empty and are left as they are cleared.
  bits.fill(0);
  const frame = new Uint8Array(packed.subarray(start / 8, (start + bits.length) / 8));
  const words = new Uint32Array(frame.buffer, 0, frame.length >> 2);
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    if (word !== 0) for (let k = 0; k < 32; k++) bits[32 * i + k] = (word >>> k) & 1;
  }
}

/** Whether any pixel is set. Buffer's search is the fast one. */
export const hasPixel = (bits: Uint8Array): boolean => asBuffer(bits).includes(1);

/** Indices of the pixels that are set, ascending. */
export function* pixelsOf(bits: Uint8Array): Generator<number> {
  const buffer = asBuffer(bits);
  for (let at = buffer.indexOf(1); at >= 0; at = buffer.indexOf(1, at + 1)) yield at;
}

export const asBuffer = (bits: Uint8Array): Buffer => Buffer.from(bits.buffer, bits.byteOffset, bits.byteLength);

const ZEROS = new Uint8Array(1 << 16);

/** Whether all bytes from `start` to before `end` are 0. Buffer's comparison is the fast one. */
export function isZero(bytes: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at += ZEROS.length) {
    const length = Math.min(ZEROS.length, end - at);
    if (bytes.compare(ZEROS, 0, length, at, at + length) !== 0) return false;
  }
  return true;
}
