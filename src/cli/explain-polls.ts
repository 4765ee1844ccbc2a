import { REQUEST_KINDS, type RequestKind } from '../domain/index.js';
import type { ArchiveLoad } from '../ledger/index.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import { openGuestLedger } from './guest-ledger.js';
import { ended } from './run.js';
import type { Terminal } from './terminal.js';
import { textTable } from './text-table.js';

export interface ExplainPollsOptions {
  readonly config: string;
  readonly days: number;
  readonly json: boolean;
}

const DAY_MS = 86_400_000;
/** A table of more hours is one of days. */
const HOURS_SHOWN = 72;

/** `caliper explain --polls`: what each archive was asked for, by the hour: searches, retrieves, stores, bytes, time. */
export async function explainPolls(options: ExplainPollsOptions, terminal: Terminal): Promise<ExitCode> {
  const opened = await openGuestLedger(options.config);
  if (!opened.ok) return ended(opened.error, terminal);
  const { ledger } = opened.value;
  try {
    const loads = await ledger.archiveLoad(new Date(Date.now() - options.days * DAY_MS));
    if (options.json) {
      for (const { hour, ...load } of loads) terminal.out(JSON.stringify({ hour: hour.toISOString(), ...load }));
      return EXIT.done;
    }
    const by = options.days * 24 > HOURS_SHOWN ? 'day' : 'hour';
    const periods = addedUp(loads, by);
    terminal.out(
      textTable(
        ['archive', `${by} (UTC)`, ...REQUEST_KINDS, 'failed', 'MB sent', 'MB received', 'seconds', 'ms each'],
        periods.map((p) => [
          p.archive,
          p.begins,
          ...REQUEST_KINDS.map((kind) => String(p.requests[kind])),
          String(p.failures),
          megabytes(p.sentBytes),
          megabytes(p.receivedBytes),
          (p.tookMs / 1000).toFixed(1),
          (p.tookMs / totalOf(p)).toFixed(0),
        ]),
      ),
    );
    for (const archive of new Set(periods.map((p) => p.archive))) {
      const own = periods.filter((p) => p.archive === archive);
      const requests = own.reduce((sum, p) => sum + totalOf(p), 0);
      const bytes = own.reduce((sum, p) => sum + p.sentBytes + p.receivedBytes, 0);
      terminal.err(`${archive}: ${requests} requests, ${megabytes(bytes)} MB in ${options.days} days`);
    }
    if (periods.length === 0) terminal.err(`no archive was asked for anything in ${options.days} days`);
    return EXIT.done;
  } finally {
    await opened.value.close();
  }
}

interface Period {
  readonly archive: string;
  readonly begins: string;
  readonly requests: Record<RequestKind, number>;
  failures: number;
  sentBytes: number;
  receivedBytes: number;
  tookMs: number;
}

const totalOf = ({ requests }: Period): number => REQUEST_KINDS.reduce((sum, kind) => sum + requests[kind], 0);

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);

/** In the order of what is given: by archive, then by time. */
function addedUp(loads: readonly ArchiveLoad[], by: 'hour' | 'day'): readonly Period[] {
  const periods = new Map<string, Period>();
  for (const load of loads) {
    const begins = load.hour
      .toISOString()
      .slice(0, by === 'day' ? 10 : 16)
      .replace('T', ' ');
    const key = `${load.archive} ${begins}`;
    const period = periods.get(key) ?? {
      archive: load.archive,
      begins,
      requests: { search: 0, metadata: 0, retrieve: 0, store: 0 },
      failures: 0,
      sentBytes: 0,
      receivedBytes: 0,
      tookMs: 0,
    };
    periods.set(key, period);
    period.requests[load.kind] += load.requests;
    period.failures += load.failures;
    period.sentBytes += load.sentBytes;
    period.receivedBytes += load.receivedBytes;
    period.tookMs += load.tookMs;
  }
  return [...periods.values()];
}
