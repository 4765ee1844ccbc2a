import type { Configuration } from '../configuration/index.js';
import { fail, ok, type OutcomeKind, type ReasonCode, type Result } from '../domain/index.js';
import { reportName, type Again, type ReplaySelection, type RunDigests, type ReportNumber } from '../ledger/index.js';
import { bundleAskedFor, shippedBundle } from './bundles.js';
import { counted } from './counted.js';
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
  /** By which method, in place of that of the rules; a bundle means the network. */
  readonly method: Again['method'] | undefined;
  readonly bundle: string | undefined;
  /** What becomes of the contours that are there. */
  readonly earlier: Again['earlier'] | undefined;
  readonly dryRun: boolean;
  readonly json: boolean;
}

/**
 * `caliper replay`: reports are worked again, by the daemon and at its budget; a replay is also the permission to store what `storeFrom` kept back. With a
 * method or a bundle, by that, beside the contours that are there or in their place; what that work has made already is not made again.
 */
export async function replay(options: ReplayOptions, terminal: Terminal): Promise<ExitCode> {
  const { reports, outcome, reason, from, to, source } = options;
  if (reports.length === 0 && !outcome && !reason && !from && !to && !source) {
    terminal.err('say which reports: r-12, a UID, --outcome, --reason, --source, --from or --to');
    return EXIT.usage;
  }
  const again = againOf(options);
  if (!again.ok) {
    terminal.err(again.error);
    return EXIT.usage;
  }
  const opened = await openGuestLedger(options.config);
  if (!opened.ok) return ended(opened.error, terminal);
  const { configuration, ledger } = opened.value;
  try {
    const asked = await askedOf(configuration, again.value);
    if (!asked.ok) {
      terminal.err(asked.error);
      return EXIT.usage;
    }
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
      : await ledger.reopen(selection, asked.value, 'replay', userName(), again.value);
    if (options.json) terminal.out(JSON.stringify({ dryRun: options.dryRun, reports: chosen.map(reportName) }));
    else for (const number of chosen) terminal.out(reportName(number));
    terminal.err(
      options.dryRun
        ? `${counted(chosen.length, 'report')} would be worked again`
        : `${counted(chosen.length, 'report')} will be worked again by the daemon (or by caliper once)`,
    );
    return EXIT.done;
  } finally {
    await opened.value.close();
  }
}

function againOf({ method, bundle, earlier }: ReplayOptions): Result<Again | undefined, string> {
  if (method === undefined && bundle === undefined)
    return earlier === undefined ? ok(undefined) : fail('--keep and --reject-old go with --method or --bundle');
  if (method === 'grabcut' && bundle !== undefined) return fail('grabcut needs no bundle; leave one of the two out');
  return ok({
    method: method ?? 'cosegmentation',
    ...(bundle === undefined ? {} : { bundle }),
    earlier: earlier ?? 'keep',
  });
}

/** The digests that a daemon of this configuration would work under; the error is a sentence for the administrator. */
async function askedOf(configuration: Configuration, again: Again | undefined): Promise<Result<RunDigests, string>> {
  if (!again) {
    const bundle = await bundleAskedFor(configuration);
    return ok(runDigests(configuration, bundle.ok ? bundle.value : undefined));
  }
  if (again.earlier === 'reject' && !configuration.destinations.some((d) => d.rejectionNotes === 'allowed'))
    return fail('--reject-old needs a destination with rejectionNotes: allowed');
  const rules = configuration.rules.map((rule) => ({ ...rule, method: again.method }));
  if (again.method === 'grabcut') return ok(runDigests({ ...configuration, rules }, undefined, again));
  const bundle = await shippedBundle(again.bundle ?? configuration.segmentation.bundle);
  return bundle.ok ? ok(runDigests({ ...configuration, rules }, bundle.value, again)) : bundle;
}
