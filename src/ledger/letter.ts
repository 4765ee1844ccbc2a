/** What a week has shown, for the letter to those who run the archive. */
import type { Pool } from 'pg';
import type { OutcomeKind, ReasonCode } from '../domain/index.js';
import type { LetterFacts } from './answers.js';
import { given } from './rows.js';
import type { ReportNumber } from './values.js';

/** Of current runs of reports that were first seen in this time. */
export async function letterFacts(pool: Pool, from: Date, until: Date): Promise<LetterFacts> {
  const seen = `select distinct on (r.report) r.*, p.first_seen from caliper.run r join caliper.report p on p.number = r.report
    where p.first_seen >= $1 and p.first_seen < $2 order by r.report, r.opened desc, r.id desc`;
  const values = [from, until];
  const hours = await pool.query<{ hour: number; reports: number }>(
    `select extract(hour from first_seen at time zone 'UTC')::integer as hour, count(*) as reports from caliper.report
     where first_seen >= $1 and first_seen < $2 group by 1 order by 1`,
    values,
  );
  const writers = await pool.query<{
    writer: string | null;
    kind: string | null;
    reports: number;
    readable: number;
    measurements: number;
  }>(
    `with seen as (${seen})
     select r.reading ->> 'writer' as writer, r.reading ->> 'kind' as kind, count(*) as reports,
       count(*) filter (where exists (select 1 from caliper.measurement m where m.run = r.id)) as readable,
       coalesce(sum((select count(*) from caliper.measurement m where m.run = r.id)), 0)::bigint as measurements
     from seen r group by 1, 2 order by 3 desc, 1`,
    values,
  );
  const lengths = await pool.query<{ writer: string | null; finding: string; count: number }>(
    `with seen as (${seen})
     select r.reading ->> 'writer' as writer, f ->> 'code' as finding, count(*) as count
     from seen r join caliper.measurement m on m.run = r.id cross join lateral jsonb_array_elements(m.findings) f
     where f ->> 'code' like 'length.%' group by 1, 2 order by 3 desc, 1, 2`,
    values,
  );
  const outcomes = await pool.query<{ outcome: OutcomeKind | 'pending'; reason: ReasonCode | null; count: number }>(
    `with seen as (${seen})
     select coalesce(m.outcome, 'pending') as outcome, m.reason, count(*) as count
     from seen r join caliper.measurement m on m.run = r.id group by 1, 2 order by 3 desc, 1, 2`,
    values,
  );
  const refused = await pool.query<{ reason: ReasonCode; count: number }>(
    `with seen as (${seen}) select r.reason, count(*) as count from seen r
     where r.state = 'refused' and r.reason is not null group by 1 order by 2 desc, 1`,
    values,
  );
  const pictured = await pool.query<{ report: ReportNumber }>(
    `with seen as (${seen})
     select distinct r.report from seen r join caliper.measurement m on m.run = r.id
     where m.outcome in ('would-store', 'stored', 'already-stored', 'stored-unconfirmed', 'held') order by 1 desc limit 12`,
    values,
  );
  return {
    hours: hours.rows,
    writers: writers.rows.map((row) => ({ ...row, writer: given(row.writer), kind: given(row.kind) })),
    lengths: lengths.rows.map((row) => ({ ...row, writer: given(row.writer) })),
    outcomes: outcomes.rows.map((row) => ({ ...row, reason: given(row.reason) })),
    refused: refused.rows,
    pictured: pictured.rows.map((row) => row.report),
  };
}
