import { isPadding, uint16 } from './codestream.js';

/** A marker segment; `start` and `end` bound its parameters, after the length. */
export interface Segment {
  readonly marker: number;
  readonly start: number;
  readonly end: number;
}

const SOI = 0xd8;
const EOI = 0xd9;
const SOS = 0xda;
const TEM = 0x01;
const isRestart = (marker: number): boolean => marker >= 0xd0 && marker <= 0xd7;

/** What stands after FF inside entropy-coded data: JPEG stuffs a zero byte (T.81 B.1.1.5), JPEG-LS a zero bit (T.87 C.2.1). */
export type Stuffing = 'zero-byte' | 'zero-bit';

/**
 * The marker segments of a JPEG or JPEG-LS image in their order. Undefined unless they lead from start to end of image without a gap and nothing but
 * padding follows.
 */
export function jpegSegments(bytes: Uint8Array, stuffing: Stuffing): readonly Segment[] | undefined {
  if (bytes[0] !== 0xff || bytes[1] !== SOI) return undefined;
  const segments: Segment[] = [];
  let at = 2;
  while (at + 1 < bytes.length) {
    if (bytes[at] !== 0xff) return undefined;
    // any number of FF may stand before a marker
    while (bytes[at + 1] === 0xff) at++;
    const marker = bytes[at + 1];
    at += 2;
    if (marker === EOI) return isPadding(bytes, at) ? segments : undefined;
    if (marker === undefined || marker === 0 || marker === SOI || isRestart(marker)) return undefined;
    if (marker === TEM) continue;
    if (at + 2 > bytes.length) return undefined;
    const length = uint16(bytes, at);
    if (length < 2 || at + length > bytes.length) return undefined;
    segments.push({ marker, start: at + 2, end: at + length });
    at += length;
    if (marker === SOS) at = endOfScan(bytes, at, stuffing);
  }
  return undefined;
}

/** Where the first marker after entropy-coded data stands that is no restart. */
function endOfScan(bytes: Uint8Array, from: number, stuffing: Stuffing): number {
  let at = from;
  while (at + 1 < bytes.length) {
    if (bytes[at] !== 0xff) at++;
    else {
      const next = bytes[at + 1]!;
      const data = stuffing === 'zero-byte' ? next === 0 : next < 0x80;
      if (!data && !isRestart(next)) return at;
      at += 2;
    }
  }
  return bytes.length;
}
