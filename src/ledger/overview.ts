/** How much there is of what: for the page, metrics, and commands that work until idle. */
import type { Pool } from 'pg';
import { OUTCOME_KINDS, type ReasonCode } from '../domain/index.js';
import { CLAIMABLE, UNFINISHED } from './claiming.js';
import { CURRENT_RUN } from './deciding.js';
import type { LedgerStatus, ReportFilter, ReportLine, Work } from './answers.js';
import type { ReportNumber } from './values.js';
import { given } from './rows.js';
import { inSnapshot, type Transaction } from './transaction.js';
import { DELIVERY_TRANSITIONS, RUN_TRANSITIONS, type DeliveryState, type RunState } from './transitions.js';

const OUTCOMES = [...OUTCOME_KINDS, 'pending'] as const;

export async function status(pool: Pool): Promise<LedgerStatus> {
  return inSnapshot(pool, async (transaction) => {
    const { rows } = await transaction.query<{ reports: number; oldest_due: Date | null }>(
      `select (select count(*) from caliper.report) as reports,
         (select min(due) from caliper.run r where ${CLAIMABLE}) as oldest_due`,
    );
    return {
      reports: rows[0]!.reports,
      runs: await counts<RunState>(transaction, keysOf(RUN_TRANSITIONS), 'select state as name from caliper.run'),
      deliveries: await counts<DeliveryState>(
        transaction,
        keysOf(DELIVERY_TRANSITIONS),
        'select state as name from caliper.delivery',
      ),
      outcomes: await counts<(typeof OUTCOMES)[number]>(
        transaction,
        OUTCOMES,
        `select coalesce(m.outcome, 'pending') as name from ${CURRENT_RUN} r join caliper.measurement m on m.run = r.id`,
      ),
      oldestDue: given(rows[0]!.oldest_due),
    };
  });
}

const keysOf = <K extends string>(table: Readonly<Record<K, unknown>>): readonly K[] => Object.keys(table) as K[];

async function counts<N extends string>(
  transaction: Transaction,
  names: readonly N[],
  select: string,
): Promise<Readonly<Record<N, number>>> {
  const { rows } = await transaction.query<{ name: N; count: number }>(
    `select name, count(*) as count from (${select}) as named group by name`,
  );
  const found = new Map(rows.map((row) => [row.name, row.count]));
  return Object.fromEntries(names.map((name) => [name, found.get(name) ?? 0])) as Record<N, number>;
}

export async function work(pool: Pool): Promise<Work> {
  const { rows } = await pool.query<{ due: number; working: number; unfinished: number; waiting_until: Date | null }>(
    `select count(*) filter (where ${CLAIMABLE}) as due,
       count(*) filter (where r.lease_until > now()) as working,
       count(*) as unfinished,
       min(r.due) filter (where r.state = 'waiting' and r.due > now()) as waiting_until
     from caliper.run r where r.state ${UNFINISHED}`,
  );
  const { due, working, unfinished, waiting_until: waitingUntil } = rows[0]!;
  return { due, working, waiting: unfinished - due - working, waitingUntil: given(waitingUntil) };
}

interface StoredLine {
  readonly number: ReportNumber;
  readonly first_seen: Date;
  readonly sources: readonly string[] | null;
  readonly state: RunState | null;
  readonly reason: ReasonCode | null;
  readonly due: Date | null;
  readonly changed: Date;
  readonly outcomes: ReportLine['outcomes'] | null;
}

export async function recentReports(pool: Pool, filter: ReportFilter): Promise<readonly ReportLine[]> {
  const { rows } = await pool.query<StoredLine>(
    `select p.number, p.first_seen, r.state, r.reason, r.due, coalesce(r.changed, p.first_seen) as changed,
       (select array_agg(s.source order by s.source) from caliper.sighting s where s.report = p.number) as sources,
       (select jsonb_object_agg(name, count) from (
          select coalesce(outcome, 'pending') as name, count(*) as count from caliper.measurement where run = r.id group by 1
        ) as counted) as outcomes
     from caliper.report p
     left join lateral (select * from caliper.run where report = p.number order by opened desc, id desc limit 1) r on true
     where ($2::bigint is null or p.number < $2) and ($3::text is null or r.state = $3)
       and ($4::text is null or exists (select 1 from caliper.measurement m where m.run = r.id and m.outcome = $4))
       and ($5::text is null or exists (select 1 from caliper.sighting s where s.report = p.number and s.source = $5))
     order by p.number desc limit $1`,
    [filter.limit, filter.before ?? null, filter.state ?? null, filter.outcome ?? null, filter.source ?? null],
  );
  return rows.map((row) => ({
    number: row.number,
    firstSeen: row.first_seen,
    sources: row.sources ?? [],
    state: given(row.state),
    reason: given(row.reason),
    due: row.state === 'waiting' ? given(row.due) : undefined,
    changed: row.changed,
    outcomes: row.outcomes ?? {},
  }));
}
