import type { CharacterSet, Delimiters } from './decoding.js';
import { REGISTRATIONS, type CodedSet, type CodeElement } from './defined-terms.js';
import { textDecoder } from './text-decoders.js';
import { upperHalf } from './upper-half.js';

const ESC = 0x1b;
const REPLACEMENT = '\ufffd';
/** The set of a half whose escape sequence is not one of DICOM's. */
type Half = CodedSet | { readonly kind: 'unknown' };
const UNKNOWN: Half = { kind: 'unknown' };
/** An upper half that nothing was called into, as where no character set is declared at all (a Philips degree sign beside `\\ISO 2022 IR 87`). */
const UNDECLARED: Half = { kind: 'single', encoding: 'latin1' };

const ESCAPES: ReadonlyMap<string, CodeElement> = new Map(
  Object.values(REGISTRATIONS).flatMap((elements) => elements.map((element) => [element.escape, element] as const)),
);

/**
 * ISO 2022 as DICOM uses it (PS3.5 6.1.2.5 and annexes H, I, K): bytes below 80 belong to G0, those above to G1; escape sequences call sets into
 * them; at delimiters both return to what value 1 of SpecificCharacterSet says. Any escape of the standard is understood, declared or not.
 */
export class CodeExtensionDecoder implements CharacterSet {
  readonly #initialG0: Half;
  readonly #initialG1: Half;

  /** `first`: registration number of value 1; empty for the default repertoire. */
  constructor(first: string) {
    const elements = REGISTRATIONS[first] ?? [];
    // a double-byte set in the lower half would leave no ASCII: the standard does not allow it as value 1
    const lower = elements.find(({ half, set }) => half === 'g0' && set.kind !== 'double');
    this.#initialG0 = lower?.set ?? { kind: 'ascii' };
    this.#initialG1 = elements.find(({ half }) => half === 'g1')?.set ?? UNDECLARED;
  }

  decode(bytes: Buffer, delimiters: Delimiters): string {
    let g0 = this.#initialG0;
    let g1 = this.#initialG1;
    let text = '';
    for (let at = 0; at < bytes.length;) {
      const byte = bytes[at]!;
      if (byte === ESC) {
        const escape = escapeAt(bytes, at + 1);
        const element = ESCAPES.get(escape);
        if (element?.half === 'g0') g0 = element.set;
        else if (element?.half === 'g1') g1 = element.set;
        else {
          text += REPLACEMENT;
          if (/^\$?[)*+\-./]/.test(escape)) g1 = UNKNOWN;
          else g0 = UNKNOWN;
        }
        at += 1 + escape.length;
      } else if (byte <= 0x20 || byte === 0x7f || (byte >= 0x80 && byte < 0xa0)) {
        if (endsLine(byte)) [g0, g1] = [this.#initialG0, this.#initialG1];
        text += String.fromCharCode(byte);
        at++;
      } else {
        const half = byte < 0x80 ? g0 : g1;
        if (half.kind === 'double') {
          const end = endOfPairs(bytes, at);
          text += end > at ? pairs(bytes, at, end, half) : REPLACEMENT;
          at = Math.max(end, at + 1);
        } else {
          text += character(byte, half);
          if (byte < 0x80 && delimits(byte, delimiters)) [g0, g1] = [this.#initialG0, this.#initialG1];
          at++;
        }
      }
    }
    return text;
  }
}

/** ISO 2022: intermediate bytes 20-2F, then one final byte 30-7E. */
function escapeAt(bytes: Buffer, start: number): string {
  let at = start;
  while (at < bytes.length && at - start < 3 && bytes[at]! >= 0x20 && bytes[at]! <= 0x2f) at++;
  if (at < bytes.length && bytes[at]! >= 0x30 && bytes[at]! <= 0x7e) at++;
  return bytes.toString('latin1', start, at);
}

const endsLine = (byte: number): boolean => byte === 0x09 || byte === 0x0a || byte === 0x0c || byte === 0x0d;

function delimits(byte: number, delimiters: Delimiters): boolean {
  if (byte === 0x5c) return delimiters !== 'paragraph';
  return delimiters === 'person-name' && (byte === 0x5e || byte === 0x3d);
}

function character(byte: number, half: Half): string {
  switch (half.kind) {
    case 'single':
      return upperHalf(half.encoding)[byte - 0x80] ?? REPLACEMENT;
    case 'romaji':
      // 5C is the yen sign there, but DICOM's delimiter first
      return byte === 0x7e ? '\u203e' : String.fromCharCode(byte);
    case 'ascii':
      return String.fromCharCode(byte);
    default:
      return REPLACEMENT;
  }
}

/** The end of the pairs of bytes that start at `at` and all lie in its half. */
function endOfPairs(bytes: Buffer, at: number): number {
  const upper = bytes[at]! & 0x80;
  const inside = (byte: number | undefined): boolean =>
    byte !== undefined && (byte & 0x80) === upper && (byte & 0x7f) >= 0x21 && (byte & 0x7f) <= 0x7e;
  let end = at;
  while (inside(bytes[end]) && inside(bytes[end + 1])) end += 2;
  return end;
}

function pairs(bytes: Buffer, start: number, end: number, set: CodedSet & { readonly kind: 'double' }): string {
  const codes: number[] = [];
  for (let at = start; at < end; at += 2) {
    if (set.prefix !== undefined) codes.push(set.prefix);
    codes.push(bytes[at]! | 0x80, bytes[at + 1]! | 0x80);
  }
  return textDecoder(set.encoding).decode(Uint8Array.from(codes));
}
