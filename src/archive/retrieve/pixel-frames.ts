import { TAG, type DataSet } from '../../domain/index.js';
import { encapsulatedFrames, type DicomFile } from '../../dicom/index.js';
import { EXPLICIT_LITTLE_ENDIAN, frameMediaType } from './transfer-syntaxes.js';

export interface PixelFrames {
  readonly count: number;
  /** What the bytes of a frame are: their media type, and the transfer syntax they are in. */
  readonly mediaType: string;
  readonly transferSyntaxUID: string;
  /** Bytes of a frame, counted from 1; undefined where the pixel data does not reach so far. */
  frame(number: number): Uint8Array | undefined;
}

/** The frames of an instance; undefined where it has no pixels, or none that can be told apart. */
export function pixelFramesOf(file: DicomFile): PixelFrames | undefined {
  const count = file.dataSet.number(TAG.NumberOfFrames) ?? 1;
  if (!Number.isInteger(count) || count < 1) return undefined;
  const encapsulated = encapsulatedFrames(file.dataSet, count);
  if (encapsulated) {
    return {
      count,
      mediaType: frameMediaType(file.transferSyntaxUID),
      transferSyntaxUID: file.transferSyntaxUID,
      frame: (number) => encapsulated[number - 1]?.(),
    };
  }
  const native = nativePixels(file.dataSet);
  if (!native) return undefined;
  return {
    count,
    mediaType: 'application/octet-stream',
    transferSyntaxUID: EXPLICIT_LITTLE_ENDIAN,
    frame: (number) => bitsOf(native.bytes, (number - 1) * native.bitsPerFrame, native.bitsPerFrame),
  };
}

/** Little endian whatever the file is (a data set gives its values so). */
function nativePixels(dataSet: DataSet): { readonly bytes: Uint8Array; readonly bitsPerFrame: number } | undefined {
  const [integers, floats, doubles] = [TAG.PixelData, TAG.FloatPixelData, TAG.DoubleFloatPixelData].map((tag) =>
    dataSet.bytes(tag),
  );
  const bytes = integers ?? floats ?? doubles;
  const [rows, columns] = [dataSet.number(TAG.Rows), dataSet.number(TAG.Columns)];
  const bits = integers ? dataSet.number(TAG.BitsAllocated) : floats ? 32 : 64;
  if (!bytes || !rows || !columns || !bits) return undefined;
  // half of the colour samples are left out (PS3.3 C.7.6.3.1.2)
  const halved = dataSet.text(TAG.PhotometricInterpretation) === 'YBR_FULL_422';
  const samples = halved ? 2 : (dataSet.number(TAG.SamplesPerPixel) ?? 1);
  return { bytes, bitsPerFrame: rows * columns * samples * bits };
}

/**
 * A run of bits as bytes, the first bit lowest (PS3.5 8.1.1): frames of one bit a pixel follow each other without a gap, so one may begin within
 * a byte. Bits behind the last are 0.
 */
function bitsOf(bytes: Uint8Array, firstBit: number, bits: number): Uint8Array | undefined {
  if (firstBit + bits > bytes.length * 8) return undefined;
  const start = Math.floor(firstBit / 8);
  const shift = firstBit % 8;
  const length = Math.ceil(bits / 8);
  if (shift === 0 && bits % 8 === 0) return bytes.subarray(start, start + length);
  const run = new Uint8Array(length);
  for (let at = 0; at < length; at++)
    run[at] = (bytes[start + at]! >> shift) | ((bytes[start + at + 1] ?? 0) << (8 - shift));
  if (bits % 8 !== 0) run[length - 1] = run[length - 1]! & ((1 << (bits % 8)) - 1);
  return run;
}
