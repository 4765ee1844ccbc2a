import type { Ms } from '../domain/index.js';
import { ms } from '../domain/index.js';
import { fullBucket, take, type TokenBucket } from './token-bucket.js';

/** What an archive grants us, all roles and all callers together. */
export interface Budget {
  readonly requestsPerSecond: number;
  /** 1 megabyte = 1,000,000 bytes, both directions together. */
  readonly megabytesPerSecond: number;
}

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  sleep(milliseconds: number): Promise<void>;
}

/** An archive that asks for more patience than this is asked again after it all the same. */
const LONGEST_PAUSE = 5 * 60_000;

/** The state of a budget; pure transitions below. */
interface BudgetState {
  readonly requests: TokenBucket;
  readonly bytes: TokenBucket;
  /** Until when the archive asked to be left alone, in ms since the epoch. */
  readonly pausedUntil: number;
}

const freshBudget = (budget: Budget, now: number): BudgetState => ({
  // one second's worth may pass at once, and always one whole request
  requests: fullBucket(budget.requestsPerSecond, Math.max(1, budget.requestsPerSecond), now),
  bytes: fullBucket(budget.megabytesPerSecond * 1e6, budget.megabytesPerSecond * 1e6, now),
  pausedUntil: 0,
});

type Admission =
  /** The request may go after `waitMs`. */
  | { readonly kind: 'admitted'; readonly waitMs: number }
  /** The archive asked for patience (429, 503) and is not disturbed before `retryAfter` is over. */
  | { readonly kind: 'paused'; readonly retryAfter: Ms };

/** Asks for one request that sends `bytes`, at a share of the budget. Earlier answers whose bytes are not yet paid for delay it. */
function admit(
  state: BudgetState,
  bytes: number,
  share: number,
  now: number,
): { readonly state: BudgetState; readonly admission: Admission } {
  // a clock that was set back makes no pause longer
  const left = Math.min(state.pausedUntil - now, LONGEST_PAUSE);
  if (left > 0)
    return {
      state: { ...state, pausedUntil: now + left },
      admission: { kind: 'paused', retryAfter: ms(left) },
    };
  const requests = take(state.requests, 1 / share, now);
  const sent = take(state.bytes, bytes / share, now);
  return {
    state: { ...state, requests: requests.bucket, bytes: sent.bucket },
    admission: { kind: 'admitted', waitMs: Math.max(requests.waitMs, sent.waitMs) },
  };
}

/** Bytes that arrived; the wait keeps the reading of a long answer at the granted rate. */
function arrive(
  state: BudgetState,
  bytes: number,
  now: number,
): { readonly state: BudgetState; readonly waitMs: number } {
  const taken = take(state.bytes, bytes, now);
  return { state: { ...state, bytes: taken.bucket }, waitMs: taken.waitMs };
}

/** The archive asked for patience. */
const pause = (state: BudgetState, retryAfter: Ms, now: number): BudgetState => ({
  ...state,
  pausedUntil: Math.max(state.pausedUntil, now + Math.min(retryAfter, LONGEST_PAUSE)),
});

/** The waiting edge of the budget: one for each archive, shared by every role that the archive plays. */
export class Governor {
  #state: BudgetState;
  readonly #clock: Clock;
  readonly #share: () => number;

  /** `share`: how much of the budget is this process's now, above 0 and at most 1. */
  constructor(budget: Budget, clock: Clock, share: () => number = () => 1) {
    this.#clock = clock;
    this.#share = share;
    this.#state = freshBudget(budget, clock.now());
  }

  /** Waits until a request that sends `bytes` may go; a value where the archive asked to be left alone. */
  async admit(bytes: number): Promise<Admission> {
    const { state, admission } = admit(this.#state, bytes, this.#share(), this.#clock.now());
    this.#state = state;
    if (admission.kind === 'admitted' && admission.waitMs > 0) await this.#clock.sleep(admission.waitMs);
    return admission;
  }

  /** Counts bytes that arrived; gives the ms that whoever reads them has to wait before it goes on. */
  arrived(bytes: number): number {
    const { state, waitMs } = arrive(this.#state, bytes / this.#share(), this.#clock.now());
    this.#state = state;
    return waitMs;
  }

  pause(retryAfter: Ms): void {
    this.#state = pause(this.#state, retryAfter, this.#clock.now());
  }
}
