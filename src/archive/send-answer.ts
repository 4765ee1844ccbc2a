import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Response } from 'express';
import type { Answer, Part } from './answer.js';
import { isSystemError } from './storage/write-once.js';

/** Puts an answer on the wire. Bodies of files are streamed; a body that breaks off ends the connection, so that it is never taken for whole. */
export async function sendAnswer(
  answer: Answer,
  response: Response,
  context: { readonly service: string; readonly boundary: string },
): Promise<void> {
  switch (answer.kind) {
    case 'refusal':
      sendJson(response, answer.status, 'application/json', { message: answer.message });
      return;
    case 'json':
      for (const text of answer.warnings ?? []) response.append('Warning', `299 ${context.service}: ${text}`);
      sendJson(response, answer.status, answer.mediaType, answer.body);
      return;
    case 'json-stream':
      response.status(200).setHeader('Content-Type', answer.mediaType);
      return stream(() => jsonArray(answer.elements), response);
    case 'single': {
      const { part } = answer;
      setHeaders(response, {
        'Content-Type': part.contentType,
        'Content-Location': part.contentLocation,
        'Content-Length': part.length,
      });
      return stream(() => part.open(), response);
    }
    case 'multipart': {
      const { boundary } = context;
      setHeaders(response, {
        'Content-Type': `multipart/related; type="${answer.partType}"; boundary=${boundary}`,
        'Content-Length': multipartLength(answer.parts, boundary),
      });
      return stream(() => multipart(answer.parts, boundary), response);
    }
  }
}

function sendJson(response: Response, status: number, mediaType: string, body: unknown): void {
  const bytes = Buffer.from(JSON.stringify(body), 'utf8');
  response.status(status);
  setHeaders(response, { 'Content-Type': mediaType, 'Content-Length': bytes.length });
  response.end(bytes);
}

/** As they are: express's own way adds a charset to JSON, whose only encoding is UTF-8 (RFC 8259 8.1). */
function setHeaders(response: Response, headers: Readonly<Record<string, string | number>>): void {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
}

async function stream(
  body: () => Iterable<Uint8Array> | AsyncIterable<Uint8Array | string>,
  response: Response,
): Promise<void> {
  if (response.req.method === 'HEAD') {
    response.end();
    return;
  }
  // a file that shrinks while it is sent must not pass for whole
  response.strictContentLength = true;
  try {
    await pipeline(Readable.from(body(), { objectMode: false }), response);
  } catch (error) {
    // the caller went away: there is nobody to answer
    if (!isSystemError(error, 'ERR_STREAM_PREMATURE_CLOSE', 'ECONNRESET', 'EPIPE')) throw error;
  }
}

async function* jsonArray(elements: AsyncIterable<string>): AsyncGenerator<string> {
  let before = '[';
  for await (const element of elements) {
    yield before + element;
    before = ',';
  }
  yield before === '[' ? '[]' : ']';
}

/** RFC 2046 5.1, each part with its Content-Location (PS3.18 8.6.1.2.1). */
async function* multipart(parts: readonly Part[], boundary: string): AsyncGenerator<Uint8Array> {
  for (const [index, part] of parts.entries()) {
    yield partHeader(part, index, boundary);
    yield* part.open();
  }
  yield Buffer.from(`\r\n--${boundary}--\r\n`, 'latin1');
}

const partHeader = (part: Part, index: number, boundary: string): Buffer =>
  Buffer.from(
    `${index === 0 ? '' : '\r\n'}--${boundary}\r\n` +
      `Content-Type: ${part.contentType}\r\n` +
      `Content-Location: ${part.contentLocation}\r\n` +
      `Content-Length: ${part.length}\r\n\r\n`,
    'latin1',
  );

const multipartLength = (parts: readonly Part[], boundary: string): number =>
  parts.reduce((sum, part, index) => sum + partHeader(part, index, boundary).length + part.length, 0) +
  boundary.length +
  8;
