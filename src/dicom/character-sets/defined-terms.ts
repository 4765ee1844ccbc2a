/**
 * The character sets of SpecificCharacterSet (PS3.3 C.12.1.1.2) by their ISO registration number, and how code extensions (ISO 2022) call them:
 * `g0` is the escape that puts a set into the lower half (bytes 21-7E), `g1` into the upper (A1-FE).
 */
export interface CodeElement {
  /** Escape sequence without the ESC byte. */
  readonly escape: string;
  readonly half: 'g0' | 'g1';
  readonly set: CodedSet;
}

export type CodedSet =
  | { readonly kind: 'ascii' }
  | { readonly kind: 'romaji' }
  /** One byte a character; the upper half is that of a WHATWG encoding. */
  | { readonly kind: 'single'; readonly encoding: string }
  /** Two bytes a character; the lead byte of the WHATWG encoding's longer form stands before the pair where one is needed. */
  | { readonly kind: 'double'; readonly encoding: string; readonly prefix?: number };

const single = (encoding: string): CodedSet => ({ kind: 'single', encoding });
const ASCII: CodedSet = { kind: 'ascii' };
const ROMAJI: CodedSet = { kind: 'romaji' };

/**
 * By the number in `ISO_IR n` and `ISO 2022 IR n`; the first element of a row is the one that gives it its name. `latin1` is Buffer's word: the
 * WHATWG labels iso-8859-1, -9 and -11 mean Windows code pages, whose bytes 80-9F differ and are never taken from them (`upper-half.ts`).
 */
export const REGISTRATIONS: Readonly<Record<string, readonly CodeElement[]>> = {
  6: [{ escape: '(B', half: 'g0', set: ASCII }],
  100: [{ escape: '-A', half: 'g1', set: single('latin1') }],
  101: [{ escape: '-B', half: 'g1', set: single('iso-8859-2') }],
  109: [{ escape: '-C', half: 'g1', set: single('iso-8859-3') }],
  110: [{ escape: '-D', half: 'g1', set: single('iso-8859-4') }],
  144: [{ escape: '-L', half: 'g1', set: single('iso-8859-5') }],
  127: [{ escape: '-G', half: 'g1', set: single('iso-8859-6') }],
  126: [{ escape: '-F', half: 'g1', set: single('iso-8859-7') }],
  138: [{ escape: '-H', half: 'g1', set: single('iso-8859-8') }],
  148: [{ escape: '-M', half: 'g1', set: single('windows-1254') }],
  203: [{ escape: '-b', half: 'g1', set: single('iso-8859-15') }],
  166: [{ escape: '-T', half: 'g1', set: single('windows-874') }],
  13: [
    { escape: ')I', half: 'g1', set: single('shift_jis') },
    { escape: '(J', half: 'g0', set: ROMAJI },
  ],
  87: [{ escape: '$B', half: 'g0', set: { kind: 'double', encoding: 'euc-jp' } }],
  159: [{ escape: '$(D', half: 'g0', set: { kind: 'double', encoding: 'euc-jp', prefix: 0x8f } }],
  149: [{ escape: '$)C', half: 'g1', set: { kind: 'double', encoding: 'euc-kr' } }],
  58: [{ escape: '$)A', half: 'g1', set: { kind: 'double', encoding: 'gbk' } }],
};

/** Character sets that stand alone and know no escapes, by registration number or name. */
export const WHOLE_ENCODINGS: Readonly<Record<string, string>> = { 192: 'utf-8', GB18030: 'gb18030', GBK: 'gbk' };
