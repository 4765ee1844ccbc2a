import type { Codestream } from './codestream.js';
import { boxesOf } from './jp2-boxes.js';

/** Width to height by the ratio's code (18181-1 table D.2); 0 stands for a width of its own. */
const RATIOS: readonly (readonly [number, number])[] = [
  [1, 1],
  [1, 1],
  [12, 10],
  [4, 3],
  [3, 2],
  [16, 9],
  [5, 4],
  [2, 1],
];

/**
 * The header of a JPEG XL image (ISO/IEC 18181-1 annex D), alone or in its container; that the rest is whole its decoder sees. Undefined for anything else
 * and for what DICOM does not know: animations, previews, turned images, floating point samples. `components` is not read: the decoder compares it.
 */
export function inspectJpegXl(bytes: Uint8Array): Codestream | undefined {
  const stream = codestreamOf(bytes);
  if (!stream || stream[0] !== 0xff || stream[1] !== 0x0a) return undefined;
  const bits = new BitReader(stream, 2);
  const { rows, columns } = imageSize(bits);

  // all defaults: 8 bits, colour
  if (bits.flag() || (bits.flag() && hasSpecialFields(bits)) || bits.flag()) return undefined;
  const precision = bits.choice([8, 0], [10, 0], [12, 0], [1, 6]);
  bits.flag();
  const extraChannels = bits.choice([0, 0], [1, 0], [2, 4], [1, 12]);
  if (bits.ended || precision > 16 || extraChannels > 0) return undefined;
  // samples in the XYB colour space come from lossy encoding
  const loss = bits.flag() ? 'lossy' : 'not-shown';
  return { bytes, rows, columns, precision, components: 1, representation: 'unsigned', loss };
}

/** In a container the stream may stand in parts, each after its number. */
function codestreamOf(bytes: Uint8Array): Uint8Array | undefined {
  if (bytes[0] === 0xff) return bytes;
  const boxes = boxesOf(bytes, 'JXL ') ?? [];
  const whole = boxes.find((box) => box.type === 'jxlc');
  if (whole) return whole.content;
  const parts = boxes.filter((box) => box.type === 'jxlp').map((box) => box.content.subarray(4));
  return parts.length > 0 ? Buffer.concat(parts) : undefined;
}

function imageSize(bits: BitReader): { rows: number; columns: number } {
  const small = bits.flag();
  const side = (): number => (small ? (bits.read(5) + 1) * 8 : bits.choice([1, 9], [1, 13], [1, 18], [1, 30]));
  const rows = side();
  const ratio = bits.read(3);
  const [numerator, denominator] = RATIOS[ratio]!;
  return { rows, columns: ratio === 0 ? side() : Math.floor((rows * numerator) / denominator) };
}

/** Orientation, intrinsic size, preview, animation: only an untouched orientation is not special. */
const hasSpecialFields = (bits: BitReader): boolean => bits.read(3) !== 0 || bits.flag() || bits.flag() || bits.flag();

/** Bits from the least significant of each byte on; zeros after the end. */
class BitReader {
  #at: number;

  constructor(
    private readonly bytes: Uint8Array,
    firstByte: number,
  ) {
    this.#at = firstByte * 8;
  }

  get ended(): boolean {
    return this.#at > this.bytes.length * 8;
  }

  read(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++, this.#at++)
      if (((this.bytes[this.#at >> 3] ?? 0) >> (this.#at & 7)) & 1) value += 2 ** i;
    return value;
  }

  flag(): boolean {
    return this.read(1) === 1;
  }

  /** U32 of 18181-1: two bits choose an offset and how many bits are added to it. */
  choice(...of: readonly [Added, Added, Added, Added]): number {
    const [offset, count] = of[this.read(2)]!;
    return offset + this.read(count);
  }
}

type Added = readonly [offset: number, bits: number];
