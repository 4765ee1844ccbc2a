import { objectName, reportName, type ObjectNumber, type ObjectRow } from '../ledger/index.js';
import { counted } from './counted.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import { openGuestLedger } from './guest-ledger.js';
import { ended } from './run.js';
import type { Terminal } from './terminal.js';
import { textTable } from './text-table.js';

const PAGE = 500;

/**
 * `caliper list --written`: every object of ours that lies in an archive, the latest first. With UIDs, since an administrator looks them up in
 * the archive.
 */
export async function listWritten(
  options: { readonly config: string; readonly limit: number | undefined; readonly json: boolean },
  terminal: Terminal,
): Promise<ExitCode> {
  const opened = await openGuestLedger(options.config);
  if (!opened.ok) return ended(opened.error, terminal);
  const { ledger } = opened.value;
  try {
    const rows: ObjectRow[] = [];
    let before: ObjectNumber | undefined;
    for (;;) {
      const limit = Math.min(PAGE, (options.limit ?? Infinity) - rows.length);
      if (limit <= 0) break;
      const page = await ledger.writtenObjects({ limit, ...(before === undefined ? {} : { before }) });
      if (options.json) for (const row of page) terminal.out(JSON.stringify(asJson(row)));
      rows.push(...page);
      if (page.length < limit) break;
      before = page.at(-1)!.number;
    }
    if (!options.json) {
      terminal.out(
        textTable(
          ['object', 'kind', 'report', 'segments', 'where', 'when', 'SOP Instance UID'],
          rows.map((row) => [
            objectName(row.number),
            row.kind,
            reportName(row.report),
            String(row.segments.length),
            row.deliveries.map((d) => `${d.destination}: ${d.state}`).join(', '),
            row.created.toISOString().slice(0, 16).replace('T', ' '),
            row.sopInstanceUID,
          ]),
        ),
      );
      terminal.err(counted(rows.length, 'object'));
    }
    return EXIT.done;
  } finally {
    await opened.value.close();
  }
}

const asJson = (row: ObjectRow) => ({
  object: objectName(row.number),
  kind: row.kind,
  report: reportName(row.report),
  sopInstanceUID: row.sopInstanceUID,
  seriesInstanceUID: row.seriesInstanceUID,
  studyInstanceUID: row.studyInstanceUID,
  segments: row.segments.length,
  created: row.created.toISOString(),
  deliveries: row.deliveries.map((d) => ({
    destination: d.destination,
    state: d.state,
    changed: d.changed.toISOString(),
  })),
});
