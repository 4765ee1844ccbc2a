import { availableParallelism } from 'node:os';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { SPLITS, type Split } from '../dataset/index.js';
import type { MethodName } from '../domain/index.js';
import { evaluatedMethod, isKernelMethod, KERNEL_METHODS, type EvaluatedMethod } from '../evaluation/index.js';
import { SHIPPED_BUNDLES } from './bundles.js';
import { checkRules } from './check-rule.js';
import { checkDifference, checkPrinted } from './check-settings.js';
import { check } from './check.js';
import { demo } from './demo.js';
import { evaluate } from './evaluate.js';
import { EXIT, EXIT_CODES_HELP, type ExitCode } from './exit-codes.js';
import { explainPolls } from './explain-polls.js';
import { explain } from './explain.js';
import { harvest, harvestDiff } from './harvest.js';
import { addKeepingCommands } from './keeping-commands.js';
import { once } from './once.js';
import { addOperatorCommands, wholeNumber } from './operator-commands.js';
import { parse } from './parse.js';
import { run } from './run.js';
import { seeds } from './seeds.js';
import { segment } from './segment.js';
import { softwareVersion } from './software-version.js';
import { processTerminal, type Terminal } from './terminal.js';
import { verify } from './verify.js';

const METHODS: readonly MethodName[] = ['cosegmentation', 'grabcut', 'grabcut-paper', 'superellipse', 'ellipse'];

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
    'caliper check --config site.yaml --print-config',
    'caliper check --config site.yaml --diff site.yaml.old',
    'caliper check --config site.yaml --rule --file report.dcm',
  ])
    .requiredOption('--config <file>', 'configuration file')
    .addOption(
      new Option('--print-config', 'only print what the file comes to: every setting, defaults marked, no secrets')
        .conflicts(['diff', 'rule'])
        .default(false),
    )
    .addOption(new Option('--diff <old>', 'only print what changes from another file').conflicts('rule'))
    .option('--rule', 'with --file: only print how a report fares against each rule, and why', false)
    .option('--file <report>', 'with --rule: a structured report')
    .option('--json', 'one object a row', false)
    .action(
      async (options: {
        config: string;
        printConfig: boolean;
        diff?: string;
        rule: boolean;
        file?: string;
        json: boolean;
      }) => {
        const { diff, file } = options;
        if (options.rule !== (file !== undefined)) {
          terminal.err('--rule and --file go together');
          exit = EXIT.usage;
        } else if (file !== undefined) exit = await checkRules({ ...options, file }, terminal);
        else if (options.printConfig) exit = await checkPrinted(options, terminal);
        else if (diff !== undefined) exit = await checkDifference({ ...options, diff }, terminal);
        else exit = await check(options, terminal);
      },
    );
  addOperatorCommands(command, terminal, (code) => (exit = code));
  addKeepingCommands(command, terminal, (code) => (exit = code));
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
  command(
    'verify',
    'What readers would make of segmentations, whoever wrote them: refused, empty, misplaced, and why.',
    ['caliper verify seg.dcm', 'caliper verify --sources ct/ seg1.dcm seg2.dcm', 'caliper verify --json seg.dcm'],
  )
    .argument('<files...>', 'segmentation objects')
    .option('--sources <dir>', 'folder of the images they were drawn on: compares geometry, references and identity')
    .option('--json', 'one object a file', false)
    .action(async (files: string[], options: { sources?: string; json: boolean }) => {
      exit = await verify({ files, sources: options.sources, form: options.json ? 'json' : 'table' }, terminal);
    });
  command(
    'explain',
    'How an object of Caliper came to be, from its file alone; of a report or a UID, what the ledger knows.',
    [
      'caliper explain seg.dcm',
      'caliper explain --json seg.dcm',
      'caliper explain r-12 --config site.yaml',
      'caliper explain --polls --config site.yaml --days 7',
    ],
  )
    .argument('[what]', 'a file; or r-12, o-7 or a UID, with --config')
    .option('--polls', 'with --config: what each archive was asked for, by the hour or day', false)
    .addOption(new Option('--days <n>', 'with --polls: in so many days').argParser(wholeNumber).default(1))
    .option('--config <file>', 'configuration file whose ledger is asked')
    .option('--json', 'one object; with --polls one for each archive, hour and kind', false)
    .action(
      async (what: string | undefined, options: { polls: boolean; days: number; config?: string; json: boolean }) => {
        const { config, days, json } = options;
        if (options.polls && what === undefined && config !== undefined)
          exit = await explainPolls({ config, days, json }, terminal);
        else if (!options.polls && what !== undefined) exit = await explain({ what, config, json }, terminal);
        else {
          terminal.err('explain takes a file, a number or a UID, or --polls with --config');
          exit = EXIT.usage;
        }
      },
    );
  command('segment', 'Segments every report below a folder on the images below it: no archive, no database.', [
    'caliper segment --input study/ --out out/',
    'caliper segment --input study/ --out out/ --method superellipse',
    'caliper segment --input study/ --out out/ --extent volume',
    'caliper segment --input caliper-demo/archive/phantom --out out --json',
  ])
    .requiredOption('--input <dir>', 'folder of reports and images')
    .requiredOption('--out <dir>', 'folder for SEG objects and pictures')
    .addOption(
      new Option('--method <name>', 'how lesions are segmented').choices([...METHODS]).default('cosegmentation'),
    )
    .option('--bundle <name>', 'the model that cosegmentation takes, below models/', 'default')
    .addOption(
      new Option('--device <name>', 'where the model runs; auto tries CUDA first')
        .choices(['auto', 'cuda', 'cpu'])
        .default('auto'),
    )
    .addOption(
      new Option('--extent <what>', 'the marked slice, or all slices that a lesion reaches from there')
        .choices(['slice', 'volume'])
        .default('slice'),
    )
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
        bundle: string;
        device: 'auto' | 'cuda' | 'cpu';
        extent: 'slice' | 'volume';
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
      'caliper evaluate --data lesions --split val --method superellipse,default',
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
      new Option(
        '--method <names>',
        `some of ${KERNEL_METHODS.join(', ')}, and bundles by their names, each with +crf if so`,
      )
        .argParser(evaluatedMethods)
        .default(KERNEL_METHODS, 'all but bundles'),
    )
    .option('--bundles <dir>', 'where bundles lie, a folder each', SHIPPED_BUNDLES)
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
        bundles: string;
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
  const harvesting = command('harvest', 'Mines archives for a de-identified data set of weak labels.', [
    'caliper harvest --config site.yaml --dry-run --from 2020-01-01 --to 2020-12-31',
    'caliper harvest --config site.yaml --out set-1 --from 2020-01-01 --to 2020-12-31',
    'caliper harvest --config site.yaml --out set-1 --from 2020-01-01 --to 2020-12-31 --resume',
    'caliper harvest --config site.yaml --out /shared/set-1 --together   # again in other processes, on other machines',
    'caliper harvest --config site.yaml --out for-deeplesion-loaders --as deeplesion',
    'caliper harvest diff set-1 set-2',
  ])
    .option('--config <file>', 'configuration file; its section harvest holds the rest')
    .option('--out <dir>', 'a new folder for the set')
    .option('--from <date>', 'first study date (2020-01-31)')
    .option('--to <date>', 'last study date')
    .option('--resume', 'go on with what was interrupted; repeats nothing', false)
    .option(
      '--together',
      'begin, join or take up a harvest of several processes that share the database (database.url) and the folder of the set',
      false,
    )
    .option('--dry-run', 'search only: what would be read; writes nothing', false)
    .addOption(new Option('--limit <n>', 'take so many reports, then end').argParser(positiveInteger))
    .addOption(
      new Option('--context <mm>', 'take slices within so many millimetres of a marked one too').argParser(
        notNegativeNumber,
      ),
    )
    .addOption(
      new Option('--as <form>', "the set's form: caliper-lesions/1, or as DeepLesion is distributed")
        .choices(['caliper-lesions', 'deeplesion'])
        .default('caliper-lesions'),
    )
    .option('--dicom', 'slices and measurements as de-identified DICOM too, in dicom/ of the set', false)
    .option('--reviewed', "only measurements for which a person chose a contour, with it as the expert's mask", false)
    .addOption(threadsOption())
    .option('--json', 'the funnel as one object', false)
    .action(
      async (options: {
        config?: string;
        out?: string;
        from?: string;
        to?: string;
        resume: boolean;
        together: boolean;
        dryRun: boolean;
        limit?: number;
        context?: number;
        as: 'caliper-lesions' | 'deeplesion';
        dicom: boolean;
        reviewed: boolean;
        threads: number;
        json: boolean;
      }) => {
        const { config, out, from, to, limit, context, ...rest } = options;
        exit = await harvest({ ...rest, config, out, from, to, limit, context }, terminal);
      },
    );
  harvesting
    .command('diff')
    .description('What came, went or changed between two versions of a set.')
    .argument('<old>', 'folder of the older set')
    .argument('<new>', 'folder of the newer set')
    .option('--json', 'one object', false)
    .exitOverride()
    .action(async (before: string, after: string, _options: unknown, diff: Command) => {
      // `harvest` knows --json too and takes it first
      exit = await harvestDiff(before, after, { json: diff.optsWithGlobals<{ json: boolean }>().json }, terminal);
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

/** Kernels in the order of the table, then bundles as they were typed. Whether a bundle is there is seen when it is opened. */
function evaluatedMethods(text: string): readonly EvaluatedMethod[] {
  const names = text.split(',').map((name) => name.trim());
  const impossible = names.filter((name) => !/^[A-Za-z0-9][\w.-]*(\+crf)?$/.test(name));
  if (impossible.length > 0) throw new InvalidArgumentError(`${impossible.join(', ')} cannot be the name of a method.`);
  const methods = new Set(names.map(evaluatedMethod));
  return [...KERNEL_METHODS.filter((method) => methods.has(method)), ...[...methods].filter((m) => !isKernelMethod(m))];
}

function positiveNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value <= 0)
    throw new InvalidArgumentError('must be a number above 0.');
  return value;
}

function notNegativeNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0)
    throw new InvalidArgumentError('must be a number from 0.');
  return value;
}

function positiveInteger(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('must be a whole number from 1.');
  return value;
}

process.exitCode = await main(process.argv.slice(2), processTerminal);
