import { Agent, request as undiciRequest, type Dispatcher } from 'undici';
import type { ArchiveOptions } from './archive-options.js';
import { networkFailure, problemOfStatus, type ArchiveProblem } from './archive-problem.js';
import { readBody, type AnswerBody } from './answer-body.js';
import { Circuit, type Barred } from './circuit.js';
import { authorizationOf } from './credentials.js';
import { Deadline } from './deadline.js';
import type { Exchange, HttpRequest } from './exchange.js';
import { Governor, type Clock } from './governor.js';
import { ObservedRequest } from './observed-request.js';

export interface Transport {
  exchange(request: HttpRequest): Promise<Exchange>;
  /** What a question would be answered where questions are kept back. */
  leftAlone(): ArchiveProblem | undefined;
  /** Where requests of this kind are kept back, and have been for long enough, makes one that tells whether they still have to be. */
  knock(method: HttpRequest['method'], request: () => Promise<void>): Promise<void>;
  close(): Promise<void>;
}

const CONNECTIONS = 4;
/** Of an answer that is no success no more is read: it holds codes, not images. */
const MAXIMUM_FAILURE_BYTES = 1_000_000;

/**
 * HTTP to one archive and nowhere else: its own connections, certificates and sign-in, its budget, a deadline for every request. Redirects
 * are not followed. Nothing is tried twice, but for a renewed bearer token and a question that was lost with a kept-alive connection.
 */
export function openTransport(options: ArchiveOptions, clock: Clock): Transport {
  const governor = new Governor(options.budget, clock, options.share);
  const agent = agentOf(options);
  const root = rootOf(options.url);
  const circuits = options.circuit && {
    GET: new Circuit(options.circuit, () => clock.now()),
    POST: new Circuit(options.circuit, () => clock.now()),
  };
  const underWay = new Set<Deadline>();
  let knocking = false;
  let closed = false;

  async function once(request: HttpRequest, authorization: string | undefined): Promise<Exchange> {
    const admission = await governor.admit(request.body?.length ?? 0);
    if (admission.kind === 'paused')
      return {
        kind: 'failed',
        problem: {
          code: 'archive-busy',
          retryAfter: admission.retryAfter,
          detail: 'asked for patience before',
          unasked: 'patience',
        },
        sent: 'nothing',
      };
    if (closed) return CLOSED;
    const observed = new ObservedRequest(request, () => clock.now());
    const exchange = await send(request, authorization, observed);
    options.observe?.(observed.ended(options.name, exchange));
    return exchange;
  }

  async function send(
    request: HttpRequest,
    authorization: string | undefined,
    observed: ObservedRequest,
  ): Promise<Exchange> {
    const deadline = new Deadline(options.timeouts.whole);
    underWay.add(deadline);
    let response: Dispatcher.ResponseData | undefined;
    try {
      response = await undiciRequest(request.url, {
        dispatcher: agent,
        method: request.method,
        headers: {
          'user-agent': 'Caliper',
          'accept-encoding': 'identity',
          ...request.headers,
          ...(authorization === undefined ? {} : { authorization }),
        },
        body: request.body ?? null,
        signal: deadline.signal,
      });
      const header = headerReader(response.headers);
      const success = isSuccess(response);
      const announced = Number(header('content-length') ?? 0);
      if (success && announced > options.maximumAnswerBytes) {
        response.body.on('error', () => undefined).destroy();
        return tooLong(response.statusCode, options.maximumAnswerBytes);
      }
      // of a refusal only codes are wanted, never parts
      const body = await readBody(paced(response.body, deadline, observed), {
        contentType: success ? header('content-type') : undefined,
        contentEncoding: header('content-encoding'),
        maximumBytes: success ? options.maximumAnswerBytes : MAXIMUM_FAILURE_BYTES,
      });
      if (body.ok) return answered(response, body.value);
      if (!success) return answered(response, NO_BYTES);
      const problem = { code: 'archive-answer-invalid', status: response.statusCode, detail: body.error } as const;
      return { kind: 'failed', problem, sent: 'unknown' };
    } catch (error) {
      const failure = networkFailure(error, response === undefined ? 'asking' : 'answering');
      if (failure === undefined) throw error;
      // a refusal is one, whatever became of its text
      if (response !== undefined && !isSuccess(response)) return answered(response, NO_BYTES);
      return { kind: 'failed', ...failure };
    } finally {
      deadline.clear();
      underWay.delete(deadline);
    }
  }

  /** Chunks at the pace of the budget. Whoever stops taking them destroys the connection, which is what is meant. */
  async function* paced(
    body: AsyncIterable<Uint8Array>,
    deadline: Deadline,
    observed: ObservedRequest,
  ): AsyncGenerator<Uint8Array> {
    for await (const chunk of body) {
      const waitMs = governor.arrived(chunk.length);
      observed.received(chunk.length, waitMs);
      if (waitMs > 0) {
        deadline.grant(waitMs);
        await clock.sleep(waitMs);
      }
      yield chunk;
    }
  }

  async function signedIn(request: HttpRequest): Promise<Exchange> {
    const authorization = await authorizationOf(options.credentials);
    let exchange = await once(request, authorization);
    // an archive may close a kept-alive connection at the moment it is used (RFC 9112 9.5)
    if (request.method === 'GET' && isLostConnection(exchange)) exchange = await once(request, authorization);
    if (options.credentials.kind === 'bearer' && exchange.kind === 'answered' && exchange.answer.status === 401) {
      const renewed = await authorizationOf(options.credentials);
      if (renewed !== authorization) exchange = await once(request, renewed);
    }
    return exchange;
  }

  return {
    async exchange(request) {
      if (!new URL(request.url).href.startsWith(`${root}/`))
        throw new Error('a request may only go below the address of its archive');
      if (closed) return CLOSED;
      const circuit = circuits?.[request.method];
      const barred = circuit?.pass(knocking ? 'knock' : 'item');
      if (barred) return leftAlone(barred);
      const exchange = await signedIn(request);
      circuit?.ended(exchange);
      if (exchange.kind === 'answered') {
        const { answer } = exchange;
        const { retryAfter } = problemOfStatus(answer.status, answer.header, clock.now());
        if (retryAfter !== undefined) governor.pause(retryAfter);
      }
      return exchange;
    },
    leftAlone: () => {
      const barred = circuits?.GET.barred();
      return barred && problemOf(barred);
    },
    async knock(method, request) {
      if (closed || knocking || circuits?.[method].isRested() !== true) return;
      knocking = true;
      try {
        await request();
      } finally {
        knocking = false;
      }
    },
    async close() {
      closed = true;
      for (const deadline of underWay) deadline.end();
      await agent.destroy();
    },
  };
}

