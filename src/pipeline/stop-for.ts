import type { ArchiveProblem } from '../dicomweb/index.js';
import { reasonOf, type ReasonCode } from '../domain/index.js';
import type { Claim, RunMove } from '../ledger/index.js';
import { isSpent, nextTryAfter, WAIT_HORIZON_MS } from './waits.js';
import type { World } from './world.js';

/** What a problem means for the run, by its reason's row. */
export function stopFor(problem: ArchiveProblem, claim: Claim, world: World): RunMove {
  const reason: ReasonCode = problem.code;
  const { retry } = reasonOf(reason);
  if (retry === 'never') return { to: 'refused', reason };
  if (retry === 'wait' && ageMs(claim, world) > WAIT_HORIZON_MS) return { to: 'dead', reason };
  const attempt = problem.unasked ? 'free' : 'counted';
  if (
    attempt === 'counted' &&
    retry === 'backoff' &&
    isSpent(reason, { ageMs: ageMs(claim, world), attempts: claim.attempts })
  )
    return { to: 'dead', reason };
  return {
    to: 'waiting',
    reason,
    attempt,
    afterMs: nextTryAfter(reason, {
      ageMs: ageMs(claim, world),
      attempts: claim.attempts,
      item: claim.report.number,
      ...(problem.retryAfter === undefined ? {} : { retryAfterMs: problem.retryAfter }),
      isLeftAlone: problem.unasked === 'left-alone',
    }),
  };
}

export const ageMs = (claim: Claim, world: World): number => world.now() - claim.report.firstSeen.getTime();
