import express, { type Express, type NextFunction, type Request, type RequestHandler, type Response } from 'express';
import helmet from 'helmet';
import { API_ROUTES } from './api/api-routes.js';
import { sendProblem } from './api/problem.js';
import type { Arrival } from './access/gate.js';
import { may, type Need, type Visitor } from './access/needs.js';
import { notFound, send } from './page-answer.js';
import { PAGE_ROUTES } from './page-routes.js';
import { messagePage } from './pages/frame.js';
import { audited, type Desk, type Route } from './route.js';

/** Everything that the server answers. */
export const ROUTES: readonly Route[] = [...PAGE_ROUTES, ...API_ROUTES];

/** The most that a program may send: references, never data. */
const LONGEST_JSON = '64kb';
const LONGEST_FORM = '8kb';

export function pageApplication(desk: Desk): Express {
  const { access } = desk.world;
  const app = express();
  app.set('trust proxy', access.tls === 'proxy' ? 1 : false);
  app.set('query parser', 'simple');
  app.use(
    helmet({
      contentSecurityPolicy: {
        useDefaults: false,
        directives: {
          defaultSrc: ["'none'"],
          styleSrc: ["'self'"],
          scriptSrc: ["'self'"],
          imgSrc: ["'self'"],
          connectSrc: ["'self'"],
          baseUri: ["'none'"],
          formAction: ["'self'"],
          frameAncestors: ["'none'"],
        },
      },
      strictTransportSecurity: access.tls === 'none' ? false : { maxAge: 31_536_000, includeSubDomains: false },
      // with no-referrer a browser hides the origin of our own forms too
      referrerPolicy: { policy: 'same-origin' },
      xFrameOptions: { action: 'deny' },
    }),
  );
  app.use((_request, response, next) => {
    response.set('Cache-Control', 'no-store');
    response.set('Permissions-Policy', 'camera=(), microphone=(), geolocation=(), browsing-topics=()');
    next();
  });
  for (const route of ROUTES) app[route.method](route.path, ...guards(route, desk), handler(route, desk));
  for (const path of new Set(ROUTES.map((route) => route.path))) app.all(path, otherMethod(path, desk));
  app.use((request, response) => {
    if (isApi(request)) sendProblem(response, { status: 404, title: 'There is no such address.' });
    else notFound({ response, visitor: desk.gate.namesUs(request) ? desk.gate.visitor(request) : undefined }, desk);
  });
  app.use((error: unknown, request: Request, response: Response, next: NextFunction) =>
    failed(error, request, response, next, desk),
  );
  return app;
}

/** An address of ours that was asked in a way that it does not know, by whomever (RFC 9110 15.5.6). */
function otherMethod(path: string, desk: Desk): RequestHandler {
  const known = ROUTES.filter((route) => route.path === path).map(({ method }) => method.toUpperCase());
  const allowed = known.includes('GET') ? ['HEAD', ...known] : known;
  const title = `This address takes ${known.join(' and ')} alone`;
  return (request, response) => {
    response.set('Allow', allowed.join(', '));
    if (isApi(request)) sendProblem(response, { status: 405, title });
    else send({ response, visitor: undefined }, desk, title, 'still', messagePage(title, ''), 405);
  };
}

const isApi = (request: Request): boolean => request.path.startsWith('/api/');

/** What stands before every handler, in its order: the name we are called by, how often, who, whether he may, from where, and what was sent. */
function guards(route: Route, desk: Desk): RequestHandler[] {
  const { gate } = desk;
  const refuse = (request: Request, response: Response, status: number, title: string) => {
    if (isApi(request)) sendProblem(response, { status, title });
    else send({ response, visitor: undefined }, desk, title, 'still', messagePage(title, ''), status);
  };
  const named: RequestHandler = (request, response, next) => {
    // probes are asked by address, and tell nothing
    if (route.kind === 'probe' && route.needs === 'nobody') next();
    else if (!gate.namesUs(request)) refuse(request, response, 421, 'This host is not served here');
    else next();
  };
  const often: RequestHandler = (request, response, next) => {
    if (gate.mayAsk(request.ip ?? 'unknown')) next();
    else {
      response.set('Retry-After', '60');
      refuse(request, response, 429, 'Too many requests');
    }
  };
  const allowed: RequestHandler = async (request, response, next) => {
    const arrival: Arrival = gate.namesUs(request) ? await gate.arrival(request) : { kind: 'nobody' };
    const visitor = arrival.kind === 'visitor' ? arrival.visitor : undefined;
    if (route.needs === 'nobody' || (visitor && may(visitor.role, route.needs))) {
      response.locals['visitor'] = visitor;
      next();
    } else if (arrival.kind === 'cannot-tell') {
      response.set('Retry-After', '10');
      refuse(request, response, 503, `Who you are cannot be checked: the issuer does not answer (${arrival.code})`);
    } else if (arrival.kind === 'nobody') signInFirst(route, request, response, refuse);
    else {
      const by = arrival.kind === 'visitor' ? arrival.visitor : arrival;
      audited({ request, by }, desk, { kind: 'not-allowed', route: route.path }, 'refused');
      const says = visitor ? `The role ${visitor.role} may not do this` : 'The issuer gives you no role here';
      refuse(request, response, 403, says);
    }
  };
  const own: RequestHandler = (request, response, next) => {
    if (gate.isOurOwn(request)) next();
    else refuse(request, response, 403, 'This was sent from another site');
  };
  const read: RequestHandler =
    route.kind === 'api'
      ? route.body
        ? express.json({ limit: LONGEST_JSON, strict: true, type: 'application/json' })
        : passOn
      : express.urlencoded({ limit: LONGEST_FORM, extended: false });
  const meant: RequestHandler = (request, response, next) => {
    if (isMeant(route.needs, request, visitorOf(response), desk)) next();
    else refuse(request, response, 403, 'The form is out of date: load the page again');
  };
  return route.method === 'get' ? [named, often, allowed] : [named, often, allowed, own, read, meant];
}

