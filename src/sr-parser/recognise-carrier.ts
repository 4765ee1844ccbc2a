/** What do a file's bytes look like, before anything is parsed? By content alone: names and endings say nothing in an archive's export. */

/** `aim`: an annotation of NCI AIM or ePAD, as XML or JSON. */
export type Carrier = 'dicom' | 'dicom-json' | 'aim' | 'unknown';

/** Enough for a licence comment before the root element of an XML file. */
const LOOKED_AT = 16_384;

export function recogniseCarrier(bytes: Uint8Array): Carrier {
  if (asLatin1(bytes.subarray(128, 132)) === 'DICM') return 'dicom';
  const text = asLatin1(bytes.subarray(0, LOOKED_AT))
    .replace(/^\u00ef\u00bb\u00bf/, '')
    .trimStart();
  if (text.startsWith('<')) return /<(?:\w+:)?ImageAnnotation(?:Collection)?[\s>]/.test(text) ? 'aim' : 'unknown';
  if (text.startsWith('{') || text.startsWith('[')) {
    if (text.includes('"ImageAnnotationCollection"')) return 'aim';
    return /"[0-9A-Fa-f]{8}"\s*:\s*\{/.test(text) ? 'dicom-json' : 'unknown';
  }
  return startsLikeDataSet(bytes) ? 'dicom' : 'unknown';
}

/** A data set without preamble begins with group 0002 or 0008, in either byte order. */
function startsLikeDataSet(bytes: Uint8Array): boolean {
  const [a, b] = bytes;
  return bytes.length >= 8 && ((b === 0 && (a === 2 || a === 8)) || (a === 0 && (b === 2 || b === 8)));
}

const asLatin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
