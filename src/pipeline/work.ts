import { ms, type ReasonCode } from '../domain/index.js';
import { reportName, type Claim, type RunId } from '../ledger/index.js';
import { processRun } from './process-run.js';
import { nextTryAfter } from './waits.js';
import type { World } from './world.js';

const LEASE_MS = ms(120_000);

/**
 * Claims a run that is due and takes it as far as it goes; false when nothing was due. What is no expected failure ends here: it is logged with
 * its stack, and the run is tried again later, so that one bad report cannot stop the others.
 */
export async function workOnce(owner: string, world: World, run?: RunId): Promise<boolean> {
  const claim = await world.ledger.claimRun(owner, LEASE_MS, run);
  if (!claim) return false;
  const heartbeat = setInterval(() => void renew(claim, world), LEASE_MS / 3);
  try {
    await processRun(claim, world);
  } catch (error) {
    await putAside(claim, error, world);
  } finally {
    clearInterval(heartbeat);
  }
  return true;
}

async function renew(claim: Claim, world: World): Promise<void> {
  try {
    await world.ledger.renew(claim);
  } catch (error) {
    // the database is away: the lease ends by itself and another worker takes over
    world.log.event('report.failed', {
      report: reportName(claim.report.number),
      reason: 'unexpected-error',
      error: nameOf(error),
    });
  }
}

async function putAside(claim: Claim, error: unknown, world: World): Promise<void> {
  const reason: ReasonCode = 'unexpected-error';
  world.log.event('report.failed', {
    report: reportName(claim.report.number),
    reason,
    error: nameOf(error),
    stack: stackOf(error),
    attempt: claim.attempts,
  });
  const taken = await world.ledger.claimRun(claim.owner, LEASE_MS, claim.run);
  await world.ledger.moveRun(taken ?? claim, {
    to: 'waiting',
    reason,
    attempt: 'counted',
    afterMs: nextTryAfter(reason, { ageMs: 0, attempts: claim.attempts }),
  });
}

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : typeof error);

/** Where it happened, without the message: messages of libraries may quote what they were given. */
const stackOf = (error: unknown): string =>
  error instanceof Error
    ? (error.stack ?? '')
        .split('\n')
        .filter((line) => /^\s+at /.test(line))
        .slice(0, 8)
        .join('\n')
    : '';
