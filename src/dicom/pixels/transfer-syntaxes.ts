import { asReadUid, type TransferSyntaxUid } from '../../domain/index.js';

/** How the elements of a data set are encoded (PS3.5 A.1 to A.5). */
export type DataSetEncoding = 'implicit-little' | 'explicit-little' | 'explicit-big' | 'deflated-explicit-little';

/** What the frames are, hence who decodes them (decode-frame.ts); `not-read` is refused as `unsupported-transfer-syntax`. */
export type FrameCoding =
  'native' | 'rle' | 'jpeg-dct' | 'jpeg-lossless' | 'jpeg-ls' | 'jpeg-2000' | 'jpeg-xl' | 'not-read';

export interface TransferSyntaxRow {
  readonly uid: TransferSyntaxUid;
  /** Name in PS3.6. */
  readonly name: string;
  readonly dataSet: DataSetEncoding;
  readonly frames: FrameCoding;
  /** Whether pixels lose something by being stored so; `either` leaves it to the encoder. */
  readonly pixels: 'lossless' | 'lossy' | 'either';
}

const row = (
  suffix: string,
  name: string,
  frames: FrameCoding,
  pixels: TransferSyntaxRow['pixels'],
  dataSet: DataSetEncoding = 'explicit-little',
): TransferSyntaxRow => ({
  uid: asReadUid<TransferSyntaxUid>(`1.2.840.10008.1.2${suffix}`),
  name,
  dataSet,
  frames,
  pixels,
});

