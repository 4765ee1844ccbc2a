import type { Client } from './client-calls.js';
import type { Level } from './query.js';

/** What the transactions with one archive share. */
export interface Channel {
  readonly name: string;
  readonly client: Client;
  /** Milliseconds since the epoch. */
  now(): number;
  readonly habits: Habits;
}

/** What was learnt of an archive while asking it; forgotten at the end of the process. */
interface Habits {
  /** It fills pages to the limit asked for, so a shorter page is the last one. */
  fillsPages: boolean;
  /** Rows of its largest page. */
  readonly largestPage: Record<Level, number>;
  /** Which way of asking for an instance it took last, as an index of `ACCEPTED`. */
  accepts: number;
}
