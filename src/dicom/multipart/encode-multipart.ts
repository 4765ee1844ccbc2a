/** A body of `multipart/related` (RFC 2046 5.1) with CRLF line ends and a closing boundary, allocated once. */
export function encodeMultipart(
  parts: readonly { readonly contentType: string; readonly body: Uint8Array }[],
  boundary: string,
): Uint8Array {
  if (!/^[0-9A-Za-z'()+_,\-./:=?]{1,70}$/.test(boundary)) throw new Error('not a boundary of RFC 2046');
  const delimiter = Buffer.from(`\r\n--${boundary}`, 'latin1');
  const pieces: Uint8Array[] = [];
  for (const { contentType, body } of parts) {
    if (/[\r\n]/.test(contentType)) throw new Error('a content type is one line');
    if (Buffer.from(body.buffer, body.byteOffset, body.byteLength).includes(delimiter))
      throw new Error('the boundary occurs inside a part');
    const start = pieces.length === 0 ? '' : '\r\n';
    pieces.push(Buffer.from(`${start}--${boundary}\r\nContent-Type: ${contentType}\r\n\r\n`, 'latin1'), body);
  }
  const start = pieces.length === 0 ? '' : '\r\n';
  pieces.push(Buffer.from(`${start}--${boundary}--\r\n`, 'latin1'));
  return Buffer.concat(pieces);
}
