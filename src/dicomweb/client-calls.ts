import { api } from 'dicomweb-client';
import { ClientRequest, type RequestHeaders } from './client-request.js';
import type { Exchange } from './exchange.js';
import { rootOf, type Transport } from './transport.js';

interface PerCall {
  readonly request: { instance?: ClientRequest };
}

interface SeriesPath {
  readonly studyInstanceUID: string;
  readonly seriesInstanceUID: string;
}

/**
 * The calls of dicomweb-client that are used, typed as they are (its own declarations lack `request` in some and demand media types that it
 * then refuses). What they resolve to is not looked at. `retrieveBulkData` is missing on purpose: it would follow any address.
 */
interface ClientCalls {
  searchForStudies(options: PerCall & { queryParams: Record<string, string> }): unknown;
  searchForSeries(options: PerCall & { studyInstanceUID?: string; queryParams: Record<string, string> }): unknown;
  searchForInstances(
    options: PerCall & { studyInstanceUID?: string; seriesInstanceUID?: string; queryParams: Record<string, string> },
  ): unknown;
  retrieveInstance(options: PerCall & SeriesPath & { sopInstanceUID: string }): unknown;
  retrieveInstanceMetadata(options: PerCall & SeriesPath & { sopInstanceUID: string }): unknown;
  retrieveSeriesMetadata(options: PerCall & SeriesPath): unknown;
  storeInstances(options: PerCall & { studyInstanceUID?: string; datasets: ArrayBuffer[] }): unknown;
}

/** One archive through dicomweb-client: `call` makes one request by one of its calls and gives what became of it. */
export class Client {
  readonly #calls: ClientCalls;
  readonly #transport: Transport;

  constructor(url: string, transport: Transport) {
    this.#calls = new api.DICOMwebClient({ url: rootOf(url), singlepart: false, verbose: false });
    this.#transport = transport;
  }

  async call(
    headers: RequestHeaders,
    start: (calls: ClientCalls, request: PerCall['request']) => unknown,
  ): Promise<Exchange> {
    // fresh for each call: the client changes what it is given
    const instance = new ClientRequest(this.#transport, headers);
    // the client rejects with every status that is no success; what happened stands on the instance
    const [settled] = await Promise.allSettled([start(this.#calls, { instance })]);
    if (instance.exchange !== undefined) return instance.exchange;
    throw new Error('dicomweb-client sent nothing', {
      cause: settled.status === 'rejected' ? settled.reason : undefined,
    });
  }
}
