import type { RequestObserver } from '../domain/index.js';
import type { CircuitOptions } from './circuit.js';
import type { Credentials } from './credentials.js';
import type { Budget } from './governor.js';

/** PEM texts. `ca` replaces the system's certificate authorities. */
export interface Tls {
  readonly ca?: string;
  readonly certificate?: string;
  readonly key?: string;
}

/** All in ms. */
export interface Timeouts {
  readonly connect: number;
  /** From the request's end to the answer's head. */
  readonly headers: number;
  /** Between two pieces of the answer's body. */
  readonly body: number;
  /** One request altogether, once the budget let it go. */
  readonly whole: number;
}

export interface ArchiveOptions {
  readonly name: string;
  /** DICOMweb root: the address that ends where `/studies` begins. */
  readonly url: string;
  readonly credentials: Credentials;
  readonly tls?: Tls;
  readonly budget: Budget;
  /** How much of the budget is this process's now, above 0 and at most 1; without it, all of it. */
  readonly share?: () => number;
  readonly timeouts: Timeouts;
  /** Longer answers are not read. */
  readonly maximumAnswerBytes: number;
  /** Leaves an archive alone that is away or refuses us, reading and storing each by itself; without it, every request goes. */
  readonly circuit?: CircuitOptions;
  /** Told of each request that went to the archive, when it has ended; must not throw. */
  readonly observe?: RequestObserver;
}
