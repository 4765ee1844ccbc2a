/** Where the pixels of a mask lie, so that its empty rows are looked at once. */
export interface SetPixels {
  /** Indices of the first and of the last pixel that is set. */
  readonly first: number;
  readonly last: number;
  /** The mask's pixels, one byte each, four and eight at a time: eight of them are a number that is 0 only if they all are. */
  readonly words: Uint32Array;
  readonly eights: Float64Array;
}

/** Undefined for a mask without pixels. Buffer's searches are the fast ones. */
export function setPixelsOf(bits: Uint8Array): SetPixels | undefined {
  const buffer = asBuffer(bits);
  const first = buffer.indexOf(1);
  if (first < 0) return undefined;
  const last = buffer.lastIndexOf(1);
  const aligned = bits.byteOffset % 8 === 0 ? bits : new Uint8Array(bits);
  const eights = new Float64Array(aligned.buffer, aligned.byteOffset, aligned.length >> 3);
  const words = new Uint32Array(aligned.buffer, aligned.byteOffset, eights.length * 2);
  return { first, last, words, eights };
}

/** Whether any pixel is set. Buffer's search is the fast one. */
export const hasPixel = (bits: Uint8Array): boolean => asBuffer(bits).includes(1);

/** Indices of the pixels that are set, ascending. */
export function* pixelsOf(bits: Uint8Array): Generator<number> {
  const buffer = asBuffer(bits);
  for (let at = buffer.indexOf(1); at >= 0; at = buffer.indexOf(1, at + 1)) yield at;
}

export const asBuffer = (bits: Uint8Array): Buffer => Buffer.from(bits.buffer, bits.byteOffset, bits.byteLength);
