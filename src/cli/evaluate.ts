import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadBundle, startKernelPool, type Cosegmentation, type KernelPool } from '../compute/index.js';
import type { LesionRow, LesionSet, RowProblemCode, Split } from '../dataset/index.js';
import { REASONS, type ReasonCode } from '../domain/index.js';
import {
  askedOf,
  chooseCases,
  drawCases,
  evaluate as evaluateRows,
  htmlReport,
  KERNEL_METHODS,
  lesionCsv,
  marksOfRow,
  tableOf,
  type EvaluatedMethod,
  type Evaluation,
  type EvaluationPlan,
  type Statistic,
  type TableRow,
  type Workers,
} from '../evaluation/index.js';
import { readyNetwork } from './bundles.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import { openLesionSet, setName, tellLeftOut } from './lesion-set.js';
import { startProgress } from './progress.js';
import type { Terminal } from './terminal.js';
import { textTable } from './text-table.js';

export interface EvaluateOptions {
  readonly data: string;
  readonly split: Split | 'all';
  readonly source: string | undefined;
  readonly rows: 'all' | 'key';
  readonly marks: 'observer' | 'exact';
  readonly scaleMarks: number;
  readonly methods: readonly EvaluatedMethod[];
  /** Folder of the bundles that methods name. */
  readonly bundles: string;
  readonly threads: number;
  readonly json: boolean;
  readonly html: string | undefined;
  readonly csv: string | undefined;
}

/** Cases of each rank that the HTML shows of a method and source. */
const CASES = 3;

/** `caliper evaluate`: methods against the expert masks of a data set. */
export async function evaluate(options: EvaluateOptions, terminal: Terminal): Promise<ExitCode> {
  const kernels = startKernelPool({ threads: options.threads });
  const networks = new Map<string, Cosegmentation>();
  try {
    const problem = await openBundles(options, kernels, networks, terminal);
    return problem ?? (await evaluateWith({ kernels, networks }, options, terminal));
  } finally {
    for (const network of networks.values()) await network.close();
    await kernels.close();
  }
}

/** Opens every bundle that a method names; the exit code, and said why, where one cannot be used. */
async function openBundles(
  { methods, bundles }: EvaluateOptions,
  kernels: KernelPool,
  networks: Map<string, Cosegmentation>,
  terminal: Terminal,
): Promise<ExitCode | undefined> {
  for (const asked of methods.map(askedOf)) {
    if (asked.of === 'kernels' || networks.has(asked.name)) continue;
    const bundle = await loadBundle(join(bundles, asked.name));
    if (!bundle.ok) {
      const { code, folder, file, says } = bundle.error;
      terminal.err(
        code === 'missing' && file === 'manifest.json'
          ? `there is no method ${asked.name}; there are ${KERNEL_METHODS.join(', ')}, and the bundles in ${bundles}`
          : `${join(folder, file)} ${says}`,
      );
      return code === 'missing' ? EXIT.usage : EXIT.cannotStart;
    }
    // a table is made on the CPU, so that it can be made again anywhere
    const network = await readyNetwork(bundle.value, kernels, { device: 'cpu' });
    if (!network.ok) {
      terminal.err(network.error);
      return EXIT.cannotStart;
    }
    networks.set(asked.name, network.value);
  }
  return undefined;
}

async function evaluateWith(workers: Workers, options: EvaluateOptions, terminal: Terminal): Promise<ExitCode> {
  const set = await openLesionSet(options.data, terminal);
  if (!set) return EXIT.usage;
  const rows = rowsToScore(set, options, terminal);
  if (!rows) return EXIT.usage;
  const plan: EvaluationPlan = { ...options, set, rows };
  const sources = sourcesOf(set, rows);
  // a lane more than threads, so that a picture is read while the kernels work
  const lanes = options.threads + 1;
  const progress = startProgress(rows.length, 'rows', terminal, () => performance.now());
  const evaluation = await evaluateRows(plan, workers, lanes, () => progress.step());
  progress.end();
  tell(evaluation, terminal);

  const table = tableOf(evaluation.scores, plan.methods, sources);
  if (table.length === 0) {
    terminal.err('no row could be scored');
    return EXIT.someFailed;
  }
  const facts = factsOf(set, sources, evaluation, workers, options);
  if (options.json) terminal.out(JSON.stringify({ rows: table, facts }));
  else terminal.out([...facts, '', tableText(table)].join('\n'));
  if (options.csv !== undefined) await writeFile(options.csv, lesionCsv(evaluation.scores));
  if (options.html !== undefined) {
    const groups = await drawCases(plan, chooseCases(evaluation.scores, plan.methods, sources, CASES), workers, lanes);
    await mkdir(options.html, { recursive: true });
    await writeFile(join(options.html, 'index.html'), htmlReport({ facts, table, groups }));
    await writeFile(join(options.html, 'lesions.csv'), lesionCsv(evaluation.scores));
    terminal.err(`pictures are in ${join(options.html, 'index.html')}`);
  }
  return evaluation.failed.length + evaluation.leftOut.length + set.refused.length > 0 ? EXIT.someFailed : EXIT.done;
}

