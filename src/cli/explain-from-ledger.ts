import { objectName, reportName, type ReportStory } from '../ledger/index.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import { openGuestLedger } from './guest-ledger.js';
import { reportNamed } from './report-named.js';
import { reasonSentence } from './reason-sentence.js';
import { ended } from './run.js';
import type { Terminal } from './terminal.js';
import { textTable } from './text-table.js';

/** What the ledger knows of a report: by its number, by an object's number, or by the UID of either. */
export async function explainFromLedger(
  what: string,
  config: string,
  json: boolean,
  terminal: Terminal,
): Promise<ExitCode> {
  const opened = await openGuestLedger(config);
  if (!opened.ok) return ended(opened.error, terminal);
  const { ledger } = opened.value;
  try {
    const number = await reportNamed(what, ledger);
    const story = number === undefined ? undefined : await ledger.reportByNumber(number);
    if (!story) {
      terminal.err(`${what}: the ledger knows no such report or object`);
      return EXIT.usage;
    }
    if (json) terminal.out(JSON.stringify({ name: reportName(story.report.number), ...story }));
    else for (const line of storyLines(story)) terminal.out(line);
    return EXIT.done;
  } finally {
    await opened.value.close();
  }
}

function storyLines({ report, sightings, runs, reviews }: ReportStory): readonly string[] {
  const name = reportName(report.number);
  return [
    `${name}  seen in ${sightings.map(({ source }) => source).join(', ') || 'no source'}`,
    ...runs.flatMap((run) => [
      `  run ${run.id}  ${run.state}${run.reason === undefined ? '' : `: ${run.reason}`}  (${run.cause}, opened ${run.opened.toISOString()})`,
      ...(run.reason === undefined ? [] : [`    ${reasonSentence(run.reason)}`]),
      ...table(
        ['measurement', 'outcome', 'rule', 'method', 'agreement', 'object', 'segment', 'findings'],
        run.measurements.map((m) => [
          m.key,
          [m.outcome ?? 'pending', m.reason].filter(Boolean).join(': '),
          m.rule ?? '',
          m.method ?? '',
          m.agreement?.toFixed(3) ?? '',
          m.object === undefined ? (m.seg ?? '') : objectName(m.object),
          m.segmentNumber === undefined ? '' : String(m.segmentNumber),
          m.findings.map(({ code }) => code).join(' '),
        ]),
      ),
      ...table(
        ['object', 'kind', 'destination', 'state', 'reason', 'changed'],
        run.objects.flatMap((object) =>
          object.deliveries.map((delivery) => [
            objectName(object.number),
            object.kind,
            delivery.destination,
            delivery.state,
            delivery.reason ?? '',
            delivery.changed.toISOString(),
          ]),
        ),
      ),
      ...table(
        ['when', 'what', 'from', 'to', 'reason', 'by'],
        run.events.map((event) => [
          event.at.toISOString(),
          event.what === 'run'
            ? 'run'
            : `${event.object === undefined ? '' : objectName(event.object)} ${event.destination ?? ''}`,
          event.from ?? '',
          event.to,
          event.reason ?? '',
          event.by ?? '',
        ]),
      ),
    ]),
    ...(reviews.length === 0 ? [] : [`  reviewed ${reviews.length} times`]),
  ];
}

const table = (head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] =>
  rows.length === 0
    ? []
    : textTable(head, rows)
        .split('\n')
        .map((line) => `    ${line}`);
