import type { Codestream } from './codestreams/codestream.js';
import type { PixelDescription } from './pixel-description.js';

/**
 * Stored values of uncompressed words (little endian): the BitsStored bits up to HighBit, the rest of the word ignored (it may hold overlays), with
 * the sign at HighBit where values are signed (PS3.5 8.1.1). Undefined for unsigned values of 32 bits that no Int32Array holds.
 */
export function valuesOfWords(bytes: Uint8Array, description: PixelDescription): Int32Array | undefined {
  const { bitsAllocated, bitsStored, highBit, representation } = description;
  const words = wordsOf(bytes, bitsAllocated / 8);
  const values = new Int32Array(words.length);
  // to the left until the highest bit is the word's, back to the right with or without its sign
  const left = 31 - highBit;
  const right = 32 - bitsStored;
  if (representation === 'signed') for (let i = 0; i < values.length; i++) values[i] = (words[i]! << left) >> right;
  else for (let i = 0; i < values.length; i++) values[i] = (words[i]! << left) >>> right;
  return representation === 'unsigned' && bitsStored === 32 && values.some((value) => value < 0) ? undefined : values;
}

type Words = Uint8Array | Uint16Array | Int32Array;

/** Typed arrays need an aligned start; pixel data often has an odd one. */
function wordsOf(bytes: Uint8Array, size: number): Words {
  if (size === 1) return bytes;
  const aligned = bytes.byteOffset % size === 0 ? bytes : bytes.slice();
  const count = Math.floor(aligned.length / size);
  return size === 2
    ? new Uint16Array(aligned.buffer, aligned.byteOffset, count)
    : new Int32Array(aligned.buffer, aligned.byteOffset, count);
}

/** Lossy coding may overshoot the range of BitsStored; beyond this share of it the stream contradicts the header. */
const OVERSHOOT = 1 / 16;

/**
 * Stored values of decoded samples. The stream's precision is often larger than BitsStored (encoders write that of the word), so every sample has to be
 * a value that BitsStored can hold: as a signed number of the stream's precision, or masked to BitsStored, the same way throughout. Undefined where
 * stream and header contradict each other.
 */
export function valuesOfSamples(
  samples: Uint8Array,
  stream: Codestream,
  description: PixelDescription,
): Int32Array | undefined {
  const { bitsStored, highBit, bitsAllocated } = description;
  const { precision } = stream;
  if (highBit !== bitsStored - 1 || precision > bitsAllocated) return undefined;
  const words = wordsOf(samples, precision > 8 ? 2 : 1);
  const overshoot = stream.loss === 'lossy' ? Math.floor(2 ** bitsStored * OVERSHOOT) : 0;
  const full = 2 ** bitsStored;

  if (description.representation === 'unsigned')
    return stream.representation === 'signed' ? undefined : within(unsigned(words), 0, full - 1, overshoot);

  // codecs give the samples of signed streams sign-extended to the word
  if (stream.representation === 'signed')
    return within(signed(words, precision > 8 ? 16 : 8), -full / 2, full / 2 - 1, overshoot);
  // a stream that is narrower than the header says does not say where its sign is
  if (precision < bitsStored) return undefined;
  return (
    within(signed(words, precision), -full / 2, full / 2 - 1, overshoot) ??
    (within(unsigned(words), 0, full - 1, 0) && signed(words, bitsStored))
  );
}

const unsigned = (words: Words): Int32Array => Int32Array.from(words);

/** The lowest `bits` of each word as a number in two's complement. */
function signed(words: Words, bits: number): Int32Array {
  const unused = 32 - bits;
  const values = new Int32Array(words.length);
  for (let i = 0; i < values.length; i++) values[i] = (words[i]! << unused) >> unused;
  return values;
}

/** The values, those that overshoot brought back; undefined where one lies further outside. */
function within(values: Int32Array, low: number, high: number, overshoot: number): Int32Array | undefined {
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value < low - overshoot || value > high + overshoot) return undefined;
    values[i] = Math.min(Math.max(value, low), high);
  }
  return values;
}
