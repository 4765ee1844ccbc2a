import type { ArchiveProblem } from '../dicomweb/index.js';
import { reasonOf, type ReasonCode } from '../domain/index.js';
import type { Claim, RunMove } from '../ledger/index.js';
import { nextTryAfter, WAIT_HORIZON_MS } from './waits.js';
import type { World } from './world.js';

/** What a problem means for the run, by its reason's row. */
export function stopFor(problem: ArchiveProblem, claim: Claim, world: World): RunMove {
  const reason: ReasonCode = problem.code;
  const { retry } = reasonOf(reason);
  if (retry === 'never') return { to: 'refused', reason };
  if (retry === 'wait' && ageMs(claim, world) > WAIT_HORIZON_MS) return { to: 'dead', reason };
  return {
    to: 'waiting',
    reason,
    attempt: 'counted',
    afterMs: nextTryAfter(reason, {
      ageMs: ageMs(claim, world),
      attempts: claim.attempts,
      ...(problem.retryAfter === undefined ? {} : { retryAfterMs: problem.retryAfter }),
    }),
  };
}

export const ageMs = (claim: Claim, world: World): number => world.now() - claim.report.firstSeen.getTime();
