import { availableParallelism } from 'node:os';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { SPLITS, type Split } from '../dataset/index.js';
import type { MethodName } from '../domain/index.js';
import { EVALUATED_METHODS, isEvaluatedMethod, type EvaluatedMethod } from '../evaluation/index.js';
import { check } from './check.js';
import { demo } from './demo.js';
import { evaluate } from './evaluate.js';
import { EXIT, EXIT_CODES_HELP, type ExitCode } from './exit-codes.js';
import { once } from './once.js';
import { addOperatorCommands } from './operator-commands.js';
import { parse } from './parse.js';
import { run } from './run.js';
import { seeds } from './seeds.js';
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

  addOperatorCommands(command, terminal, (code) => (exit = code));
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
    'caliper parse --explain report.dcm',
    'caliper parse --json caliper-demo/archive/phantom/report.dcm',
  ])
    .argument('<files...>', 'reports and images, mixed')
    .addOption(new Option('--json', 'one object a file').conflicts('explain').default(false))
    .option('--explain', 'the content tree: what was recognised, by which rule, what was skipped and why', false)
    .action(async (files: string[], options: { json: boolean; explain: boolean }) => {
      exit = await parse({ files, form: options.json ? 'json' : options.explain ? 'explain' : 'table' }, terminal);
    });
  command('segment', 'Segments every report below a folder on the images below it: no archive, no database.', [
    'caliper segment --input study/ --out out/',
    'caliper segment --input study/ --out out/ --method superellipse',
    'caliper segment --input caliper-demo/archive/phantom --out out --json',
  ])
    .requiredOption('--input <dir>', 'folder of reports and images')
    .requiredOption('--out <dir>', 'folder for SEG objects and pictures')
    .addOption(new Option('--method <name>', 'how lesions are segmented').choices([...METHODS]).default('grabcut'))
    .addOption(threadsOption())
    .option('--gsps', 'lines drawn in presentation states are measurements', false)
    .option('--json', 'one object a measurement', false)
    .action(
      async ({
        gsps,
        ...options
      }: {
        input: string;
        out: string;
        method: MethodName;
        threads: number;
        gsps: boolean;
        json: boolean;
      }) => {
        exit = await segment({ ...options, carriers: gsps ? ['gsps'] : [] }, terminal);
      },
    );
  command(
    'evaluate',
    'Methods against the expert masks of a data set (caliper-lesions/1): a table by method and source.',
    [
      'caliper evaluate --data lesions --split val',
      'caliper evaluate --data lesions --split val --scale-marks 0.85 --method superellipse,grabcut',
      'caliper evaluate --data lesions --source lidc --rows key --json',
      'caliper evaluate --data lesions --split val --html report --csv lesions.csv',
    ],
  )
    .requiredOption('--data <dir>', 'folder of the data set')
    .addOption(new Option('--split <name>', 'rows of which patients').choices([...SPLITS, 'all']).default('all'))
    .option('--source <name>', 'rows of one source only')
    .addOption(
      new Option('--rows <which>', 'all rows, or the slice with the longest diameter of each lesion')
        .choices(['all', 'key'])
        .default('all'),
    )
    .addOption(
      new Option('--marks <whose>', "the reader's marks, or the axes of the expert mask")
        .choices(['observer', 'exact'])
        .default('observer'),
    )
    .addOption(
      new Option('--scale-marks <factor>', 'scales both marks about their centre: readers mark short')
        .argParser(positiveNumber)
        .default(1),
    )
    .addOption(
      new Option('--method <names>', `some of ${EVALUATED_METHODS.join(', ')}`)
        .argParser(evaluatedMethods)
        .default(EVALUATED_METHODS, 'all'),
    )
    .addOption(threadsOption())
    .option('--json', 'the table as one object', false)
    .option('--html <dir>', 'a page with best, median and worst cases, and the scores of each lesion beside it')
    .option('--csv <file>', 'the scores of each lesion')
    .action(
      async (options: {
        data: string;
        split: Split | 'all';
        source?: string;
        rows: 'all' | 'key';
        marks: 'observer' | 'exact';
        scaleMarks: number;
        method: readonly EvaluatedMethod[];
        threads: number;
        json: boolean;
        html?: string;
        csv?: string;
      }) => {
        const { method: methods, source, html, csv, ...rest } = options;
        exit = await evaluate({ ...rest, methods, source, html, csv }, terminal);
      },
    );
  command('seeds', 'Seed masks for every row of a data set: what training learns from.', [
    'caliper seeds --data lesions --out lesions-seeds',
    'caliper seeds --data DeepLesion --out deeplesion-seeds',
  ])
    .requiredOption('--data <dir>', 'folder of a data set (caliper-lesions/1, or DeepLesion as distributed)')
    .requiredOption('--out <dir>', 'a new folder: the same rows with seeds, in the format caliper-lesions/1')
    .addOption(threadsOption())
    .action(async (options: { data: string; out: string; threads: number }) => {
      exit = await seeds(options, terminal);
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

const threadsOption = (): Option =>
  new Option('--threads <n>', 'kernel threads')
    .argParser(positiveInteger)
    .default(Math.max(1, availableParallelism() - 1));

function evaluatedMethods(text: string): readonly EvaluatedMethod[] {
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.filter((name) => !isEvaluatedMethod(name));
  if (unknown.length > 0)
    throw new InvalidArgumentError(
      `there is no method ${unknown.join(', ')}; there are ${EVALUATED_METHODS.join(', ')}.`,
    );
  return EVALUATED_METHODS.filter((method) => names.includes(method));
}

function positiveNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value <= 0)
    throw new InvalidArgumentError('must be a number above 0.');
  return value;
}

function positiveInteger(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('must be a whole number from 1.');
  return value;
}

process.exitCode = await main(process.argv.slice(2), processTerminal);
