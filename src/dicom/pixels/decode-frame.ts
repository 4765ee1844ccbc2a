import { fail, never, ok, type DataSet, type ReasonCode, type Result } from '../../domain/index.js';
import { decodeWith, type Codec } from './codecs.js';
import type { Codestream } from './codestreams/codestream.js';
import { inspectJpeg } from './codestreams/jpeg.js';
import { inspectJpeg2000 } from './codestreams/jpeg-2000.js';
import { inspectJpegLs } from './codestreams/jpeg-ls.js';
import { inspectJpegXl } from './codestreams/jpeg-xl.js';
import { encapsulatedFrame, nativeFrame } from './frame-bytes.js';
import type { PixelDescription } from './pixel-description.js';
import { decodeRle } from './rle.js';
import { valuesOfSamples, valuesOfWords } from './stored-values.js';
import type { FrameCoding } from './transfer-syntaxes.js';

export interface DecodedFrame {
  /** Stored values, rows x columns, row-major. */
  readonly values: Int32Array;
  /** `lossy` where the code stream itself shows that it is. */
  readonly loss: Codestream['loss'];
}

/**
 * What a code stream of a few kilobytes may claim to be: 16 million pixels (4096 x 4096) take a decoder a few hundred megabytes. Uncompressed images
 * have no such bound, their bytes are there.
 */
const MOST_COMPRESSED_PIXELS = 1 << 24;

/**
 * One frame (counted from 1) as stored values. A code stream that is cut, damaged where its codec sees it, or that contradicts the header is
 * refused as `codestream-invalid`.
 */
export function decodeFrame(
  header: DataSet,
  coding: FrameCoding,
  description: PixelDescription,
  frame: number,
): Result<DecodedFrame, ReasonCode> {
  switch (coding) {
    case 'not-read':
      return fail('unsupported-transfer-syntax');
    case 'native': {
      const bytes = nativeFrame(header, description, frame);
      if (!bytes.ok) return bytes;
      const values = valuesOfWords(bytes.value, description);
      return values ? ok({ values, loss: 'not-shown' }) : fail('pixels-not-hu');
    }
    case 'rle':
      return compressed(header, description, frame, (bytes) => rleFrame(bytes, description));
    case 'jpeg-dct':
      return compressed(
        header,
        description,
        frame,
        streamDecoder(description, 'DecodeJpeg', (b) => inspectJpeg(b, 'dct')),
      );
    case 'jpeg-lossless':
      return compressed(
        header,
        description,
        frame,
        streamDecoder(description, 'DecodeJpeg', (b) => inspectJpeg(b, 'lossless')),
      );
    case 'jpeg-ls':
      return compressed(header, description, frame, streamDecoder(description, 'DecodeJpegLs', inspectJpegLs));
    case 'jpeg-2000':
      return compressed(header, description, frame, streamDecoder(description, 'DecodeJpeg2000', inspectJpeg2000));
    case 'jpeg-xl':
      return compressed(header, description, frame, streamDecoder(description, 'DecodeJpegXl', inspectJpegXl));
    default:
      return never(coding);
  }
}

type FrameDecoder = (bytes: Uint8Array) => DecodedFrame | undefined;

function compressed(
  header: DataSet,
  description: PixelDescription,
  frame: number,
  decode: FrameDecoder,
): Result<DecodedFrame, ReasonCode> {
  const bytes = encapsulatedFrame(header, description, frame);
  if (!bytes.ok) return bytes;
  if (description.rows * description.columns > MOST_COMPRESSED_PIXELS) return fail('codestream-invalid');
  const decoded = decode(bytes.value);
  return decoded ? ok(decoded) : fail('codestream-invalid');
}

function rleFrame(bytes: Uint8Array, description: PixelDescription): DecodedFrame | undefined {
  const words = decodeRle(bytes, description.rows * description.columns, description.bitsAllocated / 8);
  const values = words && valuesOfWords(words, description);
  return values && { values, loss: 'not-shown' };
}

function streamDecoder(
  description: PixelDescription,
  codec: Codec,
  inspect: (bytes: Uint8Array) => Codestream | undefined,
): FrameDecoder {
  return (bytes) => {
    const stream = inspect(bytes);
    if (!stream || stream.components !== 1) return undefined;
    if (stream.rows !== description.rows || stream.columns !== description.columns) return undefined;
    const samples = decodeWith(codec, stream);
    if (!samples) return undefined;
    const unscaled = codec === 'DecodeJpegXl' ? unscaledSamples(samples, stream.precision) : samples;
    const values = valuesOfSamples(unscaled, stream, description);
    return values && { values, loss: stream.loss };
  };
}

/** libjxl stretches samples to the full range of the word it writes; this takes that back, exactly for lossless streams. */
function unscaledSamples(samples: Uint8Array, precision: number): Uint8Array {
  if (precision === 8 || precision === 16) return samples;
  const words = precision > 8 ? new Uint16Array(samples.buffer, samples.byteOffset, samples.length / 2) : samples;
  const scale = (2 ** precision - 1) / (precision > 8 ? 65_535 : 255);
  for (let i = 0; i < words.length; i++) words[i] = Math.round(words[i]! * scale);
  return samples;
}
