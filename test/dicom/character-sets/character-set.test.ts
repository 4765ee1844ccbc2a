import { describe, expect, test } from '@jest/globals';
import { characterSetOf } from '../../../src/dicom/character-sets/character-set.js';
import type { Delimiters } from '../../../src/dicom/character-sets/decoding.js';

/** Bytes as text with `\e` for ESC and two hexadecimal digits in `<>` for others. */
const bytes = (text: string): Buffer =>
  Buffer.from(
    text
      .replace(/\\e/g, '\x1b')
      .replace(/<([0-9a-f]{2})>/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16))),
    'latin1',
  );

const decode = (terms: readonly string[], text: string, delimiters: Delimiters = 'person-name'): string =>
  characterSetOf(terms).decode(bytes(text), delimiters);

describe('the examples of PS3.5 and PS3.3', () => {
  test.each([
    // PS3.5 H.3.1
    [
      ['', 'ISO 2022 IR 87'],
      'Yamada^Tarou=\\e$B;3ED\\e(B^\\e$BB@O:\\e(B=\\e$B$d$^$@\\e(B^\\e$B$?$m$&\\e(B',
      'Yamada^Tarou=山田^太郎=やまだ^たろう',
    ],
    // PS3.5 H.3.2
    [
      ['ISO 2022 IR 13', 'ISO 2022 IR 87'],
      '<d4><cf><c0><de>^<c0><db><b3>=\\e$B;3ED\\e(J^\\e$BB@O:\\e(J=\\e$B$d$^$@\\e(J^\\e$B$?$m$&\\e(J',
      'ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう',
    ],
    // PS3.5 I.2
    [
      ['', 'ISO 2022 IR 149'],
      'Hong^Gildong=\\e$)C<fb><f3>^\\e$)C<d1><ce><d4><d7>=\\e$)C<c8><ab>^\\e$)C<b1><e6><b5><bf>',
      'Hong^Gildong=洪^吉洞=홍^길동',
    ],
    // PS3.5 J.1, J.2
    [['ISO_IR 192'], 'Wang^XiaoDong=<e7><8e><8b>^<e5><b0><8f><e6><9d><b1>', 'Wang^XiaoDong=王^小東'],
    [['GB18030'], 'Wang^XiaoDong=<cd><f5>^<d0><a1><b6><ab>', 'Wang^XiaoDong=王^小东'],
    // PS3.5 K.2
    [['', 'ISO 2022 IR 58'], 'Zhang^XiaoDong=\\e$)A<d5><c5>^\\e$)A<d0><a1><b6><ab>=', 'Zhang^XiaoDong=张^小东='],
    [['GBK'], 'Wang^XiaoDong=<cd><f5>^<d0><a1><b6><ab>', 'Wang^XiaoDong=王^小东'],
  ])('%j', (terms, stored, expected) => {
    expect(decode(terms, stored)).toBe(expected);
  });
});

