import { availableParallelism } from 'node:os';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import type { MethodName } from '../domain/index.js';
import { check } from './check.js';
import { demo } from './demo.js';
import { EXIT, EXIT_CODES_HELP, type ExitCode } from './exit-codes.js';
import { once } from './once.js';
import { parse } from './parse.js';
import { run } from './run.js';
import { segment } from './segment.js';
import { softwareVersion } from './software-version.js';
import { processTerminal, type Terminal } from './terminal.js';

const METHODS: readonly MethodName[] = ['grabcut', 'grabcut-paper', 'superellipse', 'ellipse'];

/** The command line: what was typed becomes options, a command runs, its exit code is the process's. */
async function main(argv: readonly string[], terminal: Terminal): Promise<ExitCode> {
  let exit: ExitCode = EXIT.done;
  const program = new Command('caliper')
    .description(
      'Watches PACS archives for RECIST marks, segments each lesion and stores DICOM SEG back, read back and verified.',
    )
    .version(softwareVersion())
    .exitOverride()
    .showHelpAfterError('(see caliper --help)')
    .addHelpText('after', EXIT_CODES_HELP);
  const command = (name: string, says: string, examples: readonly string[]) =>
    program
      .command(name)
      .description(says)
      .exitOverride()
      .addHelpText('after', `\nExamples:\n${examples.map((e) => `  $ ${e}`).join('\n')}\n${EXIT_CODES_HELP}`);

  command('run', 'The daemon: watches, segments and stores until it is stopped.', ['caliper run --config site.yaml'])
    .requiredOption('--config <file>', 'configuration file')
    .action(async (options: { config: string }) => {
      exit = await run(options, terminal);
    });
  command('once', 'One sweep over every source, work until idle, then end.', [
    'caliper once --config site.yaml',
    'caliper once --config site.yaml --json',
  ])
    .requiredOption('--config <file>', 'configuration file')
    .option('--json', 'one object a report', false)
    .action(async (options: { config: string; json: boolean }) => {
      exit = await once(options, terminal);
    });
  command('check', 'Validates a configuration and probes everything that it names; leaves nothing behind.', [
    'caliper check --config site.yaml',
    'caliper check --config site.yaml --json',
  ])
    .requiredOption('--config <file>', 'configuration file')
    .option('--json', 'one object a row', false)
    .action(async (options: { config: string; json: boolean }) => {
      exit = await check(options, terminal);
    });
  command('parse', 'What the report reader makes of files; images among them give the lengths.', [
    'caliper parse report.dcm',
    'caliper parse --json report.dcm ct/*.dcm',
    'caliper parse --json caliper-demo/archive/phantom/report.dcm',
  ])
    .argument('<files...>', 'reports and images, mixed')
    .option('--json', 'one object a file', false)
    .action(async (files: string[], options: { json: boolean }) => {
      exit = await parse({ files, json: options.json }, terminal);
    });
  command('segment', 'Segments every report below a folder on the images below it: no archive, no database.', [
    'caliper segment --input study/ --out out/',
    'caliper segment --input study/ --out out/ --method superellipse',
    'caliper segment --input caliper-demo/archive/phantom --out out --json',
  ])
    .requiredOption('--input <dir>', 'folder of reports and images')
    .requiredOption('--out <dir>', 'folder for SEG objects and pictures')
    .addOption(new Option('--method <name>', 'how lesions are segmented').choices([...METHODS]).default('grabcut'))
    .addOption(
      new Option('--threads <n>', 'kernel threads')
        .argParser(positiveInteger)
        .default(Math.max(1, availableParallelism() - 1)),
    )
    .option('--json', 'one object a measurement', false)
    .action(async (options: { input: string; out: string; method: MethodName; threads: number; json: boolean }) => {
      exit = await segment(options, terminal);
    });
  command('demo', 'The whole product on a made-up study, on this machine only.', [
    'caliper demo',
    'caliper demo --once',
    'caliper demo --data /tmp/caliper-demo --port 8090',
  ])
    .option('--once', 'work until idle, print each lesion, end', false)
    .option('--data <dir>', 'folder for the archive and the ledger', 'caliper-demo')
    .addOption(
      new Option('--port <n>', 'port of the page (default: 8080 or the next free one)').argParser(positiveInteger),
    )
    .option('--json', 'with --once: one object a lesion', false)
    .action(async (options: { once: boolean; data: string; port?: number; json: boolean }) => {
      exit = await demo({ ...options, port: options.port }, terminal);
    });

  try {
    await program.parseAsync(argv, { from: 'user' });
    return exit;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
    if (code === 'ENOSPC' || code === 'EDQUOT') {
      terminal.err('the disk is full: nothing half-written was left; free space and run it again');
      return EXIT.someFailed;
    }
    if (error instanceof Error && 'path' in error && code !== undefined && isFileError(code)) {
      terminal.err(`${String(error.path)}: ${FILE_ERRORS[code]}`);
      return EXIT.usage;
    }
    throw error;
  }
}

const FILE_ERRORS = {
  ENOENT: 'there is no such file or folder',
  EACCES: 'may not be opened by this user',
  ENOTDIR: 'is not a folder',
  EISDIR: 'is a folder',
  EROFS: 'lies on a file system that is read-only',
} as const;

const isFileError = (code: string): code is keyof typeof FILE_ERRORS => Object.hasOwn(FILE_ERRORS, code);

function positiveInteger(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('must be a whole number from 1.');
  return value;
}

process.exitCode = await main(process.argv.slice(2), processTerminal);
