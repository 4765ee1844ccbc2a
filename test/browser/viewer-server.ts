import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

/** The viewer's page, and beside it the archive: one origin, as behind the reverse proxy of a viewer. */
export interface ViewerServer {
  readonly url: string;
  close(): Promise<void>;
}

const TYPES: Readonly<Record<string, string>> = { html: 'text/html; charset=utf-8', js: 'text/javascript' };

/** `scripts` is the folder of the bundled scripts; `archive` the base URL of its services, which end in /dicom-web. */
export async function serveViewer(scripts: string, archive: string): Promise<ViewerServer> {
  const pages: Readonly<Record<string, string>> = {
    '/': 'test/browser/viewer.html',
    '/viewer.js': join(scripts, 'viewer.js'),
    '/decodeImageFrameWorker.js': join(scripts, 'decodeImageFrameWorker.js'),
  };
  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    const page = pages[path];
    if (page !== undefined) {
      response.setHeader('content-type', TYPES[page.split('.').at(-1)!]!);
      response.end(readFileSync(page));
    } else if (path.startsWith('/dicom-web/')) {
      hand(`${archive}${path.slice('/dicom-web'.length)}`, request, response).catch(() => response.destroy());
    } else {
      response.statusCode = 404;
      response.end();
    }
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}

async function hand(url: string, { headers }: IncomingMessage, response: ServerResponse): Promise<void> {
  const answer = await fetch(url, { headers: { accept: headers.accept ?? '*/*', 'accept-encoding': 'identity' } });
  response.statusCode = answer.status;
  response.setHeader('content-type', answer.headers.get('content-type') ?? 'application/octet-stream');
  response.end(Buffer.from(await answer.arrayBuffer()));
}
