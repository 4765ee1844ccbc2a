/**
 * The boundary parameter of a multipart content type (RFC 2045 5.1, RFC 2046 5.1.1), quoted or not; undefined when the header is no multipart
 * type or the boundary is missing or not legal.
 */
export function boundaryOf(contentType: string): string | undefined {
  if (!/^\s*multipart\//i.test(contentType)) return undefined;
  const parameters = /;\s*([^\s=;]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;\s]*))/g;
  for (const [, name, quoted, plain] of contentType.matchAll(parameters)) {
    if (name?.toLowerCase() !== 'boundary') continue;
    const boundary = quoted === undefined ? plain : quoted.replace(/\\(.)/g, '$1');
    return boundary !== undefined && BOUNDARY.test(boundary) ? boundary : undefined;
  }
  return undefined;
}

/** RFC 2046 allows 70 characters; some servers send more, so the limit is ours. Any visible ASCII and inner spaces are accepted. */
const BOUNDARY = /^[\x20-\x7e]{0,199}[\x21-\x7e]$/;