/** Every transfer syntax of PS3.6 table A-1 that a stored image may have, read here or not. One row a syntax: what is added is added here. */
export const TRANSFER_SYNTAXES: readonly TransferSyntaxRow[] = [
  row('', 'Implicit VR Little Endian', 'native', 'lossless', 'implicit-little'),
  row('.1', 'Explicit VR Little Endian', 'native', 'lossless'),
  row('.1.99', 'Deflated Explicit VR Little Endian', 'native', 'lossless', 'deflated-explicit-little'),
  row('.2', 'Explicit VR Big Endian', 'native', 'lossless', 'explicit-big'),
  row('.5', 'RLE Lossless', 'rle', 'lossless'),
  row('.4.50', 'JPEG Baseline (Process 1)', 'jpeg-dct', 'lossy'),
  row('.4.51', 'JPEG Extended (Process 2 and 4)', 'jpeg-dct', 'lossy'),
  row('.4.57', 'JPEG Lossless, Non-Hierarchical (Process 14)', 'jpeg-lossless', 'lossless'),
  row(
    '.4.70',
    'JPEG Lossless, Non-Hierarchical, First-Order Prediction (Process 14 [Selection Value 1])',
    'jpeg-lossless',
    'lossless',
  ),
  row('.4.80', 'JPEG-LS Lossless Image Compression', 'jpeg-ls', 'lossless'),
  row('.4.81', 'JPEG-LS Lossy (Near-Lossless) Image Compression', 'jpeg-ls', 'either'),
  row('.4.90', 'JPEG 2000 Image Compression (Lossless Only)', 'jpeg-2000', 'lossless'),
  row('.4.91', 'JPEG 2000 Image Compression', 'jpeg-2000', 'either'),
  row('.4.201', 'High-Throughput JPEG 2000 Image Compression (Lossless Only)', 'jpeg-2000', 'lossless'),
  row(
    '.4.202',
    'High-Throughput JPEG 2000 with RPCL Options Image Compression (Lossless Only)',
    'jpeg-2000',
    'lossless',
  ),
  row('.4.203', 'High-Throughput JPEG 2000 Image Compression', 'jpeg-2000', 'either'),
  row('.4.110', 'JPEG XL Lossless', 'jpeg-xl', 'lossless'),
  row('.4.111', 'JPEG XL JPEG Recompression', 'jpeg-xl', 'lossy'),
  row('.4.112', 'JPEG XL', 'jpeg-xl', 'either'),

  row('.1.98', 'Encapsulated Uncompressed Explicit VR Little Endian', 'not-read', 'lossless'),
  row('.8.1', 'Deflated Image Frame Compression', 'not-read', 'lossless'),
  row('.4.52', 'JPEG Extended (Process 3 and 5)', 'not-read', 'lossy'),
  row('.4.53', 'JPEG Spectral Selection, Non-Hierarchical (Process 6 and 8)', 'not-read', 'lossy'),
  row('.4.54', 'JPEG Spectral Selection, Non-Hierarchical (Process 7 and 9)', 'not-read', 'lossy'),
  row('.4.55', 'JPEG Full Progression, Non-Hierarchical (Process 10 and 12)', 'not-read', 'lossy'),
  row('.4.56', 'JPEG Full Progression, Non-Hierarchical (Process 11 and 13)', 'not-read', 'lossy'),
  row('.4.58', 'JPEG Lossless, Non-Hierarchical (Process 15)', 'not-read', 'lossless'),
  row('.4.59', 'JPEG Extended, Hierarchical (Process 16 and 18)', 'not-read', 'lossy'),
  row('.4.60', 'JPEG Extended, Hierarchical (Process 17 and 19)', 'not-read', 'lossy'),
  row('.4.61', 'JPEG Spectral Selection, Hierarchical (Process 20 and 22)', 'not-read', 'lossy'),
  row('.4.62', 'JPEG Spectral Selection, Hierarchical (Process 21 and 23)', 'not-read', 'lossy'),
  row('.4.63', 'JPEG Full Progression, Hierarchical (Process 24 and 26)', 'not-read', 'lossy'),
  row('.4.64', 'JPEG Full Progression, Hierarchical (Process 25 and 27)', 'not-read', 'lossy'),
  row('.4.65', 'JPEG Lossless, Hierarchical (Process 28)', 'not-read', 'lossless'),
  row('.4.66', 'JPEG Lossless, Hierarchical (Process 29)', 'not-read', 'lossless'),
  row('.4.92', 'JPEG 2000 Part 2 Multi-component Image Compression (Lossless Only)', 'not-read', 'lossless'),
  row('.4.93', 'JPEG 2000 Part 2 Multi-component Image Compression', 'not-read', 'either'),
  row('.4.94', 'JPIP Referenced', 'not-read', 'either'),
  row('.4.95', 'JPIP Referenced Deflate', 'not-read', 'either', 'deflated-explicit-little'),
  row('.4.204', 'JPIP HTJ2K Referenced', 'not-read', 'either'),
  row('.4.205', 'JPIP HTJ2K Referenced Deflate', 'not-read', 'either', 'deflated-explicit-little'),
  row('.4.100', 'MPEG2 Main Profile / Main Level', 'not-read', 'lossy'),
  row('.4.100.1', 'Fragmentable MPEG2 Main Profile / Main Level', 'not-read', 'lossy'),
  row('.4.101', 'MPEG2 Main Profile / High Level', 'not-read', 'lossy'),
  row('.4.101.1', 'Fragmentable MPEG2 Main Profile / High Level', 'not-read', 'lossy'),
  row('.4.102', 'MPEG-4 AVC/H.264 High Profile / Level 4.1', 'not-read', 'lossy'),
  row('.4.102.1', 'Fragmentable MPEG-4 AVC/H.264 High Profile / Level 4.1', 'not-read', 'lossy'),
  row('.4.103', 'MPEG-4 AVC/H.264 BD-compatible High Profile / Level 4.1', 'not-read', 'lossy'),
  row('.4.103.1', 'Fragmentable MPEG-4 AVC/H.264 BD-compatible High Profile / Level 4.1', 'not-read', 'lossy'),
  row('.4.104', 'MPEG-4 AVC/H.264 High Profile / Level 4.2 For 2D Video', 'not-read', 'lossy'),
  row('.4.104.1', 'Fragmentable MPEG-4 AVC/H.264 High Profile / Level 4.2 For 2D Video', 'not-read', 'lossy'),
  row('.4.105', 'MPEG-4 AVC/H.264 High Profile / Level 4.2 For 3D Video', 'not-read', 'lossy'),
  row('.4.105.1', 'Fragmentable MPEG-4 AVC/H.264 High Profile / Level 4.2 For 3D Video', 'not-read', 'lossy'),
  row('.4.106', 'MPEG-4 AVC/H.264 Stereo High Profile / Level 4.2', 'not-read', 'lossy'),
  row('.4.106.1', 'Fragmentable MPEG-4 AVC/H.264 Stereo High Profile / Level 4.2', 'not-read', 'lossy'),
  row('.4.107', 'HEVC/H.265 Main Profile / Level 5.1', 'not-read', 'lossy'),
  row('.4.108', 'HEVC/H.265 Main 10 Profile / Level 5.1', 'not-read', 'lossy'),
];

const BY_UID: ReadonlyMap<string, TransferSyntaxRow> = new Map(TRANSFER_SYNTAXES.map((r) => [r.uid, r]));

export const transferSyntaxOf = (uid: string): TransferSyntaxRow | undefined => BY_UID.get(uid);
