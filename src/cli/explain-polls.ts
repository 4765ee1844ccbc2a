import { REQUEST_KINDS } from '../domain/index.js';
import { loadInPeriods } from '../ledger/index.js';
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
    const periods = loadInPeriods(loads, by);
    terminal.out(
      textTable(
        ['archive', `${by} (UTC)`, ...REQUEST_KINDS, 'failed', 'MB sent', 'MB received', 'seconds', 'ms each'],
        periods.map((p) => [
          p.archive,
          textOf(p.begins, by),
          ...REQUEST_KINDS.map((kind) => String(p.byKind[kind])),
          String(p.failures),
          megabytes(p.sentBytes),
          megabytes(p.receivedBytes),
          (p.tookMs / 1000).toFixed(1),
          (p.tookMs / p.requests).toFixed(0),
        ]),
      ),
    );
    for (const { archive, requests, sentBytes, receivedBytes } of loadInPeriods(loads, 'whole'))
      terminal.err(
        `${archive}: ${requests} requests, ${megabytes(sentBytes + receivedBytes)} MB in ${options.days} days`,
      );
    if (periods.length === 0) terminal.err(`no archive was asked for anything in ${options.days} days`);
    return EXIT.done;
  } finally {
    await opened.value.close();
  }
}

/** The hour, or the day. */
const textOf = (begins: Date, by: 'hour' | 'day'): string =>
  begins
    .toISOString()
    .slice(0, by === 'day' ? 10 : 16)
    .replace('T', ' ');

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);
