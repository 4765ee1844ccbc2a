import { ms } from '../domain/index.js';
import type { Claim, RunId } from '../ledger/index.js';
import { processRun } from './process-run.js';
import type { World } from './world.js';

/** Long enough for a busy machine to renew it, short enough that what a killed worker held is taken over within half a minute. */
const LEASE_MS = ms(30_000);

/** Claims a run that is due and takes it as far as it goes; false when nothing was due. The lease is prolonged while it is worked on. */
export async function workOnce(owner: string, world: World, run?: RunId): Promise<boolean> {
  const claim = await world.ledger.claimRun(owner, LEASE_MS, run);
  if (!claim) return false;
  const heartbeat = setInterval(() => void renew(claim, world), LEASE_MS / 3);
  try {
    await processRun(claim, world);
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
    world.log.event('database.failing', { error: error instanceof Error ? error.name : typeof error });
  }
}
