/**
 * Part 10 files made by hand, explicit VR little endian (PS3.5 7.1.2, PS3.10 7.1): the tests of this room do not lean on our own writer.
 */
export interface MadeInstance {
  readonly study: string;
  readonly series: string;
  readonly instance: string;
  readonly sopClass: string;
  readonly modality: string;
  readonly studyDate?: string;
  readonly contentDate?: string;
  readonly creationTime?: string;
  readonly patientID?: string;
  /** Bytes of PixelData (OB). */
  readonly pixels?: Uint8Array;
}

const LONG = new Set(['OB', 'OW', 'SQ', 'UN', 'UT']);

function element(group: number, number: number, vr: string, value: string | Uint8Array): Buffer {
  let body = typeof value === 'string' ? Buffer.from(value, 'latin1') : Buffer.from(value);
  if (body.length % 2 === 1)
    body = Buffer.concat([body, Buffer.from(vr === 'UI' || vr === 'OB' ? '\0' : ' ', 'latin1')]);
  const head = Buffer.alloc(LONG.has(vr) ? 12 : 8);
  head.writeUInt16LE(group, 0);
  head.writeUInt16LE(number, 2);
  head.write(vr, 4, 'latin1');
  if (LONG.has(vr)) head.writeUInt32LE(body.length, 8);
  else head.writeUInt16LE(body.length, 6);
  return Buffer.concat([head, body]);
}

export function madeFile(made: MadeInstance): Buffer {
  const meta = Buffer.concat([
    element(2, 1, 'OB', Uint8Array.of(0, 1)),
    element(2, 2, 'UI', made.sopClass),
    element(2, 3, 'UI', made.instance),
    element(2, 0x10, 'UI', '1.2.840.10008.1.2.1'),
    element(2, 0x12, 'UI', '2.25.1'),
  ]);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(meta.length);
  return Buffer.concat([
    Buffer.alloc(128),
    Buffer.from('DICM', 'latin1'),
    element(2, 0, 'UL', length),
    meta,
    ...(made.creationTime === undefined ? [] : [element(8, 0x13, 'TM', made.creationTime)]),
    element(8, 0x16, 'UI', made.sopClass),
    element(8, 0x18, 'UI', made.instance),
    element(8, 0x20, 'DA', made.studyDate ?? ''),
    ...(made.contentDate === undefined ? [] : [element(8, 0x23, 'DA', made.contentDate)]),
    element(8, 0x60, 'CS', made.modality),
    element(0x10, 0x10, 'PN', 'Made^Up'),
    element(0x10, 0x20, 'LO', made.patientID ?? 'made-up'),
    element(0x20, 0xd, 'UI', made.study),
    element(0x20, 0xe, 'UI', made.series),
    element(0x20, 0x10, 'SH', '1'),
    element(0x20, 0x11, 'IS', '1'),
    element(0x20, 0x13, 'IS', '1'),
    ...(made.pixels ? [element(0x7fe0, 0x10, 'OB', made.pixels)] : []),
  ]);
}