/** The rows asked for that have an expert mask and marks of the kind asked for; undefined, and said, where there are none. */
function rowsToScore(set: LesionSet, options: EvaluateOptions, terminal: Terminal): readonly LesionRow[] | undefined {
  const asked = set.rows.filter(
    (row) =>
      (options.split === 'all' || row.split === options.split) &&
      (options.source === undefined || row.source === options.source) &&
      (options.rows === 'all' || row.key),
  );
  if (asked.length === 0) {
    const known = [...new Set(set.rows.map((row) => row.source))].join(', ');
    terminal.err(`${setName(set)} has no such row: its sources are ${known || 'none'}`);
    return undefined;
  }
  const withMask = asked.filter((row) => set.masks.has(row.id));
  if (withMask.length < asked.length)
    terminal.err(`${asked.length - withMask.length} rows without an expert mask left out`);
  if (withMask.length === 0) {
    terminal.err(`none of these rows of ${setName(set)} has an expert mask: there is nothing to measure against`);
    return undefined;
  }
  const marked = withMask.filter((row) => marksOfRow(row, options) !== undefined);
  if (marked.length < withMask.length)
    terminal.err(`${withMask.length - marked.length} rows without ${options.marks} marks left out`);
  if (marked.length === 0) {
    terminal.err(`none of these rows of ${setName(set)} has ${options.marks} marks`);
    return undefined;
  }
  return marked;
}

/** Sources with rows, in the order of the set's description, then those it does not name. */
function sourcesOf(set: LesionSet, rows: readonly LesionRow[]): readonly string[] {
  const here = new Set(rows.map((row) => row.source));
  const named = set.sources.map((s) => s.name).filter((name) => here.has(name));
  return [...named, ...[...here].filter((name) => !named.includes(name)).sort()];
}

function tell({ leftOut, failed, scores }: Evaluation, terminal: Terminal): void {
  tellLeftOut(countBy<RowProblemCode>(leftOut.map((l) => l.code)), terminal);
  for (const [reason, count] of countBy<ReasonCode>(
    scores.flatMap((s) => (s.outcome.kind === 'refused' ? [s.outcome.reason] : [])),
  ))
    terminal.err(`${count} masks refused (${reason}), scored as empty: ${REASONS[reason].says}`);
  for (const [reason, count] of countBy<ReasonCode>(failed.map((f) => f.reason)))
    terminal.err(`${count} masks not made (${reason}), left out: ${REASONS[reason].says}`);
}

function countBy<K>(keys: readonly K[]): ReadonlyMap<K, number> {
  const counts = new Map<K, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}

/** What a table must say beside its numbers. */
function factsOf(
  set: LesionSet,
  sources: readonly string[],
  { scores }: Evaluation,
  { networks }: Workers,
  options: EvaluateOptions,
): readonly string[] {
  const rows = new Set(scores.map((s) => s.row));
  const patients = new Set([...rows].map((row) => row.patient)).size;
  const lesions = new Set([...rows].map((row) => row.lesion)).size;
  const scaled = options.scaleMarks === 1 ? '' : `, scaled by ${options.scaleMarks} about their centre`;
  return [
    `${setName(set)}, split ${options.split}, ${options.rows === 'key' ? 'key rows' : 'all rows'}: ${rows.size} rows, ${lesions} lesions, ${patients} patients`,
    `${options.marks} marks${scaled}; ${networks.size === 0 ? 'no method here was trained' : 'kernels are not trained'}; mean ± sd over rows, macro over sources`,
    ...[...networks.values()].map((network) => bundleFact(network, options)),
    ...sources.map((name) => {
      const note = set.sources.find((s) => s.name === name);
      const use = note?.commercial === false ? ', not for commercial use' : '';
      return `${name}: ${note?.dataset ?? 'not described'}; ${note?.licence ?? 'licence not stated'}${use}`;
    }),
  ];
}

/** What was trained on what: weak labels and expert masks are not to be mixed up. */
function bundleFact({ bundle: { manifest, sha256 } }: Cosegmentation, { split }: EvaluateOptions): string {
  const { name, version, labels, track, trainedOn, licence, use } = manifest;
  const seen = split === 'train' || split === 'all' ? '; rows of the training split are among these' : '';
  return `${name} ${version} (${sha256.slice(0, 12)}): track ${track}, labels ${labels}, trained on ${trainedOn.sources.join(', ')} (${trainedOn.lesions} lesions, ${trainedOn.patients} patients)${seen}; ${licence}, ${use} use`;
}

const tableText = (table: readonly TableRow[]): string =>
  textTable(
    ['method', 'source', 'n', 'Dice', 'recall', 'precision', 'VS', 'AVD px', 'median', 'AVD mm', 'empties', 'ms'],
    table.map((row) => [
      row.method,
      row.source,
      String(row.n),
      ...[row.dice, row.recall, row.precision, row.vs].map((s) => statisticText(s, 3)),
      statisticText(row.avdPx, 2),
      row.avdPx.median.toFixed(2),
      statisticText(row.avdMm, 2),
      String(row.empties),
      row.msPerLesion?.toFixed(1) ?? '',
    ]),
  );

const statisticText = ({ mean, sd }: Statistic, digits: number): string =>
  sd === null ? mean.toFixed(digits) : `${mean.toFixed(digits)} ± ${sd.toFixed(digits)}`;
