import { isFailedRequest, type ArchiveRequest } from '../domain/index.js';
import type { ArchiveLoad, Ledger } from '../ledger/index.js';

const HOUR_MS = 3_600_000;

type Sum = { -readonly [K in keyof ArchiveLoad]: ArchiveLoad[K] };

/** Adds up what archives are asked for until the ledger is told. A process that is killed loses the load of its last minute, and nothing else. */
export class LoadMeter {
  #sums = new Map<string, Sum>();
  #writing: Promise<void> | undefined;
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  add({ archive, kind, outcome, sentBytes, receivedBytes, took }: ArchiveRequest): void {
    const hour = new Date(Math.floor(this.#now() / HOUR_MS) * HOUR_MS);
    const sum = this.#sumOf({ archive, hour, kind });
    sum.requests++;
    if (isFailedRequest(outcome)) sum.failures++;
    sum.sentBytes += sentBytes;
    sum.receivedBytes += receivedBytes;
    sum.tookMs += took;
  }

  /** Adds it all to the ledger; what could not be written is kept for the next time, and the error thrown. */
  async writeTo(ledger: Pick<Ledger, 'addArchiveLoad'>): Promise<void> {
    await this.#writing?.catch(() => undefined);
    const writing = this.#write(ledger);
    this.#writing = writing;
    await writing;
  }

  async #write(ledger: Pick<Ledger, 'addArchiveLoad'>): Promise<void> {
    const taken = [...this.#sums.values()];
    this.#sums = new Map();
    try {
      await ledger.addArchiveLoad(taken);
    } catch (error) {
      for (const load of taken) {
        const sum = this.#sumOf(load);
        for (const key of ['requests', 'failures', 'sentBytes', 'receivedBytes', 'tookMs'] as const)
          sum[key] += load[key];
      }
      throw error;
    }
  }

  #sumOf({ archive, hour, kind }: Pick<ArchiveLoad, 'archive' | 'hour' | 'kind'>): Sum {
    const key = `${hour.getTime()} ${kind} ${archive}`;
    const known = this.#sums.get(key);
    if (known) return known;
    const made: Sum = { archive, hour, kind, requests: 0, failures: 0, sentBytes: 0, receivedBytes: 0, tookMs: 0 };
    this.#sums.set(key, made);
    return made;
  }
}
