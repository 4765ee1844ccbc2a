import express, {
  type ErrorRequestHandler,
  type Express,
  type Request,
  type RequestHandler,
  type Response,
} from 'express';
import { refusal, type Answer } from './answer.js';
import { CHALLENGE, isAuthorised, type BasicCredentials } from './basic-credentials.js';
import { resourceUrls, type ResourceUrls } from './resource-urls.js';
import { ROOT, routesOf, type Handler } from './routes.js';
import { sendAnswer } from './send-answer.js';
import type { Store } from './store/store-instance.js';
import type { StoreLimits } from './stow.js';

interface ApplicationParts {
  readonly store: Store;
  readonly credentials: BasicCredentials | undefined;
  readonly limits: StoreLimits;
  /** The base URL, where it does not follow from the request. */
  readonly publicUrl: string | undefined;
  /** A text that occurs in no body. */
  boundary(): string;
  unexpected(error: unknown): void;
}

export function application(parts: ApplicationParts): Express {
  const app = express();
  app.disable('x-powered-by').disable('etag').set('query parser', false);
  if (parts.credentials) app.use(authentication(parts.credentials, parts));
  for (const { path, get, post } of routesOf(parts.store, parts.limits)) {
    const route = app.route(path).get(answering(get, parts));
    if (post) route.post(answering(post, parts));
    route.all(
      refusing(405, 'this is not done on this resource', { Allow: post ? 'GET, HEAD, POST' : 'GET, HEAD' }, parts),
    );
  }
  app.use(refusing(404, `no resource has this address; those of DICOMweb are below ${ROOT}`, {}, parts));
  app.use(errorHandler(parts));
  return app;
}

const answering =
  (handler: Handler, parts: ApplicationParts): RequestHandler =>
  async (request, response) => {
    const urls = urlsFor(request, parts);
    const answer = await handler({ request, target: request.originalUrl, names: namesOf(request), urls });
    if (answer) await send(answer, response, urls, parts);
  };

const refusing =
  (
    status: 401 | 404 | 405,
    message: string,
    headers: Record<string, string>,
    parts: ApplicationParts,
  ): RequestHandler =>
  async (request, response) => {
    response.set(headers);
    await send(refusal(status, message), response, urlsFor(request, parts), parts);
  };

function authentication(credentials: BasicCredentials, parts: ApplicationParts): RequestHandler {
  const refuse = refusing(401, 'credentials are needed', { 'WWW-Authenticate': CHALLENGE }, parts);
  return (request, response, next) =>
    isAuthorised(request.headers.authorization, credentials) ? next() : refuse(request, response, next);
}

/** Four parameters, because express tells error handlers by their number. */
const errorHandler =
  (parts: ApplicationParts): ErrorRequestHandler =>
  (error: unknown, request, response, next) => {
    if (response.headersSent || response.destroyed) {
      parts.unexpected(error);
      response.destroy();
      return;
    }
    // the router's own, for a path that is not percent-encoded UTF-8
    const isPath = error instanceof URIError || (error instanceof Error && 'status' in error && error.status === 400);
    if (!isPath) parts.unexpected(error);
    const answer: Answer = isPath
      ? refusal(400, 'the path is not percent-encoded UTF-8')
      : {
          kind: 'json',
          status: 500,
          mediaType: 'application/json',
          body: { message: 'something unexpected happened' },
        };
    send(answer, response, urlsFor(request, parts), parts).catch(next);
  };

const send = (answer: Answer, response: Response, urls: ResourceUrls, parts: ApplicationParts): Promise<void> =>
  sendAnswer(answer, response, { service: urls.base, boundary: parts.boundary() });

function namesOf(request: Request): Readonly<Record<string, string>> {
  const names = Object.entries(request.params).map(([name, value]) => [name, [value].flat().join('/')] as const);
  return Object.fromEntries(names);
}

/**
 * Links are made for the host that the caller addressed, so that they lead back through whatever forwarded the request unchanged; a host that is
 * none is not repeated.
 */
function urlsFor(request: Request, parts: ApplicationParts): ResourceUrls {
  if (parts.publicUrl !== undefined) return resourceUrls(parts.publicUrl.replace(/\/+$/, ''));
  const { host } = request.headers;
  const { localAddress, localPort } = request.socket;
  const own = localAddress?.includes(':') === true ? `[${localAddress}]` : localAddress;
  const usable = host !== undefined && /^([\w.-]+|\[[\da-fA-F:.]+\])(:\d{1,5})?$/.test(host);
  return resourceUrls(`http://${usable ? host : `${own}:${localPort}`}${ROOT}`);
}
