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
 * an archive that is away is asked at growing intervals. An archive's own Retry-After is never undercut.
 */
export function nextTryAfter(
  reason: ReasonCode,
  soFar: { readonly ageMs: number; readonly attempts: number; readonly retryAfterMs?: number },
): Ms {
  const own =
    reasonOf(reason).retry === 'wait'
      ? clamp(soFar.ageMs / 2, 30 * SECOND, 6 * HOUR)
      : clamp(15 * SECOND * 2 ** Math.min(soFar.attempts, 12), 15 * SECOND, HOUR);
  return ms(Math.max(own, soFar.retryAfterMs ?? 0));
}

const clamp = (value: number, least: number, most: number): number => Math.min(most, Math.max(least, value));
