import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * A source of faults: a bare HTTP server that answers what a test tells it, as no real archive would on demand. What archives do when they
 * work is tested with Orthanc.
 */
export interface FaultServer {
  readonly url: string;
  /** Every request that came, in order. */
  readonly requests: readonly SeenRequest[];
  /** How the next requests are answered. */
  answer(handler: Handler): void;
  stop(): Promise<void>;
}

export interface SeenRequest {
  readonly method: string;
  /** Below the DICOMweb root, with the query as sent. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly rawQuery: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

export type Handler = (request: SeenRequest, response: ServerResponse) => void;

const ROOT = '/dicom-web';

export async function startFaultServer(): Promise<FaultServer> {
  let handler: Handler = (_, response) => response.writeHead(500).end();
  const requests: SeenRequest[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const [path = '', rawQuery = ''] = (request.url ?? '').split('?');
      const seen = {
        method: request.method ?? '',
        path: path.slice(ROOT.length),
        query: new URLSearchParams(rawQuery),
        rawQuery,
        headers: request.headers,
        body: Buffer.concat(chunks),
      };
      requests.push(seen);
      handler(seen, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${ROOT}`,
    requests,
    answer: (next) => {
      requests.length = 0;
      handler = next;
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export const json = (response: ServerResponse, value: unknown, status = 200): void => {
  response.writeHead(status, { 'content-type': 'application/dicom+json' }).end(JSON.stringify(value));
};

/** A multipart body written by hand: boundary, and for each part its header lines and bytes. */
export function multipart(
  boundary: string,
  parts: readonly { headers: readonly string[]; body: Uint8Array }[],
): Buffer {
  const pieces = parts.flatMap(({ headers, body }) => [
    Buffer.from(`--${boundary}\r\n${headers.map((line) => `${line}\r\n`).join('')}\r\n`, 'latin1'),
    body,
    Buffer.from('\r\n', 'latin1'),
  ]);
  return Buffer.concat([...pieces, Buffer.from(`--${boundary}--\r\n`, 'latin1')]);
}
