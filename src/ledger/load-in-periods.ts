import { REQUEST_KINDS, type RequestKind } from '../domain/index.js';
import type { ArchiveLoad } from './answers.js';

/** What one archive was asked for in some time. */
export interface PeriodOfLoad {
  readonly archive: string;
  /** The hour or day (UTC), or the first hour of the whole. */
  readonly begins: Date;
  /** Of all kinds. */
  readonly requests: number;
  readonly byKind: Readonly<Record<RequestKind, number>>;
  readonly failures: number;
  readonly sentBytes: number;
  readonly receivedBytes: number;
  readonly tookMs: number;
}

const PERIOD_MS = { hour: 3_600_000, day: 86_400_000, whole: Infinity } as const;

/** Adds up what is known by the hour, by archive and period, in the order in which they come first. */
export function loadInPeriods(loads: readonly ArchiveLoad[], length: keyof typeof PERIOD_MS): readonly PeriodOfLoad[] {
  const periods = new Map<string, ArchiveLoad[]>();
  for (const load of loads) {
    const key = `${Math.floor(load.hour.getTime() / PERIOD_MS[length])} ${load.archive}`;
    const period = periods.get(key);
    if (period) period.push(load);
    else periods.set(key, [load]);
  }
  return [...periods.values()].map((rows) => {
    const sum = (what: 'requests' | 'failures' | 'sentBytes' | 'receivedBytes' | 'tookMs', of = rows): number =>
      of.reduce((total, row) => total + row[what], 0);
    const first = Math.min(...rows.map(({ hour }) => hour.getTime()));
    return {
      archive: rows[0]!.archive,
      begins: new Date(length === 'whole' ? first : first - (first % PERIOD_MS[length])),
      requests: sum('requests'),
      byKind: Object.fromEntries(
        REQUEST_KINDS.map((kind) => [
          kind,
          sum(
            'requests',
            rows.filter((row) => row.kind === kind),
          ),
        ]),
      ) as Record<RequestKind, number>,
      failures: sum('failures'),
      sentBytes: sum('sentBytes'),
      receivedBytes: sum('receivedBytes'),
      tookMs: sum('tookMs'),
    };
  });
}
