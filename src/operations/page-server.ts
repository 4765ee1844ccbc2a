import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import helmet from 'helmet';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fail, ok, type EventLog, type ReasonCode, type Result } from '../domain/index.js';
import { numberNamed, type Ledger, type ReportNumber, type ReportStory } from '../ledger/index.js';
import type { LesionView } from '../pipeline/index.js';
import type { Metrics } from './metrics.js';
import { readiness, type NetworkState } from './readiness.js';
import { measurementPicture, type MeasurementPicture } from './measurement-picture.js';
import { PAGE_STYLE } from './page-style.js';
import { overviewPage, page, reportPage } from './pages.js';

export interface PageWorld {
  readonly ledger: Ledger;
  readonly log: EventLog;
  readonly metrics: Metrics;
  /** The clock; milliseconds. */
  readonly now: () => number;
  /** Where the network runs at this moment. */
  readonly network: () => NetworkState;
  readonly softwareVersion: string;
  /** Fetches what a report's measurements look like, by measurement key. */
  readonly lesionViews: (story: ReportStory) => Promise<ReadonlyMap<string, Result<LesionView, ReasonCode>>>;
}

export interface PageServer {
  readonly url: string;
  close(): Promise<void>;
}

const REPORTS_SHOWN = 100;

/** Serves the page. It listens on loopback only, since it has no sign-in. */
export async function startPage(
  listen: { readonly host: string; readonly port: number },
  world: PageWorld,
): Promise<Result<PageServer, 'port-in-use'>> {
  const server = createServer(pageApp(world));
  const listening = await new Promise<Result<void, 'port-in-use'>>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(fail('port-in-use')) : reject(error),
    );
    server.listen(listen.port, listen.host, () => resolve(ok(undefined)));
  });
  if (!listening.ok) return listening;
  const { port } = server.address() as AddressInfo;
  return ok({ url: `http://${listen.host}:${port}/`, close: () => closed(server) });
}

const closed = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });

function pageApp(world: PageWorld): Express {
  const app = express();
  app.use(
    helmet({
      contentSecurityPolicy: {
        useDefaults: false,
        directives: {
          defaultSrc: ["'none'"],
          styleSrc: ["'self'"],
          imgSrc: ["'self'", 'data:'],
          baseUri: ["'none'"],
          formAction: ["'none'"],
          frameAncestors: ["'none'"],
        },
      },
      strictTransportSecurity: false,
    }),
  );
  app.use((_request, response, next) => {
    response.set('Cache-Control', 'no-store');
    next();
  });
  const send = (response: Response, title: string, content: Parameters<typeof page>[1], status = 200) =>
    response
      .status(status)
      .type('html')
      .send(page(title, content, world.softwareVersion));

  app.get('/style.css', (_request, response) => response.type('css').send(PAGE_STYLE));
  app.get('/healthz', (_request, response) => response.json({ status: 'ok' }));
  app.get('/readyz', async (_request, response) => {
    const ready = await readiness(world.ledger, world.network());
    response.status(ready.status === 'ready' ? 200 : 503).json(ready);
  });
  app.get('/metrics', async (_request, response) => {
    const { contentType, text } = await world.metrics.scrape(world.ledger, world.network(), world.now());
    response.type(contentType).send(text);
  });
  app.get('/', async (_request, response) => {
    const [status, lines] = await Promise.all([
      world.ledger.status(),
      world.ledger.recentReports({ limit: REPORTS_SHOWN }),
    ]);
    send(response, 'Overview', overviewPage(status, lines));
  });
  const pictures = new RecentPictures(world);
  app.get('/reports/:report', async (request, response, next) => {
    const story = await storyOf(request.params.report, world);
    if (!story) return next();
    send(response, `Report ${request.params.report}`, reportPage(story, await pictures.of(story)));
  });
  app.get('/reports/:report/measurements/:number.png', async (request, response, next) => {
    const story = await storyOf(request.params.report, world);
    const measurement = story?.runs[0]?.measurements[Number(request.params.number) - 1];
    if (!story || !measurement) return next();
    const picture = (await pictures.of(story)).get(measurement.key);
    if (picture === undefined || typeof picture === 'string') return next();
    response.type('png').send(Buffer.from(picture.png()));
  });
  app.use((_request, response) => {
    send(response, 'Not found', { html: '<h1>Not found</h1><p>There is no such page.</p>' }, 404);
  });
  app.use((error: unknown, request: Request, response: Response, _next: NextFunction) => {
    const status = error instanceof Error && 'status' in error && error.status === 400 ? 400 : 500;
    if (status === 500)
      world.log.event('page.failed', {
        route: routeOf(request),
        error: error instanceof Error ? error.name : typeof error,
      });
    send(
      response,
      'Error',
      { html: '<h1>This page could not be made</h1><p>The log says why. Nothing is lost.</p>' },
      status,
    );
  });
  return app;
}

const routeOf = (request: Request): string => (request.path === '/' ? '/' : `/${request.path.split('/')[1] ?? ''}`);

async function storyOf(name: string, world: PageWorld): Promise<ReportStory | undefined> {
  const named = numberNamed(name);
  return named?.kind === 'report' ? world.ledger.reportByNumber(named.number) : undefined;
}

/** Pictures of the reports looked at last: a page asks once for the text and once for each image. */
class RecentPictures {
  readonly #kept = new Map<
    ReportNumber,
    { readonly of: string; readonly pictures: Promise<ReadonlyMap<string, MeasurementPicture | ReasonCode>> }
  >();

  constructor(private readonly world: PageWorld) {}

  of(story: ReportStory): Promise<ReadonlyMap<string, MeasurementPicture | ReasonCode>> {
    const state = JSON.stringify([story.runs[0]?.id, story.runs[0]?.changed]);
    const kept = this.#kept.get(story.report.number);
    if (kept?.of === state) return kept.pictures;
    const pictures = this.#make(story);
    this.#kept.delete(story.report.number);
    this.#kept.set(story.report.number, { of: state, pictures });
    if (this.#kept.size > 4) this.#kept.delete([...this.#kept.keys()][0]!);
    pictures.catch(() => this.#kept.delete(story.report.number));
    return pictures;
  }

  async #make(story: ReportStory): Promise<ReadonlyMap<string, MeasurementPicture | ReasonCode>> {
    const views = await this.world.lesionViews(story);
    return new Map([...views].map(([key, view]) => [key, view.ok ? measurementPicture(view.value) : view.error]));
  }
}
