import { crc32, deflateSync } from 'node:zlib';

/** A grey PNG by the letter of its specification (ISO 15948), every row with filter 0: shares nothing with the product's encoder. */
export function greyPng(columns: number, rows: number, depth: 1 | 8 | 16, valueAt: (p: number) => number): Buffer {
  const bytesARow = Math.ceil((columns * depth) / 8);
  const raw = Buffer.alloc(rows * (1 + bytesARow));
  for (let p = 0; p < rows * columns; p++) {
    const start = Math.floor(p / columns) * (1 + bytesARow) + 1;
    const x = p % columns;
    if (depth === 16) raw.writeUInt16BE(valueAt(p), start + 2 * x);
    else if (depth === 8) raw[start + x] = valueAt(p);
    else raw[start + (x >> 3)]! |= valueAt(p) << (7 - (x & 7));
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(columns, 0);
  header.writeUInt32BE(rows, 4);
  header[8] = depth;
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(raw)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const check = Buffer.alloc(4);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}
