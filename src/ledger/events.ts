import type { ReasonCode } from '../domain/index.js';
import type { DeliveryId, RunId } from './values.js';
import { DELIVERY_TRANSITIONS, mayFollow, RUN_TRANSITIONS, type DeliveryState, type RunState } from './transitions.js';
import type { Transaction } from './transaction.js';

interface Moved<S> {
  /** Undefined: the row was made. */
  readonly from?: S;
  readonly to: S;
  readonly reason?: ReasonCode | undefined;
  /** Who asked, where it was a person. */
  readonly by?: string | undefined;
}

/** A move that the tables of transitions do not know: a bug of the caller. */
export class IllegalTransition extends Error {
  override readonly name = 'IllegalTransition';
}

/** Checks a run's move and writes its event; to be called in the transaction that moves it. */
export async function runMoved(transaction: Transaction, run: RunId, moved: Moved<RunState>): Promise<void> {
  if (moved.from !== undefined && !mayFollow(RUN_TRANSITIONS, moved.from, moved.to))
    throw new IllegalTransition(`a run does not go from ${moved.from} to ${moved.to}`);
  await writeEvent(transaction, run, undefined, moved);
}

/** Checks a delivery's move and writes its event; to be called in the transaction that moves it. */
export async function deliveryMoved(
  transaction: Transaction,
  run: RunId,
  delivery: DeliveryId,
  moved: Moved<DeliveryState>,
): Promise<void> {
  if (moved.from !== undefined && !mayFollow(DELIVERY_TRANSITIONS, moved.from, moved.to))
    throw new IllegalTransition(`a delivery does not go from ${moved.from} to ${moved.to}`);
  await writeEvent(transaction, run, delivery, moved);
}

/** A run that has ended stays so, but what it ended with no longer holds as it did. */
export async function stayed(transaction: Transaction, run: RunId, state: RunState, reason: ReasonCode): Promise<void> {
  await writeEvent(transaction, run, undefined, { from: state, to: state, reason });
}

async function writeEvent(
  transaction: Transaction,
  run: RunId,
  delivery: DeliveryId | undefined,
  { from, to, reason, by }: Moved<RunState | DeliveryState>,
): Promise<void> {
  await transaction.query(
    'insert into caliper.event (run, delivery, from_state, to_state, reason, by) values ($1, $2, $3, $4, $5, $6)',
    [run, delivery ?? null, from ?? null, to, reason ?? null, by ?? null],
  );
}
