import { InvalidArgumentError, Option, type Command } from 'commander';
import { isReasonCode, OUTCOME_KINDS, type OutcomeKind, type ReasonCode } from '../domain/index.js';
import type { ExitCode } from './exit-codes.js';
import { auditVerify } from './audit.js';
import { letter } from './letter.js';
import { listWritten } from './list-written.js';
import { password } from './password.js';
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
    'caliper replay --config site.yaml --from 2026-01-01 --bundle paper --reject-old',
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
    .addOption(
      new Option('--method <name>', 'by this method, in place of that of the rules').choices([
        'grabcut',
        'cosegmentation',
      ]),
    )
    .option('--bundle <name>', 'by the network of this bundle')
    .option('--keep', 'with --method or --bundle: the contours that are there stay beside the new ones (the default)')
    .addOption(
      new Option(
        '--reject-old',
        'with --method or --bundle: a note rejects them once the new ones are stored, where a destination allows it',
      ).conflicts('keep'),
    )
    .option('--dry-run', 'print which, change nothing', false)
    .option('--json', 'one object', false)
    .action(
      async (
        reports: string[],
        {
          method,
          bundle,
          keep,
          rejectOld,
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
          method?: 'grabcut' | 'cosegmentation';
          bundle?: string;
          keep?: boolean;
          rejectOld?: boolean;
          dryRun: boolean;
          json: boolean;
        },
      ) => {
        const earlier = rejectOld === true ? 'reject' : keep === true ? 'keep' : undefined;
        ends(await replay({ ...rest, reports, outcome, reason, from, to, source, method, bundle, earlier }, terminal));
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
  const audit = make('audit', 'The audit trail: who saw and did what.', [
    'caliper audit verify --config site.yaml',
    'caliper audit verify --file caliper-audit.jsonl --head 5be3...',
  ]);
  audit
    .command('verify')
    .description('Whether every line of the trail is as it was written, in its order, with none missing between.')
    .option('--config <file>', 'configuration file whose trail it is')
    .option('--file <trail>', 'the trail itself')
    .option('--head <hash>', 'a head that was noted before: it must occur')
    .option('--json', 'one object', false)
    .exitOverride()
    .action(async ({ config, file, head, json }: { config?: string; file?: string; head?: string; json: boolean }) => {
      ends(await auditVerify({ config, file, head, json }, terminal));
    });
  make(
    'letter',
    'One page for those who run the archive: what a week has cost, shown and would have stored, with twelve pictures.',
    ['caliper letter --config site.yaml --out letter.html'],
  )
    .requiredOption('--config <file>', 'configuration file')
    .requiredOption('--out <file>', 'the page (HTML, nothing else is needed to read or print it)')
    .addOption(new Option('--days <n>', 'of so many days').argParser(wholeNumber).default(7))
    .action(async (options: { config: string; out: string; days: number }) => {
      ends(await letter(options, terminal));
    });
  make('password', 'Makes of a password on standard input the line that page.users[].password refers to.', [
    'caliper password < typed > /etc/caliper/ada.password',
  ]).action(async () => {
    ends(await password(terminal));
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

export function day(text: string): Date {
  const date = new Date(`${text}T00:00:00Z`);
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text) || Number.isNaN(date.getTime()) || !date.toISOString().startsWith(text))
    throw new InvalidArgumentError('must be a date, such as 2026-01-31.');
  return date;
}

export function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('must be a whole number from 1.');
  return value;
}
