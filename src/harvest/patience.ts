import type { ArchiveProblem } from '../dicomweb/index.js';
import { fail, type ReasonCode, type Result } from '../domain/index.js';

/** Why a harvest cannot go on. */
export class ArchiveGone extends Error {
  constructor(
    readonly archive: string,
    readonly reason: ReasonCode,
  ) {
    super(`archive ${archive}: ${reason}`);
    this.name = 'ArchiveGone';
  }
}

/** Somebody asked for an end while an archive was waited for. */
export class Interrupted extends Error {
  constructor() {
    super('interrupted');
    this.name = 'Interrupted';
  }
}

export interface PatienceWorld {
  now(): number;
  sleep(ms: number): Promise<void>;
  stopped(): boolean;
  /** Whether the archive is not to be asked at this hour. */
  isQuiet(): boolean;
  waiting(reason: ReasonCode | 'quiet-hours' | undefined): void;
}

const AT_ONCE_FATAL: ReadonlySet<ReasonCode> = new Set(['archive-unauthorised', 'archive-redirects']);
const COMES_BACK: ReadonlySet<ReasonCode> = new Set([
  'archive-unreachable',
  'archive-timeout',
  'archive-busy',
  'archive-error',
]);
/** After so many tries, an object that alone cannot be had while others can is given up. */
const TRIES_OF_ONE = 4;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 60_000;

/**
 * Asks again what an archive could not answer. An archive that is away is waited for up to `patienceMs`, then `ArchiveGone` is thrown; one object
 * that it cannot give while it gives others is lost by its reason.
 */
export class Patience {
  readonly #archive: string;
  readonly #patienceMs: number;
  readonly #world: PatienceWorld;
  #answered = 0;

  constructor(archive: string, patienceMs: number, world: PatienceWorld) {
    this.#archive = archive;
    this.#patienceMs = patienceMs;
    this.#world = world;
  }

  async ask<T>(question: () => Promise<Result<T, ArchiveProblem>>): Promise<Result<T, ReasonCode>> {
    await this.#quietHours();
    const since = this.#world.now();
    const answeredBefore = this.#answered;
    for (let tries = 1; ; tries++) {
      if (this.#world.stopped()) throw new Interrupted();
      const answer = await question();
      if (answer.ok) {
        this.#answered++;
        return answer;
      }
      const { code, retryAfter } = answer.error;
      if (AT_ONCE_FATAL.has(code)) throw new ArchiveGone(this.#archive, code);
      if (!COMES_BACK.has(code)) return fail(code);
      const othersAnswered = this.#answered > answeredBefore;
      if (code !== 'archive-busy' && tries >= TRIES_OF_ONE && othersAnswered) return fail(code);
      if (this.#world.now() - since > this.#patienceMs) throw new ArchiveGone(this.#archive, code);
      this.#world.waiting(code);
      await this.#pause(Math.max(retryAfter ?? 0, Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (tries - 1))));
      this.#world.waiting(undefined);
    }
  }

  async #quietHours(): Promise<void> {
    if (!this.#world.isQuiet()) return;
    this.#world.waiting('quiet-hours');
    while (this.#world.isQuiet() && !this.#world.stopped()) await this.#pause(LONGEST_WAIT_MS);
    this.#world.waiting(undefined);
  }

  /** In pieces, so that an interruption does not wait a minute. */
  async #pause(ms: number): Promise<void> {
    const until = this.#world.now() + ms;
    for (let left = ms; left > 0 && !this.#world.stopped(); left = until - this.#world.now())
      await this.#world.sleep(Math.min(left, 500));
  }
}
