import { InvalidArgumentError, Option, type Command } from 'commander';
import { isReasonCode, OUTCOME_KINDS, type OutcomeKind, type ReasonCode } from '../domain/index.js';
import type { ExitCode } from './exit-codes.js';
import { listWritten } from './list-written.js';
import { pause } from './pause.js';
import { purge } from './purge.js';
import { replay } from './replay.js';
import type { Terminal } from './terminal.js';

/** Makes a command of this program, with its examples. */
export type MakeCommand = (name: string, says: string, examples: readonly string[]) => Command;

/** What an administrator does beside a running daemon: all of these speak to the ledger, none to an archive. */
export function addOperatorCommands(make: MakeCommand, terminal: Terminal, ends: (exit: ExitCode) => void): void {
  make(
    'pause',
    'Pauses sources or destinations, through restarts, until they are resumed; without names: how they stand.',
    [
      'caliper pause --config site.yaml',
      'caliper pause --config site.yaml main-pacs',
      'caliper pause --config site.yaml destination:main-pacs',
    ],
  )
    .requiredOption('--config <file>', 'configuration file')
    .argument('[names...]', 'NAME, source:NAME or destination:NAME')
    .option('--json', 'one object a role', false)
    .action(async (names: string[], options: { config: string; json: boolean }) => {
      ends(await pause(names.length === 0 ? 'shown' : 'paused', { ...options, names }, terminal));
    });
  make('resume', 'Resumes what was paused by caliper pause or by Caliper itself.', [
    'caliper resume --config site.yaml destination:main-pacs',
  ])
    .requiredOption('--config <file>', 'configuration file')
    .argument('<names...>', 'NAME, source:NAME or destination:NAME')
    .option('--json', 'one object a role', false)
    .action(async (names: string[], options: { config: string; json: boolean }) => {
      ends(await pause('resumed', { ...options, names }, terminal));
    });
  make('replay', 'Reports are worked again, at the budget; permits the store of what storeFrom kept back.', [
    'caliper replay --config site.yaml r-1042',
    'caliper replay --config site.yaml --outcome would-store --from 2026-01-31',
    'caliper replay --config site.yaml --reason image-gone --dry-run',
  ])
    .requiredOption('--config <file>', 'configuration file')
    .argument('[reports...]', 'r-12, o-7, or the UID of a report or of an object of ours')
    .addOption(new Option('--outcome <kind>', 'reports with such a measurement').choices([...OUTCOME_KINDS]))
    .addOption(
      new Option('--reason <code>', 'reports that stopped for it, or with such a measurement').argParser(reasonCode),
    )
    .option('--source <name>', 'reports seen in this source')
    .addOption(new Option('--from <date>', 'first seen on this day or later (2026-01-31, UTC)').argParser(day))
    .addOption(new Option('--to <date>', 'first seen before this day').argParser(day))
    .option('--dry-run', 'print which, change nothing', false)
    .option('--json', 'one object', false)
    .action(
      async (
        reports: string[],
        {
          outcome,
          reason,
          from,
          to,
          source,
          ...rest
        }: {
          config: string;
          outcome?: OutcomeKind;
          reason?: ReasonCode;
          from?: Date;
          to?: Date;
          source?: string;
          dryRun: boolean;
          json: boolean;
        },
      ) => {
        ends(await replay({ ...rest, reports, outcome, reason, from, to, source }, terminal));
      },
    );
  make('list', 'Every object of ours that lies in an archive, the latest first.', [
    'caliper list --written --config site.yaml',
    'caliper list --written --config site.yaml --limit 20 --json',
  ])
    .requiredOption('--config <file>', 'configuration file')
    .requiredOption('--written', 'objects that were stored')
    .addOption(new Option('--limit <n>', 'at most so many').argParser(wholeNumber))
    .option('--json', 'one object a line', false)
    .action(async ({ limit, ...options }: { config: string; limit?: number; json: boolean }) => {
      ends(await listWritten({ ...options, limit }, terminal));
    });
  make('purge', 'Forgets the history of ended work that is older than retention.events says, or than --older-than.', [
    'caliper purge --config site.yaml',
    'caliper purge --config site.yaml --older-than 90',
    'caliper purge --config site.yaml --everything --yes',
  ])
    .requiredOption('--config <file>', 'configuration file')
    .addOption(new Option('--older-than <days>', 'days').argParser(wholeNumber))
    .option(
      '--everything',
      'deletes the state folder with its database: the archive is enough to account for every report again',
      false,
    )
    .option('--yes', 'with --everything: do it, do not only say what would go', false)
    .action(
      async ({ olderThan, ...options }: { config: string; olderThan?: number; everything: boolean; yes: boolean }) => {
        ends(await purge({ ...options, olderThanDays: olderThan }, terminal));
      },
    );
}

function reasonCode(text: string): ReasonCode {
  if (!isReasonCode(text)) throw new InvalidArgumentError('there is no such reason; docs/errors.md lists them.');
  return text;
}

function day(text: string): Date {
  const date = new Date(`${text}T00:00:00Z`);
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text) || Number.isNaN(date.getTime()) || !date.toISOString().startsWith(text))
    throw new InvalidArgumentError('must be a date, such as 2026-01-31.');
  return date;
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('must be a whole number from 1.');
  return value;
}
