/** What people choose for held measurements: the first word counts, and it is bound to what was shown. */
import type { Pool } from 'pg';
import { fail, ok, type MeasurementKey, type Result } from '../domain/index.js';
import type { Choice } from './answers.js';
import { runMoved } from './events.js';
import { given } from './rows.js';
import { inTransaction, type Transaction } from './transaction.js';
import type { RunState } from './transitions.js';
import type { RunId } from './values.js';

export interface ChoiceRefusal {
  /** `not-held`: nobody is asked (any more); `under-way`: the run is being worked on, try again; `taken`: somebody was first. */
  readonly kind: 'not-held' | 'under-way' | 'taken';
  /** Whose word counts. */
  readonly first: Choice | undefined;
}

interface StoredChoice {
  readonly run: RunId;
  readonly measurement_key: MeasurementKey;
  readonly candidate: string;
  readonly mask_sha256: string | null;
  readonly by: string;
  readonly at: Date;
}

const choiceOf = (row: StoredChoice): Choice => ({
  run: row.run,
  measurementKey: row.measurement_key,
  candidate: row.candidate,
  maskSha256: given(row.mask_sha256),
  by: row.by,
  at: row.at,
});

/**
 * Records a choice. With a contour, the run is opened again (cause `review`, the permission to store) and its worker makes the object; with none,
 * the measurement ends as skipped (`rejected-by-reviewer`) at once.
 */
export async function choose(pool: Pool, choice: Omit<Choice, 'at'>): Promise<Result<Choice, ChoiceRefusal>> {
  return inTransaction(pool, async (transaction) => {
    const { run, measurementKey: key, candidate, maskSha256, by } = choice;
    const held = await transaction.query<{ state: RunState; outcome: string | null; current: boolean }>(
      `select r.state, m.outcome, not exists (select 1 from caliper.run later
         where later.report = r.report and (later.opened, later.id) > (r.opened, r.id)) as current
       from caliper.run r join caliper.measurement m on m.run = r.id and m.key = $2 where r.id = $1 for update of r`,
      [run, key],
    );
    const first = await standing(transaction, run, key);
    if (first) return fail({ kind: 'taken', first });
    const row = held.rows[0];
    if (!row || !row.current || row.outcome !== 'held') return fail({ kind: 'not-held', first: undefined });
    if (row.state !== 'done' && row.state !== 'held' && row.state !== 'refused')
      return fail({ kind: 'under-way', first: undefined });
    const { rows } = await transaction.query<StoredChoice>(
      `insert into caliper.choice (run, measurement_key, candidate, mask_sha256, by) values ($1, $2, $3, $4, $5) returning *`,
      [run, key, candidate, maskSha256 ?? null, by],
    );
    if (maskSha256 === undefined)
      await transaction.query(
        `update caliper.measurement set outcome = 'skipped', reason = 'rejected-by-reviewer' where run = $1 and key = $2`,
        [run, key],
      );
    else await openAgain(transaction, run, row.state, by);
    await transaction.query(
      `insert into caliper.review (report, measurement_key, decision, by)
       select report, $2, $3, $4 from caliper.run where id = $1`,
      [run, key, maskSha256 === undefined ? 'rejected' : 'accepted', by],
    );
    return ok(choiceOf(rows[0]!));
  });
}

/** A run that has ended begins anew; one that is held for a delivery goes back to where contours are made. */
async function openAgain(transaction: Transaction, run: RunId, from: RunState, by: string): Promise<void> {
  const to: RunState = from === 'held' ? 'segmenting' : 'seen';
  await runMoved(transaction, run, { from, to, reason: undefined, by });
  await transaction.query(
    `update caliper.run set state = $2, came_from = $3, reason = null, cause = 'review', urgency = 'today', due = now(), attempts = 0,
       changed = now() where id = $1`,
    [run, to, from],
  );
}

async function standing(transaction: Transaction, run: RunId, key: MeasurementKey): Promise<Choice | undefined> {
  const { rows } = await transaction.query<StoredChoice>(
    'select * from caliper.choice where run = $1 and measurement_key = $2 and not stale',
    [run, key],
  );
  return rows[0] && choiceOf(rows[0]);
}

/** The choices that stand for a run. */
export async function choices(pool: Pool, run: RunId): Promise<readonly Choice[]> {
  const { rows } = await pool.query<StoredChoice>(
    'select * from caliper.choice where run = $1 and not stale order by id',
    [run],
  );
  return rows.map(choiceOf);
}

/** What was chosen cannot be made again as it was shown: somebody has to choose anew. */
export async function dropChoice(pool: Pool, run: RunId, key: MeasurementKey): Promise<void> {
  await pool.query('update caliper.choice set stale = true where run = $1 and measurement_key = $2', [run, key]);
}
