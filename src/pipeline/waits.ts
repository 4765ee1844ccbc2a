import { ms, reasonOf, type Ms, type ReasonCode } from '../domain/index.js';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** For how long something that usually comes by itself (an image, a study) is waited for. */
export const WAIT_HORIZON_MS = 7 * DAY;

/** After this, a report whose images are partly there goes on with those. */
export const PARTIAL_AFTER_MS = HOUR;

/**
 * How long until the next try. Something that comes by itself is looked for at half its age, since what was late by an hour may be late by two;
 * an archive that is away is asked at growing intervals. An archive's own Retry-After is not undercut, up to a day.
 */
export function nextTryAfter(reason: ReasonCode, soFar: SoFar): Ms {
  const own = soFar.isLeftAlone
    ? LONGEST_WAIT_MS
    : reasonOf(reason).retry === 'wait'
      ? clamp(soFar.ageMs / 2, 30 * SECOND, 6 * HOUR)
      : clamp(FIRST_WAIT_MS * 2 ** Math.min(soFar.attempts, 12), FIRST_WAIT_MS, LONGEST_WAIT_MS);
  const asked = Math.min(soFar.retryAfterMs ?? 0, DAY);
  return ms(Math.round(Math.max(own, asked) * (1 + SPREAD * spreadOf(soFar))));
}

interface SoFar {
  readonly ageMs: number;
  readonly attempts: number;
  readonly retryAfterMs?: number;
  /** The archive is left alone: the item is waked when it answers again, and does not ask for itself. */
  readonly isLeftAlone?: boolean;
  /** A number of the item: those that failed together are not tried again together. */
  readonly item: number;
}

const FIRST_WAIT_MS = 15 * SECOND;
const LONGEST_WAIT_MS = HOUR;
/** Waits are longer by up to this share, each item's by its own, so that they can be told beforehand. */
const SPREAD = 0.2;

/** In [0, 1), by item and try: the fractional parts of multiples of the golden ratio are spread evenly. */
const spreadOf = ({ item, attempts }: SoFar): number => ((item + 7 * attempts) * 0.618033988749895) % 1;

/** An archive's faults are tried for a week at least: the waits double to an hour and then stay there. */
const TRIES = 177;
/** Faults of our own are the same the next time, most of all. */
const TRIES_OF_OUR_OWN = 12;
const OUR_OWN: ReadonlySet<ReasonCode> = new Set<ReasonCode>(['unexpected-error', 'worker-crashed']);

/** Somebody has to do something first, and nothing is asked meanwhile. */
const WITHOUT_END: ReadonlySet<ReasonCode> = new Set<ReasonCode>([
  'source-paused',
  'destination-paused',
  'bundle-unavailable',
  'device-unavailable',
]);

/** Whether an item was tried often enough, or waited for long enough: it ends as `dead`, and `caliper replay` takes it up again. */
export function isSpent(reason: ReasonCode, { ageMs, attempts }: Pick<SoFar, 'ageMs' | 'attempts'>): boolean {
  if (WITHOUT_END.has(reason)) return false;
  switch (reasonOf(reason).retry) {
    case 'wait':
      return ageMs > WAIT_HORIZON_MS && attempts > 0;
    case 'backoff':
      return attempts + 1 >= (OUR_OWN.has(reason) ? TRIES_OF_OUR_OWN : TRIES);
    case 'never':
      return true;
  }
}

const clamp = (value: number, least: number, most: number): number => Math.min(most, Math.max(least, value));
