/** Numbers in the bytes of one value, by VR; an incomplete last one is left out. */
const READERS: Readonly<
  Record<
    string,
    { readonly size: number; readonly read: (v: DataView, at: number, little: boolean) => number | bigint }
  >
> = {
  US: { size: 2, read: (v, at, little) => v.getUint16(at, little) },
  SS: { size: 2, read: (v, at, little) => v.getInt16(at, little) },
  UL: { size: 4, read: (v, at, little) => v.getUint32(at, little) },
  SL: { size: 4, read: (v, at, little) => v.getInt32(at, little) },
  FL: { size: 4, read: (v, at, little) => v.getFloat32(at, little) },
  FD: { size: 8, read: (v, at, little) => v.getFloat64(at, little) },
  SV: { size: 8, read: (v, at, little) => v.getBigInt64(at, little) },
  UV: { size: 8, read: (v, at, little) => v.getBigUint64(at, little) },
  AT: { size: 4, read: (v, at, little) => v.getUint16(at, little) * 0x10000 + v.getUint16(at + 2, little) },
  OB: { size: 1, read: (v, at) => v.getUint8(at) },
  OW: { size: 2, read: (v, at, little) => v.getUint16(at, little) },
  OF: { size: 4, read: (v, at, little) => v.getFloat32(at, little) },
  OD: { size: 8, read: (v, at, little) => v.getFloat64(at, little) },
  OL: { size: 4, read: (v, at, little) => v.getUint32(at, little) },
  OV: { size: 8, read: (v, at, little) => v.getBigUint64(at, little) },
};

export function binaryValues(bytes: Uint8Array, vr: string, byteOrder: 'little' | 'big'): readonly (number | bigint)[] {
  const reader = READERS[vr];
  if (!reader) return [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const values: (number | bigint)[] = [];
  for (let at = 0; at + reader.size <= bytes.byteLength; at += reader.size)
    values.push(reader.read(view, at, byteOrder === 'little'));
  return values;
}

/** A copy in little endian of what a big-endian file holds; an incomplete last word stays as it is. */
export function inLittleEndian(bytes: Uint8Array, wordSize: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  for (let at = 0; at + wordSize <= copy.length; at += wordSize) copy.subarray(at, at + wordSize).reverse();
  return copy;
}
