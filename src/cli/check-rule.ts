import { readFile } from 'node:fs/promises';
import { rulesOf } from '../configuration/index.js';
import { readPart10 } from '../dicom/index.js';
import { chooseRule, REASONS, type Measurement, type ReasonCode, type Rule } from '../domain/index.js';
import { readReport } from '../sr-parser/index.js';
import { loadConfiguration } from './configured-world.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import { reasonSentence } from './reason-sentence.js';
import { ended } from './run.js';
import type { Terminal } from './terminal.js';
import { textTable } from './text-table.js';

interface RuleLine {
  readonly measurement: number;
  readonly identifier: string | null;
  readonly finding: string | null;
  readonly findingSite: string | null;
  /** Undefined where the measurement carries no line that could be segmented. */
  readonly rule: string | null;
  readonly because: readonly string[];
  readonly method: string | null;
  readonly destinations: readonly string[];
}

/** `caliper check --rule --file sr.dcm`: how each measurement of a real report fares against each rule, and why. Nothing but the file is asked. */
export async function checkRules(
  options: { readonly config: string; readonly file: string; readonly json: boolean },
  terminal: Terminal,
): Promise<ExitCode> {
  const configuration = await loadConfiguration(options.config);
  if (!configuration.ok) return ended(configuration.error, terminal);
  const rules = rulesOf(configuration.value);
  const file = readPart10(await readFile(options.file));
  if (!file.ok) return refused(options.file, file.error.code, terminal);
  const carriers = [...new Set(configuration.value.sources.flatMap((source) => source.carriers))];
  const report = readReport(file.value.dataSet, carriers);
  if (report.measurements.length === 0)
    return refused(options.file, report.skipped[0]?.reason ?? 'no-measurements', terminal);
  const lines = report.measurements.map((measurement, i) => lineOf(measurement, i, rules));
  if (options.json) for (const line of lines) terminal.out(JSON.stringify(line));
  else
    terminal.out(
      textTable(
        ['measurement', 'identifier', 'finding', 'site', 'rule', 'because', 'method', 'goes to'],
        lines.map((line) => [
          String(line.measurement),
          line.identifier ?? '',
          line.finding ?? '',
          line.findingSite ?? '',
          line.rule ?? 'none',
          line.because.join('; '),
          line.method ?? '',
          line.destinations.join(', '),
        ]),
      ),
    );
  for (const { reason, where } of report.skipped)
    terminal.err(`skipped ${where || 'file'}: ${reason}: ${REASONS[reason].says}`);
  return EXIT.done;
}

function refused(file: string, reason: ReasonCode, terminal: Terminal): ExitCode {
  terminal.err(`${file}: ${reason}: ${reasonSentence(reason)}`);
  return EXIT.someFailed;
}

function lineOf(measurement: Measurement, index: number, rules: readonly Rule[]): RuleLine {
  const chosen = chooseRule(measurement, rules);
  const drawn = measurement.longAxis?.points !== undefined || measurement.shortAxis?.points !== undefined;
  const rule = drawn && chosen.kind === 'chosen' ? chosen.rule : undefined;
  const tried = chosen.tried.map(({ rule: name, missed }) =>
    missed.length === 0
      ? `${name} fits${wantedOf(name, rules)}`
      : `${name} asks for another ${missed.map((key) => (key === 'finding' ? 'finding' : 'site')).join(' and ')}`,
  );
  return {
    measurement: index + 1,
    identifier: measurement.trackingIdentifier ?? null,
    finding: measurement.finding?.meaning ?? null,
    findingSite: measurement.findingSite?.meaning ?? null,
    rule: rule?.name ?? null,
    because: drawn ? tried : ['no-marks: it has numbers but no lines on an image'],
    method: rule?.method ?? null,
    destinations: rule?.storeTo ?? [],
  };
}

/** A rule that asks for nothing fits everything: that is worth a word. */
function wantedOf(name: string, rules: readonly Rule[]): string {
  const match = rules.find((rule) => rule.name === name)?.match ?? {};
  return match.finding || match.findingSite ? '' : ' everything';
}
