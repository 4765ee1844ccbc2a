/**
 * What separates parts of a value, at which code extensions return to their initial state (PS3.5 6.1.2.5.3): nothing but line ends in
 * paragraphs, the backslash in text of several values, also `^` and `=` in person names.
 */
export type Delimiters = 'paragraph' | 'values' | 'person-name';

export interface CharacterSet {
  /** Total: what cannot be decoded becomes U+FFFD. Splitting into values comes after decoding, because 5C can be half of a character. */
  decode(bytes: Buffer, delimiters: Delimiters): string;
}
