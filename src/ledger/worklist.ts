/** The list that people work through, and what the first screen says about it. Each question is one statement. */
import type { Pool } from 'pg';
import { ms, type OutcomeKind, type ReasonCode } from '../domain/index.js';
import type {
  AgreementDrift,
  AgreementSample,
  OutcomeCount,
  SourceActivity,
  WorklistFilter,
  WorklistLine,
} from './answers.js';
import { given } from './rows.js';
import type { ReportNumber, RunId } from './values.js';
import type { RunState } from './transitions.js';

/** The run `r` is the one of its report that was opened last. */
const IS_CURRENT = `not exists (select 1 from caliper.run later
  where later.report = r.report and (later.opened, later.id) > (r.opened, r.id))`;

interface StoredLine {
  readonly run: RunId;
  readonly number: ReportNumber;
  readonly first_seen: Date;
  readonly sources: readonly string[] | null;
  readonly state: RunState;
  readonly reason: ReasonCode | null;
  readonly due: Date;
  readonly changed: Date;
  readonly outcomes: WorklistLine['outcomes'] | null;
  readonly reasons: readonly ReasonCode[] | null;
}

/**
 * The runs opened last come first; where days are asked for, the reports seen last, so that the page is read from the index of these days and not
 * looked for among everything that came after them. Only conditions that are asked for are in the statement, so that the plan fits the question:
 * from the newest run backwards where most fit, from the index of outcomes where few do. The place in the list is a run in either order.
 */
export async function worklist(pool: Pool, filter: WorklistFilter): Promise<readonly WorklistLine[]> {
  const values: unknown[] = [filter.limit];
  const value = (given: unknown): string => `$${values.push(given)}`;
  const conditions = [IS_CURRENT];
  const byDay = filter.firstSeenFrom !== undefined || filter.firstSeenUntil !== undefined;
  const order = byDay ? 'first_seen desc, report desc' : 'id desc';
  if (filter.before !== undefined) {
    const before = value(filter.before);
    conditions.push(
      byDay
        ? `(p.first_seen, p.number) < (select q.first_seen, q.number from caliper.report q
             join caliper.run b on b.report = q.number where b.id = ${before})`
        : `r.id < ${before}`,
    );
  }
  if (filter.outcome !== undefined) {
    const outcome = filter.outcome === 'pending' ? 'm.outcome is null' : `m.outcome = ${value(filter.outcome)}`;
    const reason = filter.reason === undefined ? '' : ` and m.reason = ${value(filter.reason)}`;
    conditions.push(`exists (select 1 from caliper.measurement m where m.run = r.id and ${outcome}${reason})`);
  } else if (filter.reason !== undefined) {
    const reason = value(filter.reason);
    conditions.push(`r.id in (select id from caliper.run where reason = ${reason}
      union all select run from caliper.measurement where reason = ${reason})`);
  }
  if (filter.source !== undefined)
    conditions.push(
      `exists (select 1 from caliper.sighting s where s.report = p.number and s.source = ${value(filter.source)})`,
    );
  if (filter.firstSeenFrom !== undefined) conditions.push(`p.first_seen >= ${value(filter.firstSeenFrom)}`);
  if (filter.firstSeenUntil !== undefined) conditions.push(`p.first_seen < ${value(filter.firstSeenUntil)}`);
  const { rows } = await pool.query<StoredLine>(
    `with page as materialized (
       select r.id, r.report, r.state, r.reason, r.due, r.changed, p.first_seen
       from caliper.run r join caliper.report p on p.number = r.report
       where ${conditions.join(' and ')}
       order by ${byDay ? 'p.first_seen desc, p.number desc' : 'r.id desc'} limit $1
     )
     select r.id as run, r.report as number, r.first_seen, r.state, r.reason, r.due, r.changed,
       (select array_agg(s.source order by s.source) from caliper.sighting s where s.report = r.report) as sources,
       (select jsonb_object_agg(name, count) from (
          select coalesce(outcome, 'pending') as name, count(*) as count from caliper.measurement where run = r.id group by 1
        ) as counted) as outcomes,
       (select array_agg(distinct m.reason) from caliper.measurement m where m.run = r.id and m.reason is not null) as reasons
     from page r order by ${order}`,
    values,
  );
  return rows.map((row) => ({
    run: row.run,
    number: row.number,
    firstSeen: row.first_seen,
    sources: row.sources ?? [],
    state: row.state,
    reason: given(row.reason),
    due: row.state === 'waiting' ? row.due : undefined,
    changed: row.changed,
    outcomes: row.outcomes ?? {},
    reasons: row.reasons ?? [],
  }));
}

export async function outcomeCounts(pool: Pool): Promise<readonly OutcomeCount[]> {
  const { rows } = await pool.query<{
    outcome: OutcomeKind | 'pending';
    reason: ReasonCode | null;
    count: number;
  }>(
    `select coalesce(m.outcome, 'pending') as outcome, m.reason, count(*) as count
     from (select distinct on (report) id from caliper.run order by report, opened desc, id desc) r
     join caliper.measurement m on m.run = r.id
     group by 1, 2 order by 3 desc, 1, 2`,
  );
  return rows.map((row) => ({ outcome: row.outcome, reason: given(row.reason), count: row.count }));
}

export async function sourceActivity(pool: Pool): Promise<readonly SourceActivity[]> {
  const { rows } = await pool.query<{
    source: string;
    reports: number;
    last_new: Date | null;
    lately: number;
    longest_ms: number | null;
  }>(
    `select a.name as source,
       (select count(*) from caliper.sighting s where s.source = a.name) as reports,
       (select max(first_seen) from caliper.sighting s where s.source = a.name) as last_new,
       g.lately, g.longest_ms
     from caliper.archive_role a
     cross join lateral (
       select count(*) as lately, extract(epoch from max(pause))::double precision * 1000 as longest_ms
       from (
         select s.first_seen - lag(s.first_seen) over (order by s.first_seen) as pause from caliper.sighting s
         where s.source = a.name and s.first_seen > now() - interval '14 days'
       ) as pauses
     ) g
     where a.role = 'source' order by a.name`,
  );
  return rows.map((row) => ({
    source: row.source,
    reports: row.reports,
    lastNew: given(row.last_new),
    newInTwoWeeks: row.lately,
    longestPauseMs: row.longest_ms === null ? undefined : ms(row.longest_ms),
  }));
}

export async function agreementDrift(pool: Pool): Promise<AgreementDrift> {
  const { rows } = await pool.query<{ lately: boolean; count: number; mean: number; deviation: number | null }>(
    `select r.changed > now() - interval '7 days' as lately, count(*) as count, avg(m.agreement) as mean,
       stddev_samp(m.agreement) as deviation
     from caliper.run r join caliper.measurement m on m.run = r.id
     where r.changed > now() - interval '35 days' and m.agreement is not null
     group by 1`,
  );
  const sample = (lately: boolean): AgreementSample => {
    const row = rows.find((r) => r.lately === lately);
    return { count: row?.count ?? 0, mean: row?.mean ?? 0, deviation: row?.deviation ?? 0 };
  };
  return { recent: sample(true), before: sample(false) };
}

/** A number that is another one after whatever happened; it costs one look at an index. */
export async function pulse(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ pulse: number }>('select coalesce(max(id), 0) as pulse from caliper.event');
  return rows[0]!.pulse;
}
