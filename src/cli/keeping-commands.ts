import { InvalidArgumentError, Option } from 'commander';
import { backup } from './backup.js';
import type { ExitCode } from './exit-codes.js';
import { day, type MakeCommand } from './operator-commands.js';
import { recall } from './recall.js';
import type { BundleName } from './recalled-objects.js';
import { restore } from './restore.js';
import type { Terminal } from './terminal.js';

/** What keeps a ledger safe, and what takes back what a model wrote. */
export function addKeepingCommands(make: MakeCommand, terminal: Terminal, ends: (exit: ExitCode) => void): void {
  make('backup', 'Writes the ledger (reports, outcomes, reviews, history) to a file, beside a running daemon.', [
    'caliper backup --config site.yaml ledger-2026-01-31.gz',
  ])
    .requiredOption('--config <file>', 'configuration file')
    .argument('<file>', 'a new file; it holds UIDs, and only you may read it')
    .action(async (file: string, options: { config: string }) => ends(await backup({ ...options, file }, terminal)));
  make('restore', 'Puts a backup into an empty ledger, while no daemon works on it.', [
    'caliper restore --config site.yaml ledger-2026-01-31.gz',
  ])
    .requiredOption('--config <file>', 'configuration file')
    .argument('<file>', 'what caliper backup wrote')
    .action(async (file: string, options: { config: string }) => ends(await restore({ ...options, file }, terminal)));
  make('recall', 'Finds every object that a model wrote, and rejects each by a key object note; deletes nothing.', [
    'caliper recall --config site.yaml --bundle default@3f2a9c01 --dry-run',
    'caliper recall --config site.yaml --bundle default@3f2a9c01 --since 2026-01-31',
    'caliper recall --config site.yaml --bundle default@3f2a9c01 --ask archives',
  ])
    .requiredOption('--config <file>', 'configuration file')
    .addOption(
      new Option('--bundle <name@hash>', 'the model, as caliper explain names it; 8 digits of its hash suffice')
        .argParser(bundleName)
        .makeOptionMandatory(),
    )
    .addOption(new Option('--since <date>', 'objects written on this day or later (2026-01-31, UTC)').argParser(day))
    .addOption(
      new Option('--ask <whom>', 'where objects are known from; archives: a search through their whole calendar')
        .choices(['ledger', 'archives'])
        .default('ledger'),
    )
    .option('--dry-run', 'print which, change nothing', false)
    .option('--json', 'one object a line', false)
    .action(
      async ({
        since,
        ...options
      }: {
        config: string;
        bundle: BundleName;
        since?: Date;
        ask: 'ledger' | 'archives';
        dryRun: boolean;
        json: boolean;
      }) => {
        ends(await recall({ ...options, since }, terminal));
      },
    );
}

function bundleName(text: string): BundleName {
  const [, name, sha256] = /^([^@]+)@([0-9a-f]{8,64})$/.exec(text) ?? [];
  if (name === undefined || sha256 === undefined)
    throw new InvalidArgumentError('must be NAME@HASH with at least 8 hexadecimal digits.');
  return { name, sha256 };
}
