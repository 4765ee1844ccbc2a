import { probeInference, startKernelPool } from '../compute/index.js';
import type { Configuration } from '../configuration/index.js';
import type { ProbeRow } from '../dicomweb/index.js';
import { openReadyNetwork } from './bundles.js';
import { checkPage } from './check-page.js';
import { loadConfiguration, openArchives } from './configured-world.js';
import { counted } from './counted.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import { openLedgerBeside } from './guest-ledger.js';
import { reasonSentence } from './reason-sentence.js';
import { ended } from './run.js';
import { sharePercent } from './share-percent.js';
import type { Terminal } from './terminal.js';
import { textTable } from './text-table.js';

interface CheckRow {
  readonly part: string;
  readonly what: string;
  readonly works: boolean;
  readonly detail: string;
  readonly reason: string | null;
  readonly remedy: string | null;
}

/** `caliper check`: whether everything that a configuration names works, without leaving anything behind. */
export async function check(
  options: { readonly config: string; readonly json: boolean },
  terminal: Terminal,
): Promise<ExitCode> {
  const configuration = await loadConfiguration(options.config);
  if (!configuration.ok) return ended(configuration.error, terminal);
  const archives = openArchives(configuration.value);
  if (!archives.ok) return ended(archives.error, terminal);
  const rows: CheckRow[] = [
    { part: 'configuration', what: options.config, works: true, detail: 'valid', reason: null, remedy: null },
  ];
  try {
    for (const [name, archive] of archives.value) {
      const part = `archive ${name}`;
      const isDestination = configuration.value.destinations.some((d) => d.archive === name);
      rows.push(...(await archive.probeSearch()).map((row) => probed(part, row)));
      rows.push(...(await archive.probeRetrieve()).map((row) => probed(part, row)));
      if (isDestination) rows.push(...(await archive.probeStore()).map((row) => probed(part, row)));
    }
  } finally {
    for (const archive of archives.value.values()) await archive.close();
  }
  rows.push(...configuration.value.destinations.map(destinationRow));
  rows.push(await databaseRow(configuration.value, options.config));
  rows.push(await inferenceRow(configuration.value));
  rows.push(...(await checkPage(configuration.value, new Date())));

  if (options.json) for (const row of rows) terminal.out(JSON.stringify(row));
  else {
    terminal.out(
      textTable(
        ['', 'part', 'what', 'detail'],
        rows.map((r) => [r.works ? 'ok' : 'FAILS', r.part, r.what, r.detail]),
      ),
    );
    for (const row of rows) if (!row.works && row.remedy) terminal.err(`${row.part}: ${row.what}: ${row.remedy}`);
  }
  return rows.every((row) => row.works) ? EXIT.done : EXIT.someFailed;
}

const probed = (part: string, row: ProbeRow): CheckRow => ({
  part,
  what: row.what,
  works: row.ok,
  detail: row.detail,
  reason: row.reason ?? null,
  remedy: row.reason ? reasonSentence(row.reason) : null,
});

function destinationRow({ archive, mode, canary }: Configuration['destinations'][number]): CheckRow {
  const detail =
    mode !== 'live'
      ? `${mode}: nothing is stored`
      : canary === 1
        ? 'live: every report is stored'
        : `live: ${sharePercent(canary)} of the reports are stored (canary), the others are not`;
  return { part: `destination ${archive}`, what: 'mode', works: true, detail, reason: null, remedy: null };
}

async function databaseRow(configuration: Configuration, file: string): Promise<CheckRow> {
  const row = (works: boolean, detail: string): CheckRow => ({
    part: 'database',
    what: configuration.database === 'embedded' ? 'embedded' : 'site',
    works,
    detail,
    reason: null,
    remedy: works ? null : detail,
  });
  const opened = await openLedgerBeside(configuration, file);
  if (!opened.ok) return row(false, opened.error.says.join('; '));
  try {
    const { reports } = await opened.value.ledger.status();
    return row(true, `answers; ${counted(reports, 'report')} in the ledger`);
  } finally {
    await opened.value.close();
  }
}

async function inferenceRow(configuration: Configuration): Promise<CheckRow> {
  const needed = configuration.rules.some((rule) => rule.method === 'cosegmentation');
  const { bundle, device } = configuration.segmentation;
  const row = (what: string, works: boolean, detail: string, remedy: string): CheckRow => ({
    part: 'model',
    what,
    works,
    detail,
    reason: null,
    remedy: works ? null : remedy,
  });
  if (!needed) {
    const probe = await probeInference({ device, deadlineMs: 20_000 });
    const detail = probe.kind === 'works' ? `${probe.version} on ${probe.provider}: ${probe.because}` : probe.because;
    return row('ONNX Runtime', true, `${detail}; no rule asks for it`, '');
  }
  const kernels = startKernelPool({ threads: 1 });
  try {
    const network = await openReadyNetwork(bundle, kernels, { device });
    if (!network.ok)
      return row(bundle, false, network.error, 'Install the bundle again, or set the rules to method: grabcut.');
    const { manifest, sha256 } = network.value.bundle;
    const { state } = network.value;
    await network.value.close();
    const on =
      state.kind === 'ready' ? `ONNX Runtime ${state.version} on ${state.provider}: ${state.because}` : state.kind;
    return row(
      bundle,
      true,
      `${manifest.name} ${manifest.version} (${sha256.slice(0, 12)}), ${manifest.use} use; ${on}`,
      '',
    );
  } finally {
    await kernels.close();
  }
}
