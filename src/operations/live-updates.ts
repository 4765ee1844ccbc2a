import type { ServerResponse } from 'node:http';
import type { Ledger } from '../ledger/index.js';

const LOOK_EVERY_MS = 1_500;
/** A browser comes back by itself: so nobody listens longer than this without being asked again who he is. */
const LONGEST_MS = 5 * 60_000;
const MOST_LISTENERS = 100;

/** Tells browsers that something has happened, and nothing else: what it was they ask for as anybody does. */
export class LiveUpdates {
  readonly #listeners = new Set<ServerResponse>();
  #clock: NodeJS.Timeout | undefined;
  #last: number | undefined;

  constructor(private readonly ledger: Pick<Ledger, 'pulse'>) {}

  /** False where too many listen. */
  listen(response: ServerResponse): boolean {
    if (this.#listeners.size >= MOST_LISTENERS) return false;
    response.writeHead(200, {
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-store',
      'X-Accel-Buffering': 'no',
    });
    response.write('retry: 3000\n\n');
    this.#listeners.add(response);
    const enough = setTimeout(() => response.end(), LONGEST_MS);
    enough.unref();
    response.on('close', () => {
      clearTimeout(enough);
      this.#listeners.delete(response);
      if (this.#listeners.size === 0) this.close();
    });
    this.#clock ??= setInterval(() => void this.#look(), LOOK_EVERY_MS).unref();
    return true;
  }

  close(): void {
    clearInterval(this.#clock);
    this.#clock = undefined;
    this.#last = undefined;
    for (const response of this.#listeners) response.end();
  }

  async #look(): Promise<void> {
    let pulse: number;
    try {
      pulse = await this.ledger.pulse();
    } catch {
      return; // the database is away: readiness says so, and the next look may find it again
    }
    if (this.#last !== undefined && pulse !== this.#last)
      for (const response of this.#listeners) response.write(`event: changed\ndata: ${pulse}\n\n`);
    this.#last = pulse;
  }
}
