import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { startKernelPool } from '../compute/index.js';
import { resolveSecret, type Configuration } from '../configuration/index.js';
import { differenceOf, digestsOf, readLesionSet, type ComparedSet, type SetDifference } from '../dataset/index.js';
import type { Archive } from '../dicomweb/index.js';
import { announceHarvest, LOOK_EVERY_MS, openHarvests, type Askers } from '../ledger/index.js';
import { fail, ms, ok, REASONS, type ReasonCode, type Result } from '../domain/index.js';
import {
  dicomDate,
  harvest as harvestArchive,
  surveyArchive,
  type HarvestOutcome,
  type HarvestPlan,
  type HarvestSource,
  type SetForm,
  type SurveyedWindow,
} from '../harvest/index.js';
import { openLedgerBeside, type GuestLedger } from './guest-ledger.js';
import {
  databaseOptions,
  loadConfiguration,
  openArchives,
  secretSources,
  type StartProblem,
} from './configured-world.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import { startHarvestProgress } from './harvest-progress.js';
import { ended } from './run.js';
import { softwareVersion } from './software-version.js';
import type { Terminal } from './terminal.js';
import { textTable } from './text-table.js';
import { untilSignal } from './until-signal.js';

export interface HarvestOptions {
  readonly config: string | undefined;
  readonly out: string | undefined;
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly limit: number | undefined;
  readonly context: number | undefined;
  readonly resume: boolean;
  readonly together: boolean;
  readonly dryRun: boolean;
  readonly as: SetForm;
  readonly dicom: boolean;
  readonly reviewed: boolean;
  readonly threads: number;
  readonly json: boolean;
}

/** How long processes that work together wait for one that says nothing. */
const LEASE = ms(20_000);
/** Short enough to be guessed, a key hides nobody. */
const SHORTEST_KEY = 32;

/** `caliper harvest`: a data set of weak labels from an archive's reports. */
export async function harvest(options: HarvestOptions, terminal: Terminal): Promise<ExitCode> {
  const usage = (...says: string[]) => ended({ exit: EXIT.usage, says }, terminal);
  if (options.config === undefined) return usage('--config is missing: the configuration file that names the archives');
  if (options.out === undefined && !options.dryRun) return usage('--out is missing: a new folder for the set');
  if (options.reviewed && options.as === 'deeplesion')
    return usage("--reviewed gives experts' masks, and DeepLesion's form has none: leave --as out");
  const dates = datesOf(options);
  if (!dates.ok) return usage(dates.error);
  const configuration = await loadConfiguration(options.config);
  if (!configuration.ok) return ended(configuration.error, terminal);
  const settings = await settingsOf(configuration.value, options.config, options);
  if (!settings.ok) return ended(settings.error, terminal);
  const archives = openArchives(configuration.value);
  if (!archives.ok) return ended(archives.error, terminal);

  if (options.together && configuration.value.database === 'embedded')
    return usage('--together needs a PostgreSQL that all processes reach: set database.url');
  const needsLedger = (options.reviewed || options.together) && !options.dryRun;
  const guest = needsLedger ? await openLedgerBeside(configuration.value, options.config) : undefined;
  if (guest && !guest.ok) return ended(guest.error, terminal);
  const plan = planOf(configuration.value, options, dates.value, settings.value, archives.value, guest?.value);
  const database = databaseOptions(configuration.value, options.config, 'guest');
  if (!database.ok) return ended(database.error, terminal);
  const presence = await announceHarvest(database.value, { lookEveryMs: LOOK_EVERY_MS, sleep: pause });
  const share = () => shareOf(presence.seen(), configuration.value.harvest.shareOfBudget);
  const kernels = startKernelPool({ threads: options.threads });
  let interrupted: ExitCode | undefined;
  void untilSignal().then(({ exit }) => (interrupted = exit === EXIT.done ? EXIT.interrupted : exit));
  const stopped = () => interrupted !== undefined;
  const world = { now: Date.now, sleep: pause, kernels, share, stopped };
  try {
    if (options.dryRun) return await dryRun(plan, { ...world, tell: () => undefined }, options.json, terminal);
    const progress = startHarvestProgress(terminal, () => performance.now());
    const outcome = await harvestArchive(plan, { ...world, tell: progress.show });
    progress.end();
    if (!outcome.ok) return usage(outcome.error.says);
    return tell(outcome.value, plan.out, options, terminal);
  } finally {
    await kernels.close();
    await presence.close();
    await guest?.value.close();
    await Promise.all([...archives.value.values()].map((archive) => archive.close()));
  }
}

const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

/** Beside a daemon, or where it is not known whether one is there, the configured share; with other harvests, as much as each of them. */
const shareOf = (seen: Askers | 'unknown', configured: number): number =>
  seen === 'unknown' ? configured : (seen.daemons > 0 ? configured : 1) / Math.max(1, seen.harvests);

type Dates = Pick<HarvestPlan['scope'], 'from' | 'to'>;

