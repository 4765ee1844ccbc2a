/** Data sets written byte by byte as PS3.5 and PS3.10 have them, for tests of the reader: nothing here comes from the encoder. */
export const UNDEFINED = 0xffffffff;

const number = (value: number, bytes: 2 | 4, order: 'little' | 'big'): Buffer => {
  const out = Buffer.alloc(bytes);
  if (order === 'little') out.writeUIntLE(value, 0, bytes);
  else out.writeUIntBE(value, 0, bytes);
  return out;
};

const tagBytes = (tag: number, order: 'little' | 'big'): Buffer =>
  Buffer.concat([number(tag >>> 16, 2, order), number(tag & 0xffff, 2, order)]);

const LONG = new Set(['OB', 'OD', 'OF', 'OL', 'OV', 'OW', 'SQ', 'SV', 'UC', 'UN', 'UR', 'UT', 'UV']);

export const bytesOf = (value: string | Uint8Array): Buffer =>
  typeof value === 'string' ? Buffer.from(value, 'latin1') : Buffer.from(value);

/** Explicit VR; `length` where it is to differ from the value's. */
export function explicit(
  tag: number,
  vr: string,
  value: string | Uint8Array,
  { length, order = 'little' }: { length?: number; order?: 'little' | 'big' } = {},
): Buffer {
  const body = bytesOf(value);
  const written = length ?? body.length;
  const header = LONG.has(vr)
    ? [Buffer.from(vr), Buffer.alloc(2), number(written, 4, order)]
    : [Buffer.from(vr), number(written, 2, order)];
  return Buffer.concat([tagBytes(tag, order), ...header, body]);
}

export const implicit = (tag: number, value: string | Uint8Array, length?: number): Buffer => {
  const body = bytesOf(value);
  return Buffer.concat([tagBytes(tag, 'little'), number(length ?? body.length, 4, 'little'), body]);
};

export const item = (value: Uint8Array, length?: number): Buffer => implicit(0xfffee000, value, length);
export const ITEM_DELIMITATION = implicit(0xfffee00d, '');
export const SEQUENCE_DELIMITATION = implicit(0xfffee0dd, '');

/** Preamble, prefix and a meta group that names the transfer syntax. */
export function file(transferSyntaxUID: string, ...body: Uint8Array[]): Buffer {
  const uid = transferSyntaxUID.length % 2 === 0 ? transferSyntaxUID : `${transferSyntaxUID}\0`;
  const meta = explicit(0x00020010, 'UI', uid);
  const length = explicit(0x00020000, 'UL', number(meta.length, 4, 'little'));
  return Buffer.concat([Buffer.alloc(128), Buffer.from('DICM'), length, meta, ...body]);
}

export const SYNTAX = {
  implicit: '1.2.840.10008.1.2',
  explicit: '1.2.840.10008.1.2.1',
  deflated: '1.2.840.10008.1.2.1.99',
  bigEndian: '1.2.840.10008.1.2.2',
} as const;
