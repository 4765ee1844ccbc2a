/** How the elements of a data set are laid out. */
export interface Encoding {
  readonly vr: 'explicit' | 'implicit';
  readonly byteOrder: 'little' | 'big';
}

/** Transfer syntaxes that say something about the data set itself; all others are explicit little endian (PS3.5 A). */
export const IMPLICIT_LITTLE_ENDIAN = '1.2.840.10008.1.2';
export const EXPLICIT_LITTLE_ENDIAN = '1.2.840.10008.1.2.1';
export const EXPLICIT_BIG_ENDIAN = '1.2.840.10008.1.2.2';
const DEFLATED: ReadonlySet<string> = new Set([
  '1.2.840.10008.1.2.1.99',
  // JPIP Referenced Deflate and JPIP HTJ2K Referenced Deflate
  '1.2.840.10008.1.2.4.95',
  '1.2.840.10008.1.2.4.205',
]);

export const isDeflated = (transferSyntaxUID: string): boolean => DEFLATED.has(transferSyntaxUID);

export function declaredEncoding(transferSyntaxUID: string): Encoding {
  if (transferSyntaxUID === IMPLICIT_LITTLE_ENDIAN) return { vr: 'implicit', byteOrder: 'little' };
  if (transferSyntaxUID === EXPLICIT_BIG_ENDIAN) return { vr: 'explicit', byteOrder: 'big' };
  return { vr: 'explicit', byteOrder: 'little' };
}

export function uidOfEncoding(encoding: Encoding): string {
  if (encoding.vr === 'implicit') return IMPLICIT_LITTLE_ENDIAN;
  return encoding.byteOrder === 'big' ? EXPLICIT_BIG_ENDIAN : EXPLICIT_LITTLE_ENDIAN;
}

const isCapital = (byte: number | undefined): boolean => byte !== undefined && byte >= 0x41 && byte <= 0x5a;

/** Two capital letters stand where explicit encoding has its VR. A length that looks so would be of 16 kB or more. */
export const looksExplicit = (bytes: Uint8Array, at: number): boolean =>
  isCapital(bytes[at + 4]) && isCapital(bytes[at + 5]);

/**
 * The encoding of the data set that starts at `at`, from its first element: it wins over what the meta group declares, because files with the
 * wrong transfer syntax exist and the first element is decisive.
 */
export function observedEncoding(bytes: Uint8Array, at: number, declared: Encoding): Encoding {
  if (at + 8 > bytes.length) return declared;
  const vr = looksExplicit(bytes, at) ? 'explicit' : 'implicit';
  const little = bytes[at]! | (bytes[at + 1]! << 8);
  const big = (bytes[at]! << 8) | bytes[at + 1]!;
  // groups of a first element are small numbers (0008): read in the wrong order they are large
  if (declared.byteOrder === 'big' && little < 0x100 && big >= 0x100) return { vr, byteOrder: 'little' };
  if (declared.byteOrder === 'little' && big < 0x100 && little >= 0x100) return { vr, byteOrder: 'big' };
  return { vr, byteOrder: declared.byteOrder };
}
