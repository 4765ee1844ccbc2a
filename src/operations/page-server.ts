import { createServer as createPlainServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { fail, ok, type Result } from '../domain/index.js';
import { accessProblems } from './access/access-settings.js';
import { Allowance } from './access/allowance.js';
import { Gate } from './access/gate.js';
import { Issuer } from './access/issuer.js';
import { pageApplication } from './application.js';
import { LiveUpdates } from './live-updates.js';
import type { PageWorld } from './page-world.js';
import { RecentPictures } from './recent-pictures.js';
import { Summaries } from './summary.js';

export interface PageServer {
  readonly url: string;
  close(): Promise<void>;
}

export type PageProblem =
  | { readonly kind: 'cannot-listen'; readonly code: string }
  | { readonly kind: 'not-safe'; readonly says: readonly string[] };

/** Serves the page and the API. What can be reached from other machines is not opened without users and TLS, whoever asks for it. */
export async function startPage(
  listen: { readonly host: string; readonly port: number },
  world: PageWorld,
): Promise<Result<PageServer, PageProblem>> {
  const says = accessProblems(world.access);
  if (says.length > 0) return fail({ kind: 'not-safe', says });
  const { tls, oidc } = world.access;
  const issuer = oidc && new Issuer(oidc, world.now, world.log);
  const desk = {
    world,
    gate: new Gate(world.access, world.now, { sessions: world.sessions, issuer }),
    summaries: new Summaries(world.ledger, world.observations, world.now),
    pictures: new RecentPictures(world.lesionViews),
    live: new LiveUpdates(world.ledger),
    looks: new Allowance({ most: 1, withinMs: 60_000, keys: 10_000 }, world.now),
  };
  const app = pageApplication(desk);
  const server: Server =
    typeof tls === 'string'
      ? createPlainServer(app)
      : createTlsServer({ cert: tls.certificate, key: tls.key, minVersion: 'TLSv1.2' }, app);
  server.requestTimeout = 30_000;
  server.headersTimeout = 10_000;
  server.maxHeadersCount = 100;
  const listening = await new Promise<Result<void, PageProblem>>((resolve, reject) => {
    // in use, not ours to take (below 1024), no address of this machine
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.syscall === 'listen' && error.code !== undefined
        ? resolve(fail({ kind: 'cannot-listen', code: error.code }))
        : reject(error),
    );
    server.listen(listen.port, listen.host, () => resolve(ok(undefined)));
  });
  if (!listening.ok) return listening;
  const { port } = server.address() as AddressInfo;
  const host = listen.host.includes(':') ? `[${listen.host}]` : listen.host;
  return ok({
    url: `${typeof tls === 'string' ? 'http' : 'https'}://${host}:${port}/`,
    async close() {
      desk.live.close();
      await closed(server);
    },
  });
}

const closed = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
