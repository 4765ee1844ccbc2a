/**
 * Part 10 files made by hand from PS3.5 7.1 and PS3.10 7.1 (explicit VR little endian), so that what the archive reads and sends is judged by
 * bytes that none of its code wrote.
 */
export type Value = string | Uint8Array | readonly Row[][];
export type Row = readonly [tag: number, vr: string, value: Value];

const LONG_FORM = new Set(['OB', 'OD', 'OF', 'OL', 'OV', 'OW', 'SQ', 'UC', 'UN', 'UR', 'UT']);

export function element([tag, vr, value]: Row): Buffer {
  const body = bodyOf(vr, value);
  const head = Buffer.alloc(LONG_FORM.has(vr) ? 12 : 8);
  head.writeUInt16LE(tag >>> 16, 0);
  head.writeUInt16LE(tag & 0xffff, 2);
  head.write(vr, 4, 'latin1');
  if (LONG_FORM.has(vr)) head.writeUInt32LE(body.length, 8);
  else head.writeUInt16LE(body.length, 6);
  return Buffer.concat([head, body]);
}

function bodyOf(vr: string, value: Value): Buffer {
  if (typeof value === 'string') {
    const text = Buffer.from(value, 'utf8');
    return text.length % 2 === 0 ? text : Buffer.concat([text, Buffer.from(vr === 'UI' ? '\0' : ' ')]);
  }
  if (value instanceof Uint8Array) return Buffer.concat([value, Buffer.alloc(value.length % 2)]);
  return Buffer.concat(
    value.map((item) => {
      const rows = Buffer.concat(item.map(element));
      const head = Buffer.from('feff00e000000000', 'hex');
      head.writeUInt32LE(rows.length, 4);
      return Buffer.concat([head, rows]);
    }),
  );
}

export const us = (value: number): Uint8Array => Uint8Array.of(value & 0xff, value >> 8);

interface HandMade {
  readonly study: string;
  readonly series: string;
  readonly instance: string;
  readonly sopClass?: string;
  readonly transferSyntax?: string;
  /** Ascending by tag, as PS3.5 7.1 wants them; identifiers are put in their places. */
  readonly rows?: readonly Row[];
}

export const SECONDARY_CAPTURE = '1.2.840.10008.5.1.4.1.1.7';

export function handMade(made: HandMade): Buffer {
  const sopClass = made.sopClass ?? SECONDARY_CAPTURE;
  const meta = Buffer.concat(
    (
      [
        [0x00020001, 'OB', Uint8Array.of(0, 1)],
        [0x00020002, 'UI', sopClass],
        [0x00020003, 'UI', made.instance],
        [0x00020010, 'UI', made.transferSyntax ?? '1.2.840.10008.1.2.1'],
        [0x00020012, 'UI', '2.25.1'],
      ] as const
    ).map(element),
  );
  const length = Buffer.alloc(4);
  length.writeUInt32LE(meta.length);
  const rows: Row[] = [
    [0x00080016, 'UI', sopClass],
    [0x00080018, 'UI', made.instance],
    [0x0020000d, 'UI', made.study],
    [0x0020000e, 'UI', made.series],
    ...(made.rows ?? []),
  ];
  rows.sort(([a], [b]) => a - b);
  return Buffer.concat([
    Buffer.alloc(128),
    Buffer.from('DICM', 'latin1'),
    element([0x00020000, 'UL', length]),
    meta,
    ...rows.map(element),
  ]);
}
