import { textDecoder } from './text-decoders.js';

const halves = new Map<string, readonly string[]>();

/**
 * The characters of bytes 80 to FF in a single-byte set. ISO 8859 has control characters at 80 to 9F, where the Windows pages that TextDecoder
 * means by some of these names have letters.
 */
export function upperHalf(encoding: string): readonly string[] {
  let half = halves.get(encoding);
  if (!half) {
    half = Array.from({ length: 0x80 }, (_, low) => {
      const byte = 0x80 + low;
      return byte < 0xa0 || encoding === 'latin1'
        ? String.fromCharCode(byte)
        : textDecoder(encoding).decode(Uint8Array.of(byte));
    });
    halves.set(encoding, half);
  }
  return half;
}
