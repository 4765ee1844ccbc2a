import { CodeExtensionDecoder } from './code-extensions.js';
import type { CharacterSet } from './decoding.js';
import { REGISTRATIONS, WHOLE_ENCODINGS, type CodedSet } from './defined-terms.js';
import { textDecoder } from './text-decoders.js';
import { upperHalf } from './upper-half.js';

/**
 * The character set that the values of SpecificCharacterSet name. Spelling is taken loosely (`ISO-IR 100`, `ISO2022IR87`). Where nothing is
 * declared, or only words that the standard does not know, bytes are read as Latin-1: every byte keeps a character of its own, so that different
 * values stay different.
 */
export function characterSetOf(terms: readonly string[]): CharacterSet {
  const names = terms.map(registrationOf);
  const whole = WHOLE_ENCODINGS[names[0] ?? ''];
  if (whole !== undefined) return { decode: (bytes) => textDecoder(whole).decode(bytes) };
  const extended = terms.length > 1 || /2022/.test(terms[0] ?? '');
  if (extended && names.some((name) => REGISTRATIONS[name] !== undefined))
    return new CodeExtensionDecoder(names[0] ?? '');
  return singleByte(REGISTRATIONS[names[0] ?? '']?.[0]?.set);
}

function registrationOf(term: string): string {
  const number = /^ISO[ _-]*(?:2022)?[ _-]*IR[ _-]*(\d+)$/i.exec(term.trim())?.[1];
  return number ?? term.trim().toUpperCase();
}

function singleByte(set: CodedSet | undefined): CharacterSet {
  if (set === undefined || set.kind === 'ascii') return { decode: (bytes) => bytes.toString('latin1') };
  // a double-byte set without code extensions is not legal; its upper half form is what such writers mean
  if (set.kind === 'double') return { decode: (bytes) => textDecoder(set.encoding).decode(bytes) };
  const upper = upperHalf(set.kind === 'single' ? set.encoding : 'latin1');
  return {
    decode: (bytes) => {
      let text = '';
      for (const byte of bytes) text += byte < 0x80 ? String.fromCharCode(byte) : upper[byte - 0x80]!;
      return text;
    },
  };
}
