import { mkdir } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { setTimeout as after } from 'node:timers/promises';
import { application } from './application.js';
import type { BasicCredentials } from './basic-credentials.js';
import { scanFolder, type FileNotServed } from './catalogue/scan-folder.js';
import { ROOT } from './routes.js';
import { OneAtATime } from './storage/one-at-a-time.js';

export interface ArchiveServerOptions {
  /** Made where it is missing. What lies in it is served; what is stored is written as `<study>/<series>/<instance>.dcm`. */
  readonly folder: string;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** HTTP Basic; none: everyone who reaches the port may read and write. */
  readonly credentials?: BasicCredentials;
  /** Base URL as callers know it, where something in between changes host, scheme or path; otherwise the request tells. */
  readonly publicUrl?: string;
  readonly limits?: {
    /** Bytes of one store request; by default 4 GiB. */
    readonly requestBytes?: number;
    /** Bytes of one instance, held in memory while it is stored; by default 512 MiB. */
    readonly instanceBytes?: number;
  };
}

/** What an administrator may want to know. Paths and errors may tell whose data it is: they are not for logs. */
export type ArchiveNotice =
  | ({ readonly kind: 'file-not-served' } & FileNotServed)
  | { readonly kind: 'index-unusable'; readonly error: unknown }
  | { readonly kind: 'unexpected-error'; readonly error: unknown };

export interface ArchiveWorld {
  /** Unguessable: boundaries of multipart bodies are made of it. */
  randomUUID(): string;
  report(notice: ArchiveNotice): void;
}

export interface RunningArchive {
  /** Base URL of the DICOMweb services. */
  readonly url: string;
  /** Instances found in the folder at start. */
  readonly instances: number;
  /** Takes no more requests, lets those under way finish for five seconds, then cuts them. */
  close(): Promise<void>;
}

/** A store request of many instances over a slow line may take this long. */
const REQUEST_TIMEOUT_MS = 3_600_000;
const GRACE_MS = 5_000;
const POLL_MS = 20;

/** A DICOMweb archive over a folder of Part 10 files (PS3.18 10: search, retrieve, store). Rejects when the address cannot be taken. */
export async function startArchive(options: ArchiveServerOptions, world: ArchiveWorld): Promise<RunningArchive> {
  await mkdir(options.folder, { recursive: true });
  const { catalogue, journal, shared } = await scanFolder(options.folder, {
    notServed: (file) => world.report({ kind: 'file-not-served', ...file }),
    indexUnusable: (error) => world.report({ kind: 'index-unusable', error }),
  });
  const instances = catalogue.size;
  const app = application({
    store: {
      folder: options.folder,
      catalogue,
      journal,
      shared,
      turns: new OneAtATime(),
      temporaryName: () => world.randomUUID(),
    },
    credentials: options.credentials,
    limits: {
      requestBytes: options.limits?.requestBytes ?? 4 * 2 ** 30,
      instanceBytes: options.limits?.instanceBytes ?? 512 * 2 ** 20,
    },
    publicUrl: options.publicUrl,
    boundary: () => `caliper-${world.randomUUID()}`,
    unexpected: (error) => world.report({ kind: 'unexpected-error', error }),
  });
  const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS }, app);
  const address = await listen(server, options.host, options.port);
  return {
    url: `http://${address}${ROOT}`,
    instances,
    close: async () => {
      await closed(server);
      await journal.settled();
    },
  };
}

function listen(server: Server, host: string, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      const address = server.address();
      if (address === null || typeof address === 'string') throw new Error('a TCP server has a TCP address');
      resolve(`${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`);
    });
  });
}

/** A connection is idle only a moment after its last answer has left, so the idle ones are closed again and again. */
async function closed(server: Server): Promise<void> {
  let open = true;
  const finished = new Promise<void>((resolve) =>
    server.close(() => {
      open = false;
      resolve();
    }),
  );
  for (let waited = 0; open && waited < GRACE_MS; waited += POLL_MS) {
    server.closeIdleConnections();
    await Promise.race([finished, after(POLL_MS)]);
  }
  server.closeAllConnections();
  await finished;
}