const passOn: RequestHandler = (_request, _response, next) => next();

const visitorOf = (response: Response): Visitor | undefined => response.locals['visitor'] as Visitor | undefined;

/** Whether a person or program meant what is sent in a session's name: a form of ours carries the session's own token. */
function isMeant(needs: Need, request: Request, visitor: Visitor | undefined, { gate }: Desk): boolean {
  if (needs === 'nobody' || !visitor || visitor.by === 'token') return true;
  const body = request.body as Record<string, unknown> | undefined;
  const given = request.headers['x-caliper-form-token'] ?? (isApi(request) ? undefined : body?.['formToken']);
  if (gate.formTokenFits(visitor, given)) return true;
  // a program on this machine: a browser cannot send JSON to us from another site without asking first, and we never say yes
  return visitor.by === 'machine' && isApi(request) && request.headers.origin === undefined;
}

function signInFirst(
  route: Route,
  request: Request,
  response: Response,
  refuse: (request: Request, response: Response, status: number, title: string) => void,
): void {
  const withToken = request.headers.authorization !== undefined;
  if (route.kind === 'page' && route.method === 'get' && !route.path.includes('measurements') && !withToken) {
    response.redirect(303, '/sign-in');
    return;
  }
  // RFC 6750 3.1: whoever sent a token is told that it is the token
  response.set('WWW-Authenticate', `Bearer realm="Caliper"${withToken ? ', error="invalid_token"' : ''}`);
  refuse(request, response, 401, 'Sign in first');
}

function handler(route: Route, desk: Desk): RequestHandler {
  return async (request, response) => {
    const query = route.query?.safeParse(request.query);
    const body = route.body?.safeParse(request.body);
    const wrong = [query, body].flatMap((parsed) => (parsed && !parsed.success ? parsed.error.issues : []));
    if (wrong.length > 0) {
      const detail = wrong
        .slice(0, 5)
        .map(({ path, message }) => `${path.map(String).join('.') || 'request'}: ${message}`);
      sendProblem(response, { status: 400, title: 'The request is not as it has to be.', detail: detail.join('; ') });
      return;
    }
    await route.handle(
      {
        request,
        response,
        visitor: visitorOf(response),
        query: query?.data,
        body: route.kind === 'form' ? request.body : body?.data,
      },
      desk,
    );
  };
}

function failed(error: unknown, request: Request, response: Response, next: NextFunction, desk: Desk): void {
  if (response.headersSent) {
    next(error);
    return;
  }
  const given = error instanceof Error && 'status' in error ? Number(error.status) : 500;
  const status = given >= 400 && given < 500 ? given : 500;
  if (status === 500)
    desk.world.log.event('page.failed', {
      route: routeOf(request),
      error: error instanceof Error ? error.name : typeof error,
    });
  const title =
    status === 413
      ? 'The request is too long'
      : status === 500
        ? 'This could not be done'
        : 'The request is not as it has to be';
  if (isApi(request)) sendProblem(response, { status, title });
  else
    send(
      { response, visitor: undefined },
      desk,
      title,
      'still',
      messagePage(title, status === 500 ? 'The log says why. Nothing is lost.' : ''),
      status,
    );
}

const routeOf = (request: Request): string => (request.path === '/' ? '/' : `/${request.path.split('/')[1] ?? ''}`);
