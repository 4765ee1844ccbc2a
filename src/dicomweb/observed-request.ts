import { ms, type ArchiveRequest, type RequestKind, type RequestOutcome } from '../domain/index.js';
import type { Exchange, HttpRequest } from './exchange.js';

/** What one request on its way to an archive costs it. */
export class ObservedRequest {
  readonly #request: HttpRequest;
  readonly #now: () => number;
  readonly #started: number;
  #receivedBytes = 0;
  #pacedMs = 0;

  constructor(request: HttpRequest, now: () => number) {
    this.#request = request;
    this.#now = now;
    this.#started = now();
  }

  /** `waitMs`: for how long the next bytes are not read, because of the budget. */
  received(bytes: number, waitMs: number): void {
    this.#receivedBytes += bytes;
    this.#pacedMs += waitMs;
  }

  ended(archive: string, exchange: Exchange): ArchiveRequest {
    return {
      archive,
      kind: kindOf(this.#request),
      outcome: outcomeOf(exchange),
      sentBytes: this.#request.body?.length ?? 0,
      receivedBytes: this.#receivedBytes,
      // a clock that was set back makes no time less than none
      took: ms(Math.max(0, this.#now() - this.#started - this.#pacedMs)),
    };
  }
}

/** By method and path: searches end in the name of a level (PS3.18 10.6.1), metadata say so, and what is left ends in a UID (10.4.1). */
function kindOf({ method, url }: HttpRequest): RequestKind {
  if (method === 'POST') return 'store';
  const resource = new URL(url).pathname.replace(/\/+$/, '').split('/').at(-1) ?? '';
  if (resource === 'metadata') return 'metadata';
  return ['studies', 'series', 'instances'].includes(resource) ? 'search' : 'retrieve';
}

function outcomeOf(exchange: Exchange): RequestOutcome {
  if (exchange.kind === 'failed') return 'no-answer';
  const { status } = exchange.answer;
  if (status >= 200 && status < 300) return 'success';
  if (status === 404 || status === 410) return 'not-there';
  return status >= 500 ? 'error' : 'refused';
}
