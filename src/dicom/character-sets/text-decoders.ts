import { TextDecoder } from 'node:util';

const decoders = new Map<string, TextDecoder>();

/** What cannot be decoded becomes U+FFFD. A byte order mark is text. */
export function textDecoder(encoding: string): TextDecoder {
  let decoder = decoders.get(encoding);
  if (!decoder) {
    decoder = new TextDecoder(encoding, { ignoreBOM: true });
    decoders.set(encoding, decoder);
  }
  return decoder;
}
