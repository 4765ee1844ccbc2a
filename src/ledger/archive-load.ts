/** What each archive was asked for, by the hour: the report of the load that we put on it. */
import type { Pool } from 'pg';
import type { RequestKind } from '../domain/index.js';
import type { ArchiveLoad } from './answers.js';

/** Adds to what is there, whichever process put it there. */
export async function addArchiveLoad(pool: Pool, loads: readonly ArchiveLoad[]): Promise<void> {
  if (loads.length === 0) return;
  const column = <T>(of: (load: ArchiveLoad) => T): T[] => loads.map(of);
  await pool.query(
    `insert into caliper.archive_load (archive, hour, kind, requests, failures, sent_bytes, received_bytes, took_ms)
     select archive, date_trunc('hour', hour, 'UTC'), kind, sum(requests), sum(failures), sum(sent), sum(received), sum(took)
     from unnest($1::text[], $2::timestamptz[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[])
       as given (archive, hour, kind, requests, failures, sent, received, took)
     -- in one order, so that two processes that add at once wait for each other and never for ever
     group by 1, 2, 3 order by 1, 2, 3
     on conflict (archive, hour, kind) do update set
       requests = archive_load.requests + excluded.requests,
       failures = archive_load.failures + excluded.failures,
       sent_bytes = archive_load.sent_bytes + excluded.sent_bytes,
       received_bytes = archive_load.received_bytes + excluded.received_bytes,
       took_ms = archive_load.took_ms + excluded.took_ms`,
    [
      column((load) => load.archive),
      column((load) => load.hour),
      column((load) => load.kind),
      column((load) => load.requests),
      column((load) => load.failures),
      column((load) => load.sentBytes),
      column((load) => load.receivedBytes),
      column((load) => Math.round(load.tookMs)),
    ],
  );
}

/** Hours that begin from `since` on, by archive, hour and kind. */
export async function archiveLoad(pool: Pool, since: Date, until?: Date): Promise<readonly ArchiveLoad[]> {
  const { rows } = await pool.query<{
    archive: string;
    hour: Date;
    kind: RequestKind;
    requests: number;
    failures: number;
    sent_bytes: number;
    received_bytes: number;
    took_ms: number;
  }>(
    `select * from caliper.archive_load where hour >= date_trunc('hour', $1::timestamptz, 'UTC') and ($2::timestamptz is null or hour < $2)
     order by archive, hour, kind`,
    [since, until ?? null],
  );
  return rows.map((row) => ({
    archive: row.archive,
    hour: row.hour,
    kind: row.kind,
    requests: row.requests,
    failures: row.failures,
    sentBytes: row.sent_bytes,
    receivedBytes: row.received_bytes,
    tookMs: row.took_ms,
  }));
}
