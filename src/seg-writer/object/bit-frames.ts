import type { PackedPixels } from './packed-pixels.js';
import { asBuffer, type SetPixels } from './set-pixels.js';

/**
 * Frames of one bit a pixel (PS3.5 8.1.1), one at a time: `load` a frame, then ask. Everything works on words of 32 pixels and touches only those
 * that are set, since most of a mask is empty: a thousand frames are looked through in the time it takes to read them.
 */
export class BitFrames {
  readonly #packed: Uint8Array;
  readonly #pixels: number;
  readonly #words: Uint32Array;
  /** The bytes of `#words`. */
  readonly #bytes: Uint8Array;
  /** Made when it is first asked for. */
  #bits: Uint8Array | undefined;
  /** Words that are set in the frame: from `#first` up to but not `#end`. */
  #first = 0;
  #end = 0;
  /** Words that are unpacked in `#bits`. */
  #unpackedFirst = 0;
  #unpackedEnd = 0;

  constructor(packed: Uint8Array, pixelsPerFrame: number) {
    this.#packed = packed;
    this.#pixels = pixelsPerFrame;
    this.#words = new Uint32Array(Math.ceil(pixelsPerFrame / 32));
    this.#bytes = new Uint8Array(this.#words.buffer);
  }

  /** Frames counted from 0. What lies beyond the end of the pixel data is zero. */
  load(index: number): void {
    const words = this.#words;
    const start = index * this.#pixels;
    if (start % 8 === 0) {
      const own = this.#packed.subarray(start / 8, start / 8 + this.#bytes.length);
      this.#bytes.set(own);
      if (own.length < this.#bytes.length) this.#bytes.fill(0, own.length);
    } else this.#shift(start);
    // the next frame may begin in the last word
    const rest = this.#pixels % 32;
    if (rest !== 0) words[words.length - 1]! &= 2 ** rest - 1;
    let first = 0;
    while (first < words.length && words[first] === 0) first++;
    let end = words.length;
    while (end > first && words[end - 1] === 0) end--;
    this.#first = first;
    this.#end = end;
  }

  /** A frame that begins within a byte. */
  #shift(start: number): void {
    const packed = this.#packed;
    const shift = start % 8;
    let at = start >> 3;
    const next = (): number => {
      const byte = ((packed[at] ?? 0) >> shift) | ((packed[at + 1] ?? 0) << (8 - shift));
      at++;
      return byte & 0xff;
    };
    for (let i = 0; i < this.#words.length; i++)
      this.#words[i] = next() | (next() << 8) | (next() << 16) | (next() << 24);
  }

  get isEmpty(): boolean {
    return this.#first === this.#end;
  }

  /** How many pixels are set. */
  count(): number {
    let count = 0;
    for (let i = this.#first; i < this.#end; i++) {
      let word = this.#words[i]!;
      word -= (word >>> 1) & 0x55555555;
      word = (word & 0x33333333) + ((word >>> 2) & 0x33333333);
      count += Math.imul((word + (word >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
    }
    return count;
  }

  /** Whether exactly the pixels of a mask, one byte a pixel, are set in a frame. It need not be loaded. */
  holds(index: number, mask: Uint8Array, set: SetPixels): boolean {
    const start = index * this.#pixels;
    if (start % 8 !== 0 || this.#pixels % 8 !== 0) {
      this.load(index);
      return holdsPixels(this.#bytes, 0, this.#bytes.length, mask, set, 0);
    }
    const packed = asBuffer(this.#packed);
    const [begin, end] = [start >> 3, (start + this.#pixels) >> 3];
    const [first, last] = [begin + (set.first >> 3), begin + (set.last >> 3)];
    return (
      end <= packed.length &&
      isZero(packed, begin, first) &&
      isZero(packed, last + 1, end) &&
      holdsPixels(packed, first, last + 1, mask, set, begin)
    );
  }

  /** The bytes from the first to the last that is not zero, eight pixels a byte from a whole byte on. A view that the next frame is written into. */
  packed(): PackedPixels {
    let first = this.#first * 4;
    let end = this.#end * 4;
    while (first < end && this.#bytes[first] === 0) first++;
    while (end > first && this.#bytes[end - 1] === 0) end--;
    return { first: end > first ? first : 0, bytes: this.#bytes.subarray(first, end) };
  }

  /** One byte a pixel, 0 or 1. A view that the next frame is written into. */
  unpacked(): Uint8Array {
    const bits = (this.#bits ??= new Uint8Array(this.#words.length * 32));
    bits.fill(0, this.#unpackedFirst * 32, this.#unpackedEnd * 32);
    for (let i = this.#first; i < this.#end; i++) {
      const word = this.#words[i]!;
      if (word !== 0) for (let k = 0; k < 32; k++) bits[32 * i + k] = (word >>> k) & 1;
    }
    this.#unpackedFirst = this.#first;
    this.#unpackedEnd = this.#end;
    return bits.subarray(0, this.#pixels);
  }

  /** Adds the frame to pixels that are taken, one bit a pixel in words; whether one of them was taken before. */
  take(taken: Uint32Array): boolean {
    let shared = 0;
    for (let i = this.#first; i < this.#end; i++) {
      shared |= taken[i]! & this.#words[i]!;
      taken[i]! |= this.#words[i]!;
    }
    return shared !== 0;
  }

  /** A place for `take`, with nothing taken. */
  noneTaken(): Uint32Array {
    return new Uint32Array(this.#words.length);
  }
}

/** Four pixels, one a byte of a word, for each four bits. */
const SPREAD = Uint32Array.from({ length: 16 }, (_, bits) =>
  [0, 1, 2, 3].reduce((word, k) => word | (((bits >> k) & 1) << (8 * k)), 0),
);

/** Whether bytes `start` to before `end` are the pixels of a mask, whose first eight are byte `origin`. */
function holdsPixels(
  packed: Uint8Array,
  start: number,
  end: number,
  mask: Uint8Array,
  { words, eights }: SetPixels,
  origin: number,
): boolean {
  for (let i = start; i < end; i++) {
    const byte = packed[i]!;
    const at = i - origin;
    // eight pixels that are not set are a zero; most are
    if (byte === 0 && at < eights.length) {
      if (eights[at] !== 0) return false;
      continue;
    }
    const low = SPREAD[byte & 0xf]!;
    const high = SPREAD[byte >> 4]!;
    // the last pixels of a frame may be fewer than eight
    if (at < eights.length ? words[2 * at] !== low || words[2 * at + 1] !== high : !endsWith(mask, 8 * at, low, high))
      return false;
  }
  return true;
}

const endsWith = (mask: Uint8Array, from: number, low: number, high: number): boolean =>
  [0, 1, 2, 3, 4, 5, 6, 7].every((k) => (mask[from + k] ?? 0) === (((k < 4 ? low : high) >>> (8 * (k % 4))) & 1));

const ZEROS = new Uint8Array(1 << 16);

/** Whether all bytes from `start` to before `end` are 0. Buffer's comparison is the fast one. */
function isZero(bytes: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at += ZEROS.length) {
    const length = Math.min(ZEROS.length, end - at);
    if (bytes.compare(ZEROS, 0, length, at, at + length) !== 0) return false;
  }
  return true;
}
