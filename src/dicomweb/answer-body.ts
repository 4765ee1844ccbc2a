import { MultipartSplitter, type MultipartPart } from '../dicom/index.js';
import { fail, ok, type Result } from '../domain/index.js';
import { decodeContent } from './content-encoding.js';

export type AnswerBody =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'multipart'; readonly parts: readonly MultipartPart[] };

interface BodyForm {
  readonly contentType: string | undefined;
  readonly contentEncoding: string | undefined;
  readonly maximumBytes: number;
}

const PART_HEADER_BYTES = 16_384;
const PARTS = 100_000;

/**
 * Reads an answer's body: a multipart part by part as it arrives, anything else whole. The failure is in our words; it is given before the
 * body's end where the rest cannot change it, and what drives `chunks` has to be let go then.
 */
export async function readBody(chunks: AsyncIterable<Uint8Array>, form: BodyForm): Promise<Result<AnswerBody, string>> {
  const { contentType = '', contentEncoding, maximumBytes } = form;
  const splitter = /^\s*multipart\//i.test(contentType)
    ? new MultipartSplitter(contentType, { headerBytes: PART_HEADER_BYTES, partBytes: maximumBytes, parts: PARTS })
    : undefined;
  const streamed = contentEncoding === undefined ? splitter : undefined;
  const parts: MultipartPart[] = [];
  const whole: Uint8Array[] = [];
  let received = 0;
  for await (const chunk of chunks) {
    received += chunk.length;
    if (received > maximumBytes) return fail(`longer than ${maximumBytes} bytes`);
    if (streamed === undefined) whole.push(chunk);
    else parts.push(...streamed.push(chunk));
    if (streamed?.problem !== undefined) return fail(streamed.problem);
  }
  if (streamed === undefined) {
    const bytes = await decodeContent(Buffer.concat(whole), contentEncoding ?? '', maximumBytes);
    if (!bytes.ok) return bytes;
    if (splitter === undefined) return ok({ kind: 'bytes', bytes: bytes.value });
    parts.push(...splitter.push(bytes.value));
  }
  const rest = splitter?.end() ?? ok([]);
  return rest.ok ? ok({ kind: 'multipart', parts: [...parts, ...rest.value] }) : rest;
}
