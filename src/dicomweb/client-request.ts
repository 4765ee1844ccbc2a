import type { Exchange, HttpRequest } from './exchange.js';
import type { Transport } from './transport.js';

/** What we send in place of, or beside, what dicomweb-client would: it asks without a transfer syntax, and for a store without any `Accept`. */
export interface RequestHeaders {
  readonly accept: string;
}

/**
 * The XMLHttpRequest that dicomweb-client thinks it drives, over our transport; one object for one call. The client makes the address, the
 * query, the media types and the message of a store; what the archive answered is read from `exchange`, not from the client, which would
 * lose the status, throw outside its promise on a bad multipart and print. So it is shown a body that it has nothing to do with.
 */
export class ClientRequest {
  readyState = 0;
  status = 0;
  response: unknown = undefined;
  responseType = '';
  withCredentials = false;
  onreadystatechange: (() => void) | undefined;
  onloadstart: (() => void) | undefined;
  onloadend: (() => void) | undefined;
  onprogress: ((event: unknown) => void) | undefined;

  readonly #transport: Transport;
  readonly #headers: Record<string, string> = {};
  readonly #own: RequestHeaders;
  #method: HttpRequest['method'] = 'GET';
  #url = '';
  #exchange: Promise<Exchange> | undefined;

  constructor(transport: Transport, own: RequestHeaders) {
    this.#transport = transport;
    this.#own = own;
  }

  /** What became of the call; undefined while the client has not sent anything. Rejects only on a bug. */
  get exchange(): Promise<Exchange> | undefined {
    return this.#exchange;
  }

  open(method: string, url: string): void {
    this.#method = method.toUpperCase() === 'POST' ? 'POST' : 'GET';
    // lists of keywords and UIDs: a comma is legal in a query (RFC 3986 3.4), and a strict archive splits before it decodes
    this.#url = url.replaceAll('%2C', ',');
  }

  setRequestHeader(name: string, value: string): void {
    this.#headers[name.toLowerCase()] = value;
  }

  getResponseHeader(): string {
    return 'application/octet-stream';
  }

  getAllResponseHeaders(): string {
    return '';
  }

  abort(): void {
    throw new Error('requests are ended by their deadline or by closing the archive');
  }

  send(data?: ArrayBuffer): void {
    this.#exchange = this.#transport.exchange({
      method: this.#method,
      url: this.#url,
      headers: { ...this.#headers, accept: this.#own.accept },
      ...(data === undefined ? {} : { body: new Uint8Array(data) }),
    });
    this.#exchange.then(
      (exchange) => this.#settle(exchange.kind === 'answered' ? exchange.answer.status : 0),
      () => this.#settle(0),
    );
  }

  #settle(status: number): void {
    this.status = status;
    this.response = [];
    this.readyState = 4;
    this.onreadystatechange?.();
  }
}
