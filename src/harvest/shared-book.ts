import { isDatabaseAway, type Harvests } from '../ledger/index.js';
import { ms, type Ms } from '../domain/index.js';
import type { Entry } from './entries.js';
import { mayBeHadLater, nameOf, type Claimed, type WorkBook } from './work-book.js';
import type { Ending } from './work-state.js';

/** The name of the last piece of work: to make the set. No pseudonym and no window is called so. */
export const FINISH = 'finish';
/** How often a worker says that it lives while its lease lasts. */
const RENEWALS = 5;
const AWAY_RETRY_MS = 500;

/** This process had no touch with the database for longer than its lease: others may do its work. */
export class OutOfTouch extends Error {
  constructor() {
    super('the database was out of touch for too long');
    this.name = 'OutOfTouch';
  }
}

/**
 * What processes that share a database have done together, and who of them has what at hand. An entry that comes too late, after others took the work,
 * is dropped: theirs says the same.
 */
export class SharedBook implements WorkBook {
  readonly #harvests: Harvests;
  readonly #harvest: number;
  readonly #worker: number;
  readonly #leaseMs: Ms;
  readonly #renewal: NodeJS.Timeout;
  #heard = performance.now();
  #isLost = false;

  constructor(harvests: Harvests, harvest: number, worker: number, leaseMs: Ms) {
    this.#harvests = harvests;
    this.#harvest = harvest;
    this.#worker = worker;
    this.#leaseMs = leaseMs;
    this.#renewal = setInterval(() => void this.#renew(), leaseMs / RENEWALS).unref();
  }

  async claim(names: readonly string[]): Promise<Claimed> {
    const { mine, done } = await this.ask(() => this.#harvests.claim(this.#harvest, this.#worker, names));
    return { mine: new Set(mine), done: new Set(done) };
  }

  async add(entry: Entry): Promise<void> {
    const work = { name: nameOf(entry), entry: JSON.stringify(entry), again: mayBeHadLater(entry) };
    await this.ask(() => this.#harvests.done(this.#harvest, this.#worker, work));
  }

  async entryOf(name: string): Promise<Entry | undefined> {
    const text = await this.ask(() => this.#harvests.entry(this.#harvest, name));
    return text === undefined ? undefined : (JSON.parse(text) as Entry);
  }

  async all(): Promise<readonly Entry[]> {
    return this.ask(async () => {
      const all: Entry[] = [];
      for await (const page of this.#harvests.entries(this.#harvest))
        for (const text of page) all.push(JSON.parse(text) as Entry);
      return all;
    });
  }

  async finish(ending: Ending): Promise<void> {
    const state = ending.retryable === 0 ? 'complete' : 'ended';
    const last = { name: FINISH, entry: JSON.stringify(ending), state } as const;
    await this.ask(() => this.#harvests.finish(this.#harvest, this.#worker, last));
  }

  /** What this process has at hand is free for others. */
  async leave(): Promise<void> {
    clearInterval(this.#renewal);
    try {
      await this.#harvests.leave(this.#worker);
    } catch (error) {
      // its lease ends by itself
      if (!isDatabaseAway(error)) throw error;
    }
  }

  /** Asks the database, again while it is away and the lease may last. */
  async ask<T>(question: () => Promise<T>): Promise<T> {
    for (;;) {
      if (this.#isLost) throw new OutOfTouch();
      try {
        return await question();
      } catch (error) {
        if (!isDatabaseAway(error)) throw error;
      }
      await new Promise((done) => setTimeout(done, AWAY_RETRY_MS));
    }
  }

  async #renew(): Promise<void> {
    const asked = performance.now();
    try {
      if (await this.#harvests.renew(this.#worker, ms(this.#leaseMs))) this.#heard = asked;
      else this.#isLost = true;
    } catch {
      // away, or worse: whoever asks next is told; the lease decides
      if (performance.now() - this.#heard > this.#leaseMs) this.#isLost = true;
    }
  }
}
