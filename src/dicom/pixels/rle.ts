const HEADER_BYTES = 64;

/**
 * One frame of RLE Lossless (PS3.5 G) as little-endian words of `bytesPerPixel`. Undefined where the segments do not hold exactly `pixels` values:
 * too few is a cut frame, too many contradicts the header.
 */
export function decodeRle(frame: Uint8Array, pixels: number, bytesPerPixel: number): Uint8Array | undefined {
  if (frame.length < HEADER_BYTES) return undefined;
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  if (view.getUint32(0, true) !== bytesPerPixel) return undefined;

  const out = new Uint8Array(pixels * bytesPerPixel);
  for (let segment = 0; segment < bytesPerPixel; segment++) {
    const start = view.getUint32(4 + 4 * segment, true);
    const end = segment + 1 < bytesPerPixel ? view.getUint32(8 + 4 * segment, true) : frame.length;
    if (start < HEADER_BYTES || end < start || end > frame.length) return undefined;
    // the first segment holds the most significant bytes
    if (!decodeSegment(frame.subarray(start, end), out, bytesPerPixel - 1 - segment, bytesPerPixel)) return undefined;
  }
  return out;
}

/** PackBits (PS3.5 G.3.2) into every `stride`th byte of `out`; false where the segment does not fill it exactly. */
function decodeSegment(segment: Uint8Array, out: Uint8Array, first: number, stride: number): boolean {
  let at = 0;
  let to = first;
  while (to < out.length) {
    if (at >= segment.length) return false;
    const control = segment[at++]!;
    if (control === 128) continue;
    const count = control < 128 ? control + 1 : 257 - control;
    if (to + (count - 1) * stride >= out.length) return false;
    if (control < 128) {
      if (at + count > segment.length) return false;
      for (let i = 0; i < count; i++, to += stride) out[to] = segment[at++]!;
    } else {
      if (at >= segment.length) return false;
      const value = segment[at++]!;
      for (let i = 0; i < count; i++, to += stride) out[to] = value;
    }
  }
  // what may follow: a byte that makes the length even, or filling that means nothing
  const rest = segment.subarray(at);
  return rest.length <= 1 || rest.every((byte) => byte === 0 || byte === 128);
}
