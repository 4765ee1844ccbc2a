import { loadInPeriods, type ArchiveLoad } from '../ledger/index.js';

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
  const hours = loadInPeriods(loads, 'hour');
  return loadInPeriods(loads, 'whole').map(({ archive, requests, failures, sentBytes, receivedBytes }) => ({
    archive,
    requests,
    failures,
    sentBytes,
    receivedBytes,
    hours: hours
      .filter((period) => period.archive === archive)
      .map((period) => ({
        hour: period.begins,
        requests: period.requests,
        bytes: period.sentBytes + period.receivedBytes,
      })),
  }));
}

/** Megabytes, as people say them. */
export const megabytes = (bytes: number): string => {
  const mb = bytes / 1e6;
  if (mb === 0) return '0';
  return mb >= 100 ? mb.toFixed(0) : mb >= 1 ? mb.toFixed(1) : mb.toFixed(3);
};
