import { Agent, request as undiciRequest, type Dispatcher } from 'undici';
import { MultipartSplitter, type MultipartPart } from '../dicom/index.js';
import { fail, ok, type Result } from '../domain/index.js';
import type { ArchiveOptions } from './archive.js';
import { networkFailure, problemOfStatus, type ArchiveProblem } from './archive-problem.js';
import { decodeContent } from './content-encoding.js';
import { authorizationOf } from './credentials.js';
import { Governor, type Clock } from './governor.js';

export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

export type AnswerBody =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'multipart'; readonly parts: readonly MultipartPart[] };

export interface HttpAnswer {
  readonly status: number;
  /** By its name in lower case. */
  header(name: string): string | undefined;
  readonly body: AnswerBody;
}

/** What became of one request: any HTTP answer, or none that can be used. */
export type Exchange =
  | { readonly kind: 'answered'; readonly answer: HttpAnswer }
  | { readonly kind: 'failed'; readonly problem: ArchiveProblem; readonly sent: 'nothing' | 'unknown' };

export interface Transport {
  exchange(request: HttpRequest): Promise<Exchange>;
  close(): Promise<void>;
}

const CONNECTIONS = 4;
/** Of an answer that is no success no more is read: it holds codes, not images. */
const MAXIMUM_FAILURE_BYTES = 1_000_000;
const PART_HEADER_BYTES = 16_384;
const PARTS = 100_000;

/**
 * HTTP to one archive and nowhere else: its own connections, certificates and sign-in, its budget, a deadline for every request. Redirects
 * are not followed, and nothing is tried twice, but for a renewed bearer token.
 */
export function openTransport(options: ArchiveOptions, clock: Clock): Transport {
  const governor = new Governor(options.budget, clock);
  const agent = agentOf(options);
  const root = rootOf(options.url);
  const underWay = new Set<AbortController>();
  let closed = false;

  async function once(request: HttpRequest, authorization: string | undefined): Promise<Exchange> {
    const admission = await governor.admit(request.body?.length ?? 0);
    if (admission.kind === 'paused')
      return {
        kind: 'failed',
        problem: { code: 'archive-busy', retryAfter: admission.retryAfter, detail: 'asked for patience before' },
        sent: 'nothing',
      };
    if (closed) return CLOSED;
    const controller = new AbortController();
    underWay.add(controller);
    const deadline = setTimeout(
      () => controller.abort(new DOMException('deadline', 'TimeoutError')),
      options.timeouts.whole,
    );
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
        signal: controller.signal,
      });
      const body = await readBody(response);
      if (!body.ok) return { kind: 'failed', problem: body.error, sent: 'unknown' };
      return answered(response, body.value);
    } catch (error) {
      const failure = networkFailure(error, response === undefined ? 'asking' : 'answering');
      if (failure === undefined) throw error;
      // a refusal is one, whatever became of its text
      if (response !== undefined && !isSuccess(response)) return answered(response, NO_BYTES);
      return { kind: 'failed', ...failure };
    } finally {
      clearTimeout(deadline);
      underWay.delete(controller);
    }
  }

  async function readBody(response: Dispatcher.ResponseData): Promise<Result<AnswerBody, ArchiveProblem>> {
    const success = isSuccess(response);
    const header = headerReader(response.headers);
    const limit = success ? options.maximumAnswerBytes : MAXIMUM_FAILURE_BYTES;
    const tooLong = fail<ArchiveProblem>({
      code: 'archive-answer-invalid',
      status: response.statusCode,
      detail: `longer than ${limit} bytes`,
    });
    const contentType = header('content-type') ?? '';
    const multipart = success && /^\s*multipart\//i.test(contentType);
    const encoding = header('content-encoding');
    const collector = multipart && encoding === undefined ? partCollector(contentType, limit) : new ByteCollector();
    let received = 0;
    // leaving the loop early destroys the connection, which is what is meant
    const chunks: AsyncIterable<Uint8Array> = response.body;
    for await (const chunk of chunks) {
      await governor.arrived(chunk.length);
      received += chunk.length;
      if (received > limit) return success ? tooLong : ok(NO_BYTES);
      collector.push(chunk);
      if (collector.problem !== undefined) break;
    }
    if (encoding === undefined || collector instanceof PartCollector)
      return withStatus(collector.end(), response.statusCode);
    const decoded = await decodeContent(collector.bytes(), encoding, limit);
    if (!decoded.ok) return withStatus(decoded, response.statusCode);
    if (!multipart) return ok({ kind: 'bytes', bytes: decoded.value });
    const parts = partCollector(contentType, limit);
    parts.push(decoded.value);
    return withStatus(parts.end(), response.statusCode);
  }

  return {
    async exchange(request) {
      if (!new URL(request.url).href.startsWith(`${root}/`))
        throw new Error('a request may only go below the address of its archive');
      if (closed) return CLOSED;
      const authorization = await authorizationOf(options.credentials);
      let exchange = await once(request, authorization);
      if (exchange.kind === 'answered' && exchange.answer.status === 401 && options.credentials.kind === 'bearer') {
        const renewed = await authorizationOf(options.credentials);
        if (renewed !== authorization) exchange = await once(request, renewed);
      }
      if (exchange.kind === 'answered') {
        const { answer } = exchange;
        const { retryAfter } = problemOfStatus(answer.status, answer.header, clock.now());
        if (retryAfter !== undefined) governor.pause(retryAfter);
      }
      return exchange;
    },
    async close() {
      closed = true;
      for (const controller of underWay) controller.abort();
      await agent.destroy();
    },
  };
}

const CLOSED: Exchange = {
  kind: 'failed',
  problem: { code: 'archive-unreachable', detail: 'closed' },
  sent: 'nothing',
};

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

const withStatus = (
  body: Result<AnswerBody | Uint8Array, string>,
  status: number,
): Result<AnswerBody, ArchiveProblem> => {
  if (!body.ok) return fail({ code: 'archive-answer-invalid', status, detail: body.error });
  return ok(body.value instanceof Uint8Array ? { kind: 'bytes', bytes: body.value } : body.value);
};

class ByteCollector {
  readonly problem = undefined;
  readonly #chunks: Uint8Array[] = [];
  push(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
  }
  bytes(): Uint8Array {
    return Buffer.concat(this.#chunks);
  }
  end(): Result<AnswerBody, string> {
    return ok({ kind: 'bytes', bytes: this.bytes() });
  }
}

class PartCollector {
  readonly #parts: MultipartPart[] = [];
  readonly #splitter: MultipartSplitter;
  constructor(splitter: MultipartSplitter) {
    this.#splitter = splitter;
  }
  get problem(): string | undefined {
    return this.#splitter.problem;
  }
  push(chunk: Uint8Array): void {
    this.#parts.push(...this.#splitter.push(chunk));
  }
  end(): Result<AnswerBody, string> {
    const rest = this.#splitter.end();
    return rest.ok ? ok({ kind: 'multipart', parts: [...this.#parts, ...rest.value] }) : rest;
  }
}

const partCollector = (contentType: string, limit: number): PartCollector =>
  new PartCollector(
    new MultipartSplitter(contentType, { headerBytes: PART_HEADER_BYTES, partBytes: limit, parts: PARTS }),
  );
