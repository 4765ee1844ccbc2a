import type { ArchiveLoad } from '../ledger/index.js';

interface HourOfLoad {
  readonly hour: Date;
  readonly requests: number;
  readonly bytes: number;
}

/** What one archive was asked for in some time. */
export interface LoadOfArchive {
  readonly archive: string;
  readonly requests: number;
  readonly failures: number;
  readonly sentBytes: number;
  readonly receivedBytes: number;
  /** The hours in which it was asked for something, in their order. */
  readonly hours: readonly HourOfLoad[];
}

/** Kinds of requests together, by archive and by hour; rows as the ledger gives them, hours in their order. */
export function loadByArchive(loads: readonly ArchiveLoad[]): readonly LoadOfArchive[] {
  return [...new Set(loads.map(({ archive }) => archive))].map((archive) => {
    const rows = loads.filter((row) => row.archive === archive);
    const hours = new Map<number, HourOfLoad>();
    for (const { hour, requests, sentBytes, receivedBytes } of rows) {
      const before = hours.get(hour.getTime()) ?? { hour, requests: 0, bytes: 0 };
      hours.set(hour.getTime(), {
        hour,
        requests: before.requests + requests,
        bytes: before.bytes + sentBytes + receivedBytes,
      });
    }
    return {
      archive,
      requests: sum(rows, 'requests'),
      failures: sum(rows, 'failures'),
      sentBytes: sum(rows, 'sentBytes'),
      receivedBytes: sum(rows, 'receivedBytes'),
      hours: [...hours.values()],
    };
  });
}

const sum = (rows: readonly ArchiveLoad[], what: 'requests' | 'failures' | 'sentBytes' | 'receivedBytes'): number =>
  rows.reduce((total, row) => total + row[what], 0);

/** Megabytes, as people say them. */
export const megabytes = (bytes: number): string => {
  const mb = bytes / 1e6;
  return mb >= 100 ? mb.toFixed(0) : mb >= 1 ? mb.toFixed(1) : mb.toFixed(3);
};
