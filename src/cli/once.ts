import type { OutcomeKind, ReasonCode } from '../domain/index.js';
import { reportName, type Ledger, type MeasurementRow, type ReportNumber, type ReportStory } from '../ledger/index.js';
import { sweepAll, workUntilIdle } from '../pipeline/index.js';
import { loadConfiguration, openConfiguredWorld } from './configured-world.js';
import { counted } from './counted.js';
import { PARALLEL_RUNS } from './daemon-process.js';
import { openLog } from './event-log.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import { reasonSentence } from './reason-sentence.js';
import { ended } from './run.js';
import type { Terminal } from './terminal.js';
import { textTable } from './text-table.js';
import { untilSignal } from './until-signal.js';

/** `caliper once`: one sweep over every source, then work until idle. */
export async function once(
  options: { readonly config: string; readonly json: boolean },
  terminal: Terminal,
): Promise<ExitCode> {
  const configuration = await loadConfiguration(options.config);
  if (!configuration.ok) return ended(configuration.error, terminal);
  const log = openLog(process.stderr.isTTY ? 'terminal' : 'json');
  const opened = await openConfiguredWorld(configuration.value, options.config, log, 'daemon');
  if (!opened.ok) {
    await log.close();
    return ended(opened.error, terminal);
  }
  const { world, plans, owner } = opened.value;
  let interrupted: ExitCode | undefined;
  void untilSignal().then(({ exit }) => (interrupted = exit));
  try {
    const started = new Date();
    const swept = await sweepAll(plans, world);
    await workUntilIdle(owner, PARALLEL_RUNS, world, { sleep, stopped: () => interrupted !== undefined });
    const stories = await changedSince(started, swept.newReports, world.ledger);
    for (const story of stories) printStory(story, options.json, terminal);
    const failures = stories.filter(hasFailed).length;
    for (const source of swept.failedSources) terminal.err(`${source} could not be searched: see the log`);
    terminal.err(`${counted(stories.length, 'report')}, ${failures} with failures or unfinished`);
    if (stories.length === 0 && swept.failedSources.length === 0)
      for (const { source, layers } of plans)
        terminal.err(
          `${source}: nothing new in studies of the last ${Math.max(...layers.map((l) => l.days))} days (sources[].watch.studyDates)`,
        );
    return interrupted ?? (failures > 0 || swept.failedSources.length > 0 ? EXIT.someFailed : EXIT.done);
  } finally {
    await opened.value.close();
    await log.close();
  }
}

const sleep = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

/** Reports that this call saw for the first time or moved on. */
async function changedSince(
  started: Date,
  found: readonly ReportNumber[],
  ledger: Ledger,
): Promise<readonly ReportStory[]> {
  const numbers = new Set(found);
  for (const line of await ledger.recentReports({ limit: 10_000 }))
    if (line.changed >= started) numbers.add(line.number);
  const stories: ReportStory[] = [];
  for (const number of [...numbers].sort((a, b) => a - b)) {
    const story = await ledger.reportByNumber(number);
    if (story) stories.push(story);
  }
  return stories;
}

const hasFailed = (story: ReportStory): boolean => {
  const run = story.runs[0];
  return (
    run === undefined ||
    !['done', 'refused', 'held'].includes(run.state) ||
    run.measurements.some((m) => m.outcome === 'failed')
  );
};

function printStory(story: ReportStory, json: boolean, terminal: Terminal): void {
  const run = story.runs[0];
  const name = reportName(story.report.number);
  if (json) {
    terminal.out(
      JSON.stringify({
        report: name,
        state: run?.state ?? 'seen',
        reason: run?.reason ?? null,
        next: run?.state === 'waiting' ? run.due.toISOString() : null,
        measurements: (run?.measurements ?? []).map(measurementJson),
      }),
    );
    return;
  }
  terminal.out(`${name}  ${run?.state ?? 'seen'}${run?.reason ? `: ${run.reason}` : ''}`);
  if (run?.reason) terminal.out(`  ${reasonSentence(run.reason)}`);
  if (run && run.measurements.length > 0)
    terminal.out(
      textTable(
        ['  measurement', 'outcome', 'agreement', 'method', 'object', 'segment'],
        run.measurements.map((m, i) => [
          `  ${i + 1}`,
          outcomeText(m.outcome, m.reason),
          m.agreement?.toFixed(2) ?? '',
          m.method ?? '',
          m.object === undefined ? '' : `o-${m.object}`,
          m.segmentNumber === undefined ? '' : String(m.segmentNumber),
        ]),
      ),
    );
}

const measurementJson = (m: MeasurementRow) => ({
  outcome: m.outcome ?? 'pending',
  reason: m.reason ?? null,
  agreement: m.agreement ?? null,
  method: m.method ?? null,
  findings: m.findings.map((f) => f.code),
  object: m.object === undefined ? null : `o-${m.object}`,
  segmentNumber: m.segmentNumber ?? null,
});

const outcomeText = (outcome: OutcomeKind | undefined, reason: ReasonCode | undefined): string =>
  `${outcome ?? 'pending'}${reason ? `: ${reason}` : ''}`;
