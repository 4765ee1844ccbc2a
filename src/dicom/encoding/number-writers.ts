/** How values of a binary VR are written, little endian. */
export interface NumberWriter {
  readonly size: number;
  readonly accepts: (value: string | number) => boolean;
  /** Writes an accepted value. */
  readonly write: (into: DataView, at: number, value: string | number) => void;
}

const integer =
  (least: number, greatest: number) =>
  (value: string | number): boolean =>
    typeof value === 'number' && Number.isInteger(value) && value >= least && value <= greatest;
const safe = integer(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
const finite = (value: string | number): boolean => typeof value === 'number' && Number.isFinite(value);

const WRITERS: Readonly<Record<string, NumberWriter>> = {
  US: { size: 2, accepts: integer(0, 0xffff), write: (v, at, n) => v.setUint16(at, Number(n), true) },
  SS: { size: 2, accepts: integer(-0x8000, 0x7fff), write: (v, at, n) => v.setInt16(at, Number(n), true) },
  UL: { size: 4, accepts: integer(0, 0xffffffff), write: (v, at, n) => v.setUint32(at, Number(n), true) },
  SL: { size: 4, accepts: integer(-0x80000000, 0x7fffffff), write: (v, at, n) => v.setInt32(at, Number(n), true) },
  FL: {
    size: 4,
    accepts: (n) => finite(n) && Number.isFinite(Math.fround(Number(n))),
    write: (v, at, n) => v.setFloat32(at, Number(n), true),
  },
  FD: { size: 8, accepts: finite, write: (v, at, n) => v.setFloat64(at, Number(n), true) },
  SV: { size: 8, accepts: safe, write: (v, at, n) => v.setBigInt64(at, BigInt(n), true) },
  UV: { size: 8, accepts: (n) => safe(n) && Number(n) >= 0, write: (v, at, n) => v.setBigUint64(at, BigInt(n), true) },
  AT: {
    size: 4,
    accepts: integer(0, 0xffffffff),
    write: (v, at, n) => {
      v.setUint16(at, Number(n) >>> 16, true);
      v.setUint16(at + 2, Number(n) & 0xffff, true);
    },
  },
};

/** Undefined for VRs whose values are not numbers. */
export const numberWriter = (vr: string): NumberWriter | undefined => WRITERS[vr];
