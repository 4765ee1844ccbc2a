/**
 * Frames of one bit a pixel (PS3.5 8.1.1), one at a time: `load` a frame, then ask. Everything works on words of 32 pixels and touches only those
 * that are set, since most of a mask is empty: a thousand frames are looked through in the time it takes to read them.
 */
export class BitFrames {
  readonly #packed: Uint8Array;
  readonly #pixels: number;
  readonly #words: Uint32Array;
  readonly #bits: Uint8Array;
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
    this.#bits = new Uint8Array(this.#words.length * 32);
  }

  /** Frames counted from 0. What lies beyond the end of the pixel data is zero. */
  load(index: number): void {
    const words = this.#words;
    const start = index * this.#pixels;
    if (start % 8 === 0) {
      const bytes = new Uint8Array(words.buffer);
      const own = this.#packed.subarray(start / 8, start / 8 + bytes.length);
      bytes.set(own);
      bytes.fill(0, own.length);
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

  /** One byte a pixel, 0 or 1. A view that the next frame is written into. */
  unpacked(): Uint8Array {
    const bits = this.#bits;
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
