/** What the archive has to know of a transfer syntax (PS3.5 annex A, PS3.18 table 8.7.3-5): it stores any, and re-encodes none. */
interface Encapsulation {
  /** Media type of a frame's bit stream. */
  readonly mediaType: string;
  readonly loss: 'lossless' | 'lossy';
}

const uid = (suffix: string): string => `1.2.840.10008.1.2${suffix}`;

export const EXPLICIT_LITTLE_ENDIAN = uid('.1');

/** Native pixels: nothing has to be decoded to read them. */
export const UNCOMPRESSED: ReadonlySet<string> = new Set([uid(''), uid('.1'), uid('.1.99'), uid('.2')]);

export const ENCAPSULATIONS: ReadonlyMap<string, Encapsulation> = new Map([
  [uid('.1.98'), { mediaType: 'application/octet-stream', loss: 'lossless' }],
  [uid('.4.50'), { mediaType: 'image/jpeg', loss: 'lossy' }],
  [uid('.4.51'), { mediaType: 'image/jpeg', loss: 'lossy' }],
  [uid('.4.57'), { mediaType: 'image/jpeg', loss: 'lossless' }],
  [uid('.4.70'), { mediaType: 'image/jpeg', loss: 'lossless' }],
  [uid('.4.80'), { mediaType: 'image/jls', loss: 'lossless' }],
  [uid('.4.81'), { mediaType: 'image/jls', loss: 'lossy' }],
  [uid('.4.90'), { mediaType: 'image/jp2', loss: 'lossless' }],
  [uid('.4.91'), { mediaType: 'image/jp2', loss: 'lossy' }],
  [uid('.4.92'), { mediaType: 'image/jpx', loss: 'lossless' }],
  [uid('.4.93'), { mediaType: 'image/jpx', loss: 'lossy' }],
  [uid('.4.110'), { mediaType: 'image/jxl', loss: 'lossless' }],
  [uid('.4.111'), { mediaType: 'image/jxl', loss: 'lossy' }],
  [uid('.4.112'), { mediaType: 'image/jxl', loss: 'lossy' }],
  [uid('.4.201'), { mediaType: 'image/jphc', loss: 'lossless' }],
  [uid('.4.202'), { mediaType: 'image/jphc', loss: 'lossless' }],
  [uid('.4.203'), { mediaType: 'image/jphc', loss: 'lossy' }],
  [uid('.5'), { mediaType: 'image/dicom-rle', loss: 'lossless' }],
]);
