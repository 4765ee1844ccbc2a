import { ms, type Ms, type ReasonCode } from '../domain/index.js';
import type { Exchange } from './exchange.js';

/** When an archive is left alone, and who is told. */
export interface CircuitOptions {
  /** So many failures in a row, of whatever requests, and the archive is left alone for a while. */
  readonly failures: number;
  /** It is left alone because of this. */
  failing(reason: ReasonCode): void;
  /** It does what it is asked again: what waited for it may go on. */
  answersAgain(): void;
}

/** How long an archive is left alone, in ms: doubled with each request that fails after it, up to the longest. */
interface Rest {
  readonly first: number;
  readonly longest: number;
}

const AWAY: Rest = { first: 5_000, longest: 60_000 };
/** Accounts are locked by those who try too often. */
const REFUSED: Rest = { first: 30_000, longest: 300_000 };

type State =
  | { readonly kind: 'closed'; readonly failures: number }
  /** Nothing is asked for `restMs` after `since` (ms since the epoch), then one request tells. */
  | { readonly kind: 'open'; readonly reason: ReasonCode; readonly restMs: number; readonly since: number };

export interface Barred {
  readonly reason: ReasonCode;
  readonly retryAfter: Ms;
}

/**
 * Leaves an archive alone that is away or does not let us in: a backlog of thousands then costs it one request a minute. What is one item's own
 * trouble (a bad object, an answer that makes no sense, an error of its own) never opens it, so that one item cannot stop the others.
 */
export class Circuit {
  #state: State = { kind: 'closed', failures: 0 };
  readonly #options: CircuitOptions;
  readonly #now: () => number;

  constructor(options: CircuitOptions, now: () => number) {
    this.#options = options;
    this.#now = now;
  }

  /** Lets a request go, or says why not. Whoever knocks goes first, when the rest is over; others only where nobody knocks. */
  pass(as: 'knock' | 'item'): Barred | undefined {
    const barred = this.barred(as);
    // the one that goes keeps the others away until it has ended, or has taken as long as a rest
    if (!barred && this.#state.kind === 'open') this.#state = { ...this.#state, since: this.#now() };
    return barred;
  }

  barred(as: 'knock' | 'item' = 'item'): Barred | undefined {
    const state = this.#state;
    if (state.kind === 'closed') return undefined;
    const longest = as === 'knock' ? state.restMs : 2 * state.restMs;
    // a clock that was set back makes no rest longer
    const left = Math.min(state.since + longest - this.#now(), longest);
    return left > 0 ? { reason: state.reason, retryAfter: ms(left) } : undefined;
  }

  /** Whether requests are barred, and the rest is over. */
  isRested(): boolean {
    const state = this.#state;
    return state.kind === 'open' && this.barred('knock') === undefined;
  }

  /** What became of a request that went. */
  ended(exchange: Exchange): void {
    const reason = troubleOf(exchange);
    const state = this.#state;
    if (reason === undefined) {
      this.#state = { kind: 'closed', failures: 0 };
      if (state.kind === 'open') this.#options.answersAgain();
      return;
    }
    if (reason === 'says-nothing') return;
    const rest = reason === 'archive-unauthorised' || reason === 'archive-forbidden' ? REFUSED : AWAY;
    if (state.kind === 'open') {
      const restMs = Math.min(rest.longest, Math.max(rest.first, state.restMs * 2));
      this.#state = { kind: 'open', reason, restMs, since: this.#now() };
    } else if (state.failures + 1 < this.#options.failures) {
      this.#state = { kind: 'closed', failures: state.failures + 1 };
    } else {
      this.#state = { kind: 'open', reason, restMs: rest.first, since: this.#now() };
      this.#options.failing(reason);
    }
  }
}

/** Why an archive is of no use to anybody now; undefined where it is. */
function troubleOf(exchange: Exchange): ReasonCode | 'says-nothing' | undefined {
  if (exchange.kind === 'failed') {
    const { code, detail } = exchange.problem;
    if (detail === 'closed') return 'says-nothing';
    return code === 'archive-unreachable' || code === 'archive-timeout' ? code : 'says-nothing';
  }
  switch (exchange.answer.status) {
    case 401:
    case 407:
      return 'archive-unauthorised';
    case 403:
      return 'archive-forbidden';
    case 502:
    case 504:
      return 'archive-unreachable';
    case 503:
      return 'archive-busy';
    case 500:
      return 'says-nothing';
    default:
      return undefined;
  }
}
