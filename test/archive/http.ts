import { expect } from '@jest/globals';

/** An answer with its body read; multipart bodies are taken apart here by RFC 2046, without the product's code. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
}

export interface Part {
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
}

export async function ask(url: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(url, {
    redirect: 'error',
    ...init,
    headers: { 'accept-encoding': 'identity', ...init.headers },
  });
  return { status: response.status, headers: response.headers, body: Buffer.from(await response.arrayBuffer()) };
}

export function partsOf({ headers, body }: Answer): readonly Part[] {
  const type = headers.get('content-type') ?? '';
  expect(type).toMatch(/^multipart\/related;/i);
  const boundary = /boundary="?([^";]+)"?/i.exec(type)?.[1];
  if (boundary === undefined) throw new Error(`no boundary in ${type}`);
  const parts: Part[] = [];
  const mark = Buffer.from(`--${boundary}`);
  let at = body.indexOf(mark);
  for (;;) {
    const start = at + mark.length;
    if (body.toString('latin1', start, start + 2) === '--') return parts;
    const next = body.indexOf(Buffer.concat([Buffer.from('\r\n'), mark]), start);
    if (next < 0) throw new Error('the multipart body has no closing boundary');
    const blank = body.indexOf('\r\n\r\n', start);
    const headerLines = body.toString('latin1', start + 2, blank).split('\r\n');
    const pairs = headerLines.map((line): [string, string] => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    });
    parts.push({ headers: new Map(pairs), body: body.subarray(blank + 4, next) });
    at = next + 2;
  }
}

interface StoreParts {
  readonly contentType?: string;
  readonly partType?: string;
}

export function storeBody(files: readonly Uint8Array[], options: StoreParts = {}): RequestInit {
  const boundary = 'a-boundary-of-the-test';
  const head = `Content-Type: ${options.partType ?? 'application/dicom'}\r\n\r\n`;
  const pieces = files.flatMap((file) => [Buffer.from(`--${boundary}\r\n${head}`), file, Buffer.from('\r\n')]);
  return {
    method: 'POST',
    headers: {
      accept: 'application/dicom+json',
      'content-type': options.contentType ?? `multipart/related; type="application/dicom"; boundary=${boundary}`,
    },
    body: Buffer.concat([...pieces, Buffer.from(`--${boundary}--\r\n`)]),
  };
}

/** DICOM JSON, as loosely as a test reads it. */
export type Row = Readonly<
  Record<
    string,
    | {
        readonly vr: string;
        readonly Value?: readonly unknown[];
        readonly BulkDataURI?: string;
        readonly InlineBinary?: string;
      }
    | undefined
  >
>;

export const rowsOf = (answer: Answer): readonly Row[] => JSON.parse(answer.body.toString('utf8')) as readonly Row[];
export const rowOf = (answer: Answer): Row => JSON.parse(answer.body.toString('utf8')) as Row;
export const value = (row: Row | undefined, tag: string): unknown => row?.[tag]?.Value?.[0];
export const values = (rows: readonly Row[], tag: string): readonly unknown[] =>
  rows.map((row) => value(row, tag)).sort();
