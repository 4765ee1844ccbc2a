/** A run's steps: each ends in one transaction with all that it found. */
import type { Pool } from 'pg';
import type { ReasonCode, Result } from '../domain/index.js';
import { fenced } from './claiming.js';
import { settleObject } from './delivering.js';
import { deliveryMoved, IllegalTransition, runMoved } from './events.js';
import type {
  Account,
  Claim,
  DeliveryId,
  LeaseLost,
  ObjectNumber,
  MoveAnswer,
  RecordAnswer,
  RunMove,
} from './values.js';
import { recordAccount } from './recording.js';
import type { Transaction } from './transaction.js';
import { DELIVERY_ENDED, RUN_WORKING, type DeliveryState, type RunState, type WorkingRunState } from './transitions.js';

export async function record(pool: Pool, claim: Claim, account: Account): Promise<Result<RecordAnswer, LeaseLost>> {
  return fenced(pool, claim, (transaction) => recordAccount(transaction, claim, account));
}

export async function moveRun(pool: Pool, claim: Claim, move: RunMove): Promise<Result<MoveAnswer, LeaseLost>> {
  return fenced(pool, claim, async (transaction, { state: from }) => {
    const reason = 'reason' in move ? move.reason : undefined;
    await runMoved(transaction, claim.run, { from, to: move.to, reason });
    const answer = await recordAccount(transaction, claim, move.account);
    if (move.to === 'done') await refuseUnfinished(transaction, claim);
    if (move.to === 'held') await holdMeasurements(transaction, claim, move.reason);
    if (move.to === 'refused' || move.to === 'dead') await endAll(transaction, claim, move.to, move.reason);
    if (isWorking(move.to)) {
      await transaction.query(
        'update caliper.run set state = $2, came_from = $3, reason = null, due = now(), attempts = 0, changed = now() where id = $1',
        [claim.run, move.to, from],
      );
      return { ...answer, claim: { ...claim, state: move.to, attempts: 0 } };
    }
    await transaction.query(
      `update caliper.run set state = $2, came_from = $3, reason = $4, due = now() + $5 * interval '1 millisecond',
         attempts = attempts + $6, owner = null, fence = null, lease_until = null, changed = now()
       where id = $1`,
      [
        claim.run,
        move.to,
        from,
        reason ?? null,
        move.to === 'waiting' ? move.afterMs : 0,
        move.to === 'waiting' && move.attempt === 'counted' ? 1 : 0,
      ],
    );
    return { ...answer, claim: undefined };
  });
}

export const isWorking = (state: RunState): state is WorkingRunState =>
  (RUN_WORKING as readonly RunState[]).includes(state);

/** `done` says that every measurement has an outcome and every delivery has ended. */
async function refuseUnfinished(transaction: Transaction, claim: Claim): Promise<void> {
  const { rows } = await transaction.query<{ open: number; under_way: number }>(
    `select
       (select count(*) from caliper.measurement where run = $1 and outcome is null) as open,
       (select count(*) from caliper.delivery d join caliper.object o on o.number = d.object
        where o.run = $1 and d.state <> all($2)) as under_way`,
    [claim.run, DELIVERY_ENDED],
  );
  const { open, under_way: underWay } = rows[0]!;
  if (open > 0 || underWay > 0)
    throw new IllegalTransition(
      `a run is not done with ${open} measurements without outcome and ${underWay} deliveries that have not ended`,
    );
}

/** What has no outcome yet is held with its run. */
async function holdMeasurements(transaction: Transaction, claim: Claim, reason: ReasonCode): Promise<void> {
  await transaction.query(
    "update caliper.measurement set outcome = 'held', reason = $2 where run = $1 and outcome is null and object is null",
    [claim.run, reason],
  );
}

/** A run that ends without contours ends its measurements and deliveries too: nothing is left without an outcome. */
async function endAll(
  transaction: Transaction,
  claim: Claim,
  to: 'refused' | 'dead',
  reason: ReasonCode,
): Promise<void> {
  const { rows } = await transaction.query<{ id: DeliveryId; object: ObjectNumber; state: DeliveryState }>(
    `select d.id, d.object, d.state from caliper.delivery d join caliper.object o on o.number = d.object
     where o.run = $1 and d.state <> all($2) order by d.id for update of d`,
    [claim.run, DELIVERY_ENDED],
  );
  for (const { id, state } of rows) {
    const end = state === 'held' ? 'refused' : 'dead';
    await deliveryMoved(transaction, claim.run, id, { from: state, to: end, reason });
    await transaction.query(
      'update caliper.delivery set state = $2, came_from = state, reason = $3, due = now(), changed = now() where id = $1',
      [id, end, reason],
    );
  }
  for (const object of new Set(rows.map((row) => row.object))) await settleObject(transaction, object);
  await transaction.query(
    'update caliper.measurement set outcome = $2, reason = $3 where run = $1 and outcome is null',
    [claim.run, to === 'dead' ? 'failed' : 'skipped', reason],
  );
}
