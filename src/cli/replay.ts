import type { Configuration } from '../configuration/index.js';
import type { OutcomeKind, ReasonCode } from '../domain/index.js';
import { reportName, type ReplaySelection, type RunDigests, type ReportNumber } from '../ledger/index.js';
import { bundleAskedFor } from './bundles.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import { openGuestLedger } from './guest-ledger.js';
import { reportNamed } from './report-named.js';
import { ended } from './run.js';
import { runDigests } from './run-digests.js';
import type { Terminal } from './terminal.js';
import { userName } from './user-name.js';

export interface ReplayOptions {
  readonly config: string;
  /** `r-12`, `o-7`, or a UID of a report or of an object of ours. */
  readonly reports: readonly string[];
  readonly outcome: OutcomeKind | undefined;
  readonly reason: ReasonCode | undefined;
  readonly from: Date | undefined;
  readonly to: Date | undefined;
  readonly source: string | undefined;
  readonly dryRun: boolean;
  readonly json: boolean;
}

/** `caliper replay`: reports are worked again, by the daemon and at its budget; a replay is also the permission to store what `storeFrom` kept back. */
export async function replay(options: ReplayOptions, terminal: Terminal): Promise<ExitCode> {
  const { reports, outcome, reason, from, to, source } = options;
  if (reports.length === 0 && !outcome && !reason && !from && !to && !source) {
    terminal.err('say which reports: r-12, a UID, --outcome, --reason, --source, --from or --to');
    return EXIT.usage;
  }
  const opened = await openGuestLedger(options.config);
  if (!opened.ok) return ended(opened.error, terminal);
  const { configuration, ledger } = opened.value;
  try {
    const numbers: ReportNumber[] = [];
    for (const wanted of reports) {
      const number = await reportNamed(wanted, ledger);
      if (number === undefined) {
        terminal.err(`${wanted}: the ledger knows no such report or object`);
        return EXIT.usage;
      }
      numbers.push(number);
    }
    const selection: ReplaySelection = {
      ...(reports.length > 0 ? { reports: numbers } : {}),
      ...(outcome ? { outcome } : {}),
      ...(reason ? { reason } : {}),
      ...(source ? { source } : {}),
      ...(from ? { firstSeenFrom: from } : {}),
      ...(to ? { firstSeenUntil: to } : {}),
    };
    const chosen = options.dryRun
      ? await ledger.selectedForReplay(selection)
      : await ledger.reopen(selection, await digestsNow(configuration), 'replay', userName());
    if (options.json) terminal.out(JSON.stringify({ dryRun: options.dryRun, reports: chosen.map(reportName) }));
    else for (const number of chosen) terminal.out(reportName(number));
    terminal.err(
      options.dryRun
        ? `${chosen.length} reports would be worked again`
        : `${chosen.length} reports will be worked again by the daemon (or by caliper once)`,
    );
    return EXIT.done;
  } finally {
    await opened.value.close();
  }
}

/** Those that a daemon of this configuration would work under. */
async function digestsNow(configuration: Configuration): Promise<RunDigests> {
  const bundle = await bundleAskedFor(configuration);
  return runDigests(configuration, bundle.ok ? bundle.value : undefined);
}
