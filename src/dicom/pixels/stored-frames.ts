import { fail, ok, TAG, type DataSet, type ReasonCode, type Result } from '../../domain/index.js';
import type { DicomFile } from '../part10/read-part10.js';
import { decodeFrame } from './decode-frame.js';
import { encapsulatedFrames } from './encapsulated-frames.js';
import { pixelDescriptionOf } from './pixel-description.js';
import { decodeRle } from './rle.js';
import { transferSyntaxOf } from './transfer-syntaxes.js';

type PixelsOfFile = Pick<DicomFile, 'dataSet' | 'transferSyntaxUID'>;

/**
 * Stored values of one frame (counted from 1) of words of 8, 16 or 32 bits: rows x columns, row-major, not rescaled. `initialiseCodecs()` must have
 * been awaited on this thread where frames are compressed otherwise than by RLE.
 */
export function storedValuesOf(file: PixelsOfFile, frame: number): Result<Int32Array, ReasonCode> {
  const syntax = transferSyntaxOf(file.transferSyntaxUID);
  if (!syntax) return fail('unsupported-transfer-syntax');
  const description = pixelDescriptionOf(file.dataSet);
  if (!description.ok) return description;
  const decoded = decodeFrame(file.dataSet, syntax.frames, description.value, frame);
  return decoded.ok ? ok(decoded.value.values) : decoded;
}

/**
 * Frames of one bit a pixel as one string of bits (PS3.5 8.1.1), as they are stored without compression. Compressed ones are read where each frame
 * is RLE of its own packed bytes and a frame is whole bytes: no standard says how a frame that ends within a byte would be compressed.
 */
export function packedBitsOf({ dataSet, transferSyntaxUID }: PixelsOfFile): Result<Uint8Array, ReasonCode> {
  const syntax = transferSyntaxOf(transferSyntaxUID);
  if (syntax?.frames === 'native') {
    const bytes = dataSet.bytes(TAG.PixelData);
    return bytes ? ok(bytes) : fail('no-pixel-data');
  }
  const bits = (dataSet.number(TAG.Rows) ?? 0) * (dataSet.number(TAG.Columns) ?? 0);
  if (syntax?.frames !== 'rle' || bits === 0 || bits % 8 !== 0) return fail('unsupported-transfer-syntax');
  return unpackedRle(dataSet, bits / 8);
}

function unpackedRle(dataSet: DataSet, bytesPerFrame: number): Result<Uint8Array, ReasonCode> {
  const frames = encapsulatedFrames(dataSet, dataSet.number(TAG.NumberOfFrames) ?? 1);
  if (!frames) return fail(dataSet.has(TAG.PixelData) ? 'codestream-invalid' : 'no-pixel-data');
  const decoded: Uint8Array[] = [];
  for (const frame of frames) {
    const bytes = decodeRle(frame(), bytesPerFrame, 1);
    if (!bytes) return fail('codestream-invalid');
    decoded.push(bytes);
  }
  return ok(Buffer.concat(decoded));
}
