import { TRANSFER_SYNTAXES, type TransferSyntaxRow } from '../../dicom/index.js';

/** What the archive has to know of a transfer syntax: it stores any, and re-encodes none. */
export const EXPLICIT_LITTLE_ENDIAN = '1.2.840.10008.1.2.1';

const ROWS: ReadonlyMap<string, TransferSyntaxRow> = new Map(TRANSFER_SYNTAXES.map((row) => [row.uid, row]));

export const isUncompressed = (uid: string): boolean => ROWS.get(uid)?.frames === 'native';

export const mayBeLossy = (uid: string): boolean => ROWS.get(uid)?.pixels !== 'lossless' && ROWS.has(uid);

/** Media type of one encapsulated frame (PS3.18 table 8.7.3-5); octets where the archive does not know what they are. */
export function frameMediaType(uid: string): string {
  switch (ROWS.get(uid)?.frames) {
    case 'rle':
      return 'image/dicom-rle';
    case 'jpeg-dct':
    case 'jpeg-lossless':
      return 'image/jpeg';
    case 'jpeg-ls':
      return 'image/jls';
    case 'jpeg-2000':
      return HIGH_THROUGHPUT.test(uid) ? 'image/jphc' : 'image/jp2';
    case 'jpeg-xl':
      return 'image/jxl';
    default:
      return 'application/octet-stream';
  }
}

const HIGH_THROUGHPUT = /^1\.2\.840\.10008\.1\.2\.4\.20\d$/;
