import { brotliDecompress, gunzip, inflate, inflateRaw } from 'node:zlib';
import { promisify, types } from 'node:util';
import { fail, ok, type Result } from '../domain/index.js';

const decoders = {
  gzip: promisify(gunzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
  rawDeflate: promisify(inflateRaw),
};

/** Undoes a `Content-Encoding` that was not asked for (RFC 9110 8.4); the words of the failure name the encoding, nothing else. */
export async function decodeContent(
  bytes: Uint8Array,
  encoding: string,
  maximumBytes: number,
): Promise<Result<Uint8Array, string>> {
  const options = { maxOutputLength: maximumBytes };
  const name = encoding.trim().toLowerCase();
  try {
    switch (name) {
      case '':
      case 'identity':
        return ok(bytes);
      case 'gzip':
      case 'x-gzip':
        return ok(await decoders.gzip(bytes, options));
      case 'br':
        return ok(await decoders.br(bytes, options));
      case 'deflate':
        // RFC 9110 means zlib; some servers send the raw stream. The low four bits of zlib's first byte are 8.
        return ok(await (((bytes[0] ?? 0) & 0x0f) === 8 ? decoders.deflate : decoders.rawDeflate)(bytes, options));
      default:
        return fail('unknown content encoding');
    }
  } catch (error) {
    if (!types.isNativeError(error) || !('code' in error)) throw error;
    return fail(`${name}: ${error.code === 'ERR_BUFFER_TOO_LARGE' ? 'longer than allowed' : 'damaged'}`);
  }
}