function datesOf({ from, to }: HarvestOptions): Result<Dates, string> {
  const [first, last] = [dicomDate(from), dicomDate(to)];
  if (from !== undefined && first === undefined) return fail(`--from ${from} is no day; write such as 2020-01-31`);
  if (to !== undefined && last === undefined) return fail(`--to ${to} is no day; write such as 2020-01-31`);
  if (first !== undefined && last !== undefined && first > last) return fail('--from lies after --to');
  return ok({ from: first, to: last });
}

interface Settings {
  readonly key: string;
  readonly withdrawn: readonly string[];
  readonly sources: readonly string[];
}

/** What of the configuration has to be looked up. A dry run needs no key. */
async function settingsOf(
  configuration: Configuration,
  file: string,
  { dryRun }: HarvestOptions,
): Promise<Result<Settings, StartProblem>> {
  const { harvest: section } = configuration;
  const usage = (says: string) => fail({ exit: EXIT.usage, says: [says] });
  let key = '';
  if (!dryRun) {
    if (section.pseudonymKey === undefined)
      return usage(
        `harvest.pseudonymKey is missing in ${file}: refer to a key of at least ${SHORTEST_KEY} characters as env:NAME or file:/path`,
      );
    const secret = resolveSecret(section.pseudonymKey, secretSources);
    if (!secret.ok) return usage(`harvest.pseudonymKey: ${secret.error}`);
    if (secret.value.length < SHORTEST_KEY)
      return usage(
        `harvest.pseudonymKey: ${section.pseudonymKey} is shorter than ${SHORTEST_KEY} characters; \`openssl rand -hex 32\` makes one`,
      );
    key = secret.value;
  }
  let withdrawn: readonly string[] = [];
  if (section.withdrawn !== undefined) {
    const path = resolve(dirname(resolve(file)), section.withdrawn);
    try {
      const text = await readFile(path, 'utf8');
      withdrawn = text
        .split(/\r?\n/)
        .map((line) => line.trim())
        .filter((line) => line !== '' && !line.startsWith('#'));
    } catch (error) {
      return usage(`harvest.withdrawn: ${path} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`);
    }
  }
  return ok({ key, withdrawn, sources: section.sources ?? configuration.sources.map((s) => s.archive) });
}

function planOf(
  configuration: Configuration,
  options: HarvestOptions,
  dates: Dates,
  settings: Settings,
  archives: ReadonlyMap<string, Archive>,
  guest: GuestLedger | undefined,
): HarvestPlan {
  const { harvest: section } = configuration;
  const configured = (name: string) => configuration.archives.find((a) => a.name === name)!;
  return {
    sources: configuration.sources
      .filter((source) => settings.sources.includes(source.archive))
      .map((source): HarvestSource => {
        const { timeZone, budget } = configured(source.archive);
        return {
          name: source.archive,
          archive: archives.get(source.archive)!,
          images: source.images.map((name) => archives.get(name === 'same' ? source.archive : name)!),
          carriers: source.carriers,
          nearline: source.nearline,
          timeZone,
          quietHours: budget.quietHours,
        };
      }),
    scope: {
      ...dates,
      limit: options.limit,
      contextMm: options.context ?? section.contextMm,
      form: options.as,
      dicom: options.dicom ? 'beside' : 'without',
      labels: options.reviewed ? 'reviewed' : 'weak',
    },
    out: resolve(options.out ?? '.'),
    stateFolder: resolve(dirname(resolve(options.config ?? '.')), configuration.stateFolder),
    key: settings.key,
    start:
      options.together && guest
        ? { shared: { harvests: openHarvests(guest.database), leaseMs: LEASE } }
        : options.resume
          ? 'resume'
          : 'new',
    reviews: options.reviewed ? guest && { ledger: guest.ledger, archives } : undefined,
    parallel: section.parallel,
    terms: (archive) => configured(archive).budget,
    patienceMs: section.patienceMinutes * 60_000,
    withdrawn: settings.withdrawn,
    description: {
      name: section.name,
      version: section.version,
      purpose: section.purpose,
      licence: section.licence,
      commercial: section.commercial,
      approval: section.approval,
      citation: section.citation,
      contact: section.contact,
    },
    softwareVersion: softwareVersion(),
  };
}

function tell(outcome: HarvestOutcome, out: string, { json, together }: HarvestOptions, terminal: Terminal): ExitCode {
  const again = together ? 'the same command' : 'the same command with --resume';
  switch (outcome.kind) {
    case 'already-complete':
      terminal.err(`${out} is complete: nothing to do`);
      return EXIT.done;
    case 'done-together':
      if (outcome.retryable > 0)
        terminal.err(`${outcome.retryable} windows or reports may be had later: ${again} asks again`);
      terminal.err(`${outcome.rows} rows in ${out}, put together by another process`);
      return outcome.retryable > 0 ? EXIT.someFailed : EXIT.done;
    case 'out-of-touch':
      terminal.err('database-unreachable: for so long that other processes may do what this one had at hand');
      terminal.err(`what was done is kept: ${again} goes on`);
      return EXIT.someFailed;
    case 'interrupted':
      terminal.err(`interrupted: ${again} goes on`);
      return EXIT.interrupted;
    case 'archive-gone': {
      const reason = REASONS[outcome.reason];
      terminal.err(`${outcome.archive}: ${outcome.reason}. ${reason.says} ${reason.do}`);
      terminal.err(`what was done is kept: ${again} goes on`);
      return EXIT.someFailed;
    }
    case 'done': {
      const { set, retryable } = outcome;
      if (json)
        terminal.out(
          JSON.stringify({
            out,
            rows: set.rows.length,
            stages: set.stages,
            windows: set.partitions,
            withdrawn: set.withdrawn,
          }),
        );
      else terminal.out(funnelText(outcome));
      for (const { window, reason } of set.partitions.failed)
        terminal.err(`${window} could not be searched (${reason}): ${REASONS[reason as ReasonCode].says}`);
      if (retryable > 0) terminal.err(`${retryable} windows or reports may be had later: ${again} asks again`);
      terminal.err(`${set.rows.length} rows in ${out}`);
      return retryable > 0 ? EXIT.someFailed : EXIT.done;
    }
  }
}