const CLOSED: Exchange = {
  kind: 'failed',
  problem: { code: 'archive-unreachable', detail: 'closed' },
  sent: 'nothing',
};

const tooLong = (status: number, most: number): Exchange => ({
  kind: 'failed',
  problem: { code: 'archive-answer-invalid', status, detail: `longer than ${most} bytes` },
  sent: 'unknown',
});

const problemOf = ({ reason, retryAfter }: Barred): ArchiveProblem => ({
  code: reason,
  retryAfter,
  detail: 'left alone for a while',
  unasked: 'left-alone',
});

const leftAlone = (barred: Barred): Exchange => ({ kind: 'failed', problem: problemOf(barred), sent: 'nothing' });

const isLostConnection = (exchange: Exchange): boolean =>
  exchange.kind === 'failed' && ['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'].includes(exchange.problem.detail ?? '');

const NO_BYTES: AnswerBody = { kind: 'bytes', bytes: new Uint8Array() };

const isSuccess = ({ statusCode }: Dispatcher.ResponseData): boolean => statusCode >= 200 && statusCode < 300;

const answered = ({ statusCode, headers }: Dispatcher.ResponseData, body: AnswerBody): Exchange => ({
  kind: 'answered',
  answer: { status: statusCode, header: headerReader(headers), body },
});

/** The root without a slash at its end, as `URL` writes it. */
export const rootOf = (url: string): string => new URL(url).href.replace(/\/+$/, '');

const agentOf = ({ tls, timeouts }: ArchiveOptions): Agent =>
  new Agent({
    connections: CONNECTIONS,
    headersTimeout: timeouts.headers,
    bodyTimeout: timeouts.body,
    // archives announce keep-alive times as short as 1 s; the default of 2 s would open a connection for every request
    keepAliveTimeoutThreshold: 500,
    connect: {
      timeout: timeouts.connect,
      ...(tls?.ca === undefined ? {} : { ca: tls.ca }),
      ...(tls?.certificate === undefined ? {} : { cert: tls.certificate }),
      ...(tls?.key === undefined ? {} : { key: tls.key }),
    },
  });

const headerReader =
  (headers: Readonly<Record<string, string | string[] | undefined>>) =>
  (name: string): string | undefined => {
    const value = headers[name];
    return Array.isArray(value) ? value[0] : value;
  };
