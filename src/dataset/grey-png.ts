import { promisify } from 'node:util';
import { crc32, deflate, type ZlibOptions } from 'node:zlib';

/**
 * zlib's level for pictures of a data set. On noisy slices level 4 takes about half the time of level 6 and its files are 2 % longer.
 */
export const PNG_LEVEL = 4;

const compressed = promisify<Uint8Array, ZlibOptions, Buffer>(deflate);
const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
/** What is added to a Hounsfield value so that it fits 16 bits without sign, as in DeepLesion. */
const HU_OFFSET = 32768;

export interface GreyPicture {
  readonly rows: number;
  readonly columns: number;
}

/** A slice as a 16-bit grey PNG (ISO/IEC 15948): value = HU + 32768, rounded; what does not fit is clipped. Compressed off the main thread. */
export function huPng({ rows, columns }: GreyPicture, hu: Float32Array): Promise<Uint8Array> {
  const stored = new Uint8Array(rows * columns * 2);
  for (let p = 0; p < rows * columns; p++) {
    const value = Math.max(0, Math.min(65535, Math.round(hu[p]! + HU_OFFSET)));
    stored[2 * p] = value >> 8;
    stored[2 * p + 1] = value & 255;
  }
  return greyPng({ rows, columns }, stored, 16);
}

/** Labels as an 8-bit grey PNG. */
export const labelPng = (size: GreyPicture, labels: Uint8Array): Promise<Uint8Array> => greyPng(size, labels, 8);

async function greyPng({ rows, columns }: GreyPicture, samples: Uint8Array, depth: 8 | 16): Promise<Uint8Array> {
  const bytesAPixel = depth / 8;
  const stride = columns * bytesAPixel;
  // each line begins with its filter: 0 as it is (labels repeat), 1 the difference to the pixel on the left (tissue is smooth)
  const filter = depth === 16 ? 1 : 0;
  const lines = new Uint8Array(rows * (stride + 1));
  for (let row = 0; row < rows; row++) {
    const to = row * (stride + 1);
    const from = row * stride;
    lines[to] = filter;
    if (filter === 0) lines.set(samples.subarray(from, from + stride), to + 1);
    else
      for (let i = 0; i < stride; i++)
        lines[to + 1 + i] = samples[from + i]! - (i < bytesAPixel ? 0 : samples[from + i - bytesAPixel]!);
  }
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, columns);
  view.setUint32(4, rows);
  header.set([depth, 0, 0, 0, 0], 8);
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', header),
    chunk('IDAT', await compressed(lines, { level: PNG_LEVEL })),
    chunk('IEND', new Uint8Array()),
  ]);
}

function chunk(type: string, data: Uint8Array): Uint8Array {
  const bytes = Buffer.alloc(12 + data.length);
  bytes.writeUInt32BE(data.length, 0);
  bytes.write(type, 4, 'latin1');
  bytes.set(data, 8);
  bytes.writeUInt32BE(crc32(bytes.subarray(4, 8 + data.length)), 8 + data.length);
  return bytes;
}