function funnelText({ set }: Extract<HarvestOutcome, { kind: 'done' }>): string {
  const lines: string[][] = [];
  for (const stage of set.stages) {
    lines.push([stage.stage, stage.counts, String(stage.in), '', String(stage.out)]);
    for (const [reason, count] of Object.entries(stage.lost)) lines.push([`  ${reason}`, '', '', String(count), '']);
  }
  return textTable(['stage', 'of', 'in', 'lost', 'out'], lines);
}

async function dryRun(
  plan: HarvestPlan,
  world: Parameters<typeof surveyArchive>[1],
  json: boolean,
  terminal: Terminal,
): Promise<ExitCode> {
  const held: SurveyedWindow[] = [];
  let requests = 0;
  for await (const surveyed of surveyArchive(plan, world)) {
    const { window } = surveyed;
    requests = surveyed.requests;
    terminal.status?.(`${surveyed.monthsDone} of ${surveyed.months} months, ${requests} requests`);
    if (window.instances > 0 || window.failed !== undefined) held.push(window);
  }
  terminal.status?.('');
  if (json) for (const window of held) terminal.out(JSON.stringify(window));
  else
    terminal.out(
      textTable(
        ['source', 'from', 'to', 'instances', 'reports', ''],
        held.map((w) => [w.source, w.from, w.to, String(w.instances), String(w.reports), w.failed ?? '']),
      ),
    );
  const reports = held.reduce((sum, w) => sum + w.reports, 0);
  terminal.err(`${reports} reports would be read; ${requests} searches, nothing retrieved, nothing written`);
  return held.some((w) => w.failed !== undefined) ? EXIT.someFailed : EXIT.done;
}

/** `caliper harvest diff`: what came, went or changed between two versions of a set. */
export async function harvestDiff(
  before: string,
  after: string,
  options: { readonly json: boolean },
  terminal: Terminal,
): Promise<ExitCode> {
  const [old, now] = [await comparedSet(before), await comparedSet(after)];
  for (const set of [old, now])
    if (!set.ok) {
      terminal.err(set.error);
      return EXIT.usage;
    }
  if (!old.ok || !now.ok) return EXIT.usage;
  const difference = differenceOf(old.value, now.value);
  const withdrawn = await withdrawnIn(after);
  if (options.json) terminal.out(JSON.stringify({ ...difference, withdrawn }));
  else terminal.out(differenceText(difference, withdrawn));
  return EXIT.done;
}

async function comparedSet(folder: string): Promise<Result<ComparedSet, string>> {
  const read = await readLesionSet(folder);
  if (!read.ok) return fail(`${folder}: ${read.error.file}: ${read.error.says}`);
  if (read.value.format !== 'caliper-lesions/1')
    return fail(`${folder} is in DeepLesion's form, whose numbers do not last from one version to the next`);
  const sums = await readFile(join(folder, 'SHA256SUMS'), 'utf8');
  return ok({ set: read.value, digests: digestsOf(sums) });
}

/** Pseudonyms of the patients that a harvest left out because they withdrew. */
async function withdrawnIn(folder: string): Promise<readonly string[]> {
  const funnel = JSON.parse(await readFile(join(folder, 'funnel.json'), 'utf8')) as { withdrawn?: readonly string[] };
  return funnel.withdrawn ?? [];
}

function differenceText(d: SetDifference, withdrawn: readonly string[]): string {
  const list = (title: string, values: readonly string[]) => [
    `${title}: ${values.length}`,
    ...values.map((value) => `  ${value}`),
  ];
  return [
    ...list('rows that came', d.came),
    ...list('rows that went', d.went),
    ...list(
      'rows that changed',
      d.changed.map(({ id, what }) => `${id} (${what.join(', ')})`),
    ),
    ...list('patients that came', d.patientsCame),
    ...list(
      'patients that went',
      d.patientsWent.map((p) => (withdrawn.includes(p) ? `${p} (withdrawn)` : p)),
    ),
    ...list(
      'patients that were merged',
      d.merged.map(({ was, is }) => `${was} is now ${is}`),
    ),
    ...list(
      'patients whose split changed',
      d.splitChanged.map(({ patient, was, is }) => `${patient} (${was} to ${is})`),
    ),
  ].join('\n');
}