describe('single-byte sets', () => {
  test.each([
    ['ISO_IR 100', '<c4>neas^R<fc>diger', 'Äneas^Rüdiger'],
    ['ISO_IR 101', 'Wa<b3><ea>sa', 'Wałęsa'],
    ['ISO_IR 109', '<a6>', 'Ĥ'],
    ['ISO_IR 110', '<a2>', 'ĸ'],
    ['ISO_IR 144', '<bb><ee><da>ce<dc><d1>yp<d3>', 'Люкceмбypг'],
    ['ISO_IR 127', '<e2><c8><c7><e6><ea>^<e4><e6><d2><c7><d1>', 'قباني^لنزار'],
    ['ISO_IR 126', '<c4><e9><ef><ed><f5><f3><e9><ef><f2>', 'Διονυσιος'],
    ['ISO_IR 138', '<f9><f8><e5><ef>^<e3><e1><e5><f8><e4>', 'שרון^דבורה'],
    ['ISO_IR 148', '<d0><fe><dd>', 'Ğşİ'],
    ['ISO_IR 203', '<a4><bc>', '€Œ'],
    ['ISO_IR 166', '<a1><d2>', 'กา'],
    ['ISO_IR 13', '<d4><cf><c0><de>', 'ﾔﾏﾀﾞ'],
  ])('%s', (term, stored, expected) => {
    expect(decode([term], stored)).toBe(expected);
    expect(decode([term.replace('_', ' ').replace('ISO IR', 'ISO 2022 IR')], stored)).toBe(expected);
  });

  test('bytes 80 to 9F are control characters, never letters of a Windows code page', () => {
    for (const term of ['ISO_IR 100', 'ISO_IR 148', 'ISO_IR 166', 'ISO_IR 203'])
      expect(decode([term], '<80><93><9f>')).toBe('\x80\x93\x9f');
  });

  test('nothing declared, or words nobody knows: every byte keeps a character of its own', () => {
    expect(decode([], 'M<fc>ller')).toBe('Müller');
    expect(decode(['ISO_IR 999'], 'M<fc>ller')).toBe('Müller');
    expect(decode(['', 'ISO 2022 IR 87'], '37<b0>')).toBe('37°');
  });

  test.each(['ISO-IR 100', 'ISO IR 100', 'iso_ir 100', 'ISO_IR_100', 'ISO 2022 IR 100', 'ISO2022IR100'])(
    '%s is understood',
    (term) => {
      expect(decode([term], '<e9>')).toBe('é');
    },
  );
});

describe('code extensions', () => {
  test('sets with others: Latin-1, Cyrillic and Greek called in turn', () => {
    const terms = ['ISO 2022 IR 100', 'ISO 2022 IR 144', 'ISO 2022 IR 126'];
    expect(decode(terms, 'Dionysios is \\e-F<c4><e9><ef><ed>, \\e-L<bb><ee><da>\\e-A<e9>', 'values')).toBe(
      'Dionysios is Διον, Люкé',
    );
  });

  test('JIS X 0212', () => {
    // row 16 cell 2 of JIS X 0212 is 丂's neighbour 丄
    expect(decode(['', 'ISO 2022 IR 87', 'ISO 2022 IR 159'], '\\e$(D0"\\e(B')).toBe('丄');
  });

  test('both return to value 1 at delimiters: of values, of names, of lines', () => {
    const terms = ['ISO 2022 IR 100', 'ISO 2022 IR 144'];
    expect(decode(terms, '\\e-L<bb>\\<bb>', 'values')).toBe('Л\\»');
    expect(decode(terms, '\\e-L<bb>^<bb>=<bb>', 'person-name')).toBe('Л^»=»');
    expect(decode(terms, '\\e-L<bb>^<bb>', 'values')).toBe('Л^Л');
    expect(decode(terms, '\\e-L<bb>\\<bb>^<bb>\r\n<bb>', 'paragraph')).toBe('Л\\Л^Л\r\n»');
  });

  test('5C inside a two-byte character is no delimiter', () => {
    // JIS X 0208 row 3C cell 5C
    expect(decode(['', 'ISO 2022 IR 87'], '\\e$B<3c>\\\\e(B\\B', 'values').split('\\')).toHaveLength(2);
    expect(decode(['GB18030'], '<81>\\', 'values')).toBe('乗');
  });

  test('unknown escapes are U+FFFD, and so is what they called', () => {
    expect(decode(['', 'ISO 2022 IR 87'], 'A\\e$)ZB<b0><a1>C')).toBe('A\ufffdB\ufffd\ufffdC');
    expect(decode(['', 'ISO 2022 IR 87'], 'A\\e(ZBC\nD', 'paragraph')).toBe('A\ufffd\ufffd\ufffd\nD');
    expect(decode(['', 'ISO 2022 IR 87'], 'A\\e')).toBe('A\ufffd');
    expect(decode(['', 'ISO 2022 IR 87'], '\\e$B;')).toBe('\ufffd');
  });

  test('without code extensions an escape is a character', () => {
    expect(decode(['ISO_IR 100'], 'A\\e$B')).toBe('A\x1b$B');
  });
});
