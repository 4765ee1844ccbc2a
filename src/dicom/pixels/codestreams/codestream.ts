/**
 * What a code stream says of itself, read by us and not by its codec: codecs decode damaged and contradictory streams into plausible pixels.
 * Each inspector gives this only for a stream that is whole, from its first to its last marker.
 */
export interface Codestream {
  /** The stream as its codec wants it. */
  readonly bytes: Uint8Array;
  readonly rows: number;
  readonly columns: number;
  readonly components: number;
  /** Bits a sample, 1 to 16. */
  readonly precision: number;
  /** JPEG and JPEG-LS do not say. */
  readonly representation: 'unsigned' | 'signed' | 'unsaid';
  /** `lossy` where the stream itself shows it; a stream that was cut to a rate does not. */
  readonly loss: 'lossy' | 'not-shown';
}

/**
 * Whether what follows the end of a stream is padding: fragments are made even by one byte, which some writers leave as it was, and longer filling
 * is zero. Anything else is a second stream or somebody else's bytes.
 */
export function isPadding(bytes: Uint8Array, from: number): boolean {
  const rest = bytes.length - from;
  if (rest <= 1) return true;
  for (let i = from; i < bytes.length; i++) if (bytes[i] !== 0) return false;
  return true;
}

export const uint16 = (bytes: Uint8Array, at: number): number => (bytes[at]! << 8) | bytes[at + 1]!;
export const uint32 = (bytes: Uint8Array, at: number): number =>
  ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
