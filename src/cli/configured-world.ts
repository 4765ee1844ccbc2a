import { createHash, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, resolve } from 'node:path';
import { startCosegmentation, startKernelPool } from '../compute/index.js';
import {
  problemText,
  readConfiguration,
  resolveSecret,
  rulesOf,
  type Configuration,
  type ConfiguredArchive,
  type SecretSources,
} from '../configuration/index.js';
import { openArchive, type Archive, type CircuitOptions, type Credentials } from '../dicomweb/index.js';
import { fail, ok, type EventLog, type RequestObserver, type Result } from '../domain/index.js';
import {
  askers,
  LOOK_EVERY_MS,
  openDatabase,
  openLedger,
  type Askers,
  type Database,
  type DatabaseOptions,
  type Ledger,
} from '../ledger/index.js';
import { LoadMeter, withoutRecall, type WatchPlan, type World } from '../pipeline/index.js';
import { bundleAskedFor, loggedStates } from './bundles.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import { namedNetworks } from './named-networks.js';
import { runDigests } from './run-digests.js';
import { softwareVersion } from './software-version.js';

/** Why a command ends before it began: what to print and the exit code. */
export interface StartProblem {
  readonly exit: ExitCode;
  readonly says: readonly string[];
}

export const secretSources: SecretSources = {
  environment: process.env,
  readTextFile: (path) => readFileSync(path, 'utf8'),
};

/** Reads and checks a configuration file. */
export async function loadConfiguration(file: string): Promise<Result<Configuration, StartProblem>> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    return fail({
      exit: EXIT.usage,
      says: [`${file} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`],
    });
  }
  const read = readConfiguration(text);
  return read.ok ? read : fail({ exit: EXIT.usage, says: read.error.map((p) => problemText(file, p)) });
}

/** Opens every archive of a configuration; a secret that is not there is said by its reference. */
export function openArchives(
  configuration: Configuration,
  circuitOf?: (archive: string) => CircuitOptions,
  observe?: RequestObserver,
  share?: () => number,
): Result<ReadonlyMap<string, Archive>, StartProblem> {
  const archives = new Map<string, Archive>();
  const says: string[] = [];
  for (const configured of configuration.archives) {
    const secrets = secretsOf(configured);
    if (!secrets.ok) {
      says.push(...secrets.error.map((s) => `archives: ${configured.name}: ${s}`));
      continue;
    }
    const whole = configured.timeoutSeconds * 1000;
    archives.set(
      configured.name,
      openArchive(
        {
          name: configured.name,
          url: configured.url,
          ...secrets.value,
          budget: configured.budget,
          timeouts: { connect: Math.min(10_000, whole), headers: whole, body: whole, whole: 10 * whole },
          maximumAnswerBytes: configured.maximumAnswerMebibytes * 2 ** 20,
          ...(circuitOf ? { circuit: circuitOf(configured.name) } : {}),
          ...(observe ? { observe } : {}),
          ...(share ? { share } : {}),
        },
        { now: Date.now, sleep: (milliseconds) => new Promise((done) => setTimeout(done, milliseconds)) },
      ),
    );
  }
  return says.length === 0 ? ok(archives) : fail({ exit: EXIT.usage, says });
}

function secretsOf(
  archive: ConfiguredArchive,
): Result<{ credentials: Credentials; tls?: { ca?: string; certificate?: string; key?: string } }, string[]> {
  const missing: string[] = [];
  const value = (reference: string): string => {
    const secret = resolveSecret(reference, secretSources);
    if (!secret.ok) missing.push(secret.error);
    return secret.ok ? secret.value : '';
  };
  const { basic, bearer } = archive.credentials ?? {};
  const credentials: Credentials = basic
    ? { kind: 'basic', user: value(basic.user), password: value(basic.password) }
    : bearer
      ? { kind: 'bearer', token: tokenFrom(bearer.token, value(bearer.token)) }
      : { kind: 'none' };
  const { ca, certificate, key } = archive.tls ?? {};
  const tls = {
    ...(ca ? { ca: value(ca) } : {}),
    ...(certificate ? { certificate: value(certificate) } : {}),
    ...(key ? { key: value(key) } : {}),
  };
  return missing.length === 0 ? ok({ credentials, ...(archive.tls ? { tls } : {}) }) : fail(missing);
}

/** A token is looked up at every request, so that one that is renewed in its file is taken. */
const tokenFrom = (reference: string, first: string) => () => {
  const now = resolveSecret(reference, secretSources);
  return Promise.resolve(now.ok ? now.value : first);
};

/** An archive that fails so often in a row, whatever it is asked, is left alone for a while. */
const FAILURES_IN_A_ROW = 5;

/** A daemon is never stopped by a harvest that is given everything. */
const LEAST_SHARE = 0.1;

/** What harvests leave of each archive's budget to the daemons, which divide it. */
const daemonShare = ({ harvest }: Configuration, { daemons, harvests }: Askers): number =>
  (harvests === 0 ? 1 : Math.max(LEAST_SHARE, 1 - harvest.shareOfBudget)) / Math.max(1, daemons);

/** Kernels take milliseconds; codecs of large slices are what fills them. */
const KERNEL_THREADS = 2;

export interface ConfiguredWorld {
  readonly world: World;
  readonly plans: readonly WatchPlan[];
  readonly database: Database;
  /** Name of this process among those that share the work. */
  readonly owner: string;
  /** Comes when the database is gone for good: the process has to end. */
  readonly lost: Promise<StartProblem>;
  close(): Promise<void>;
}

/** Builds the world that a configuration describes: archives, database, kernels. */
export async function openConfiguredWorld(
  configuration: Configuration,
  configurationFile: string,
  log: EventLog,
  as: 'daemon' | 'guest',
  observe: RequestObserver = () => undefined,
): Promise<Result<ConfiguredWorld, StartProblem>> {
  let answersAgain: (archive: string) => void = () => undefined;
  const load = new LoadMeter(Date.now);
  let present: Askers = { daemons: 0, harvests: 0 };
  const archives = openArchives(
    configuration,
    (archive) => ({
      failures: FAILURES_IN_A_ROW,
      failing: (reason) => log.event('archive.left-alone', { archive, reason }),
      answersAgain: () => answersAgain(archive),
    }),
    (request) => {
      load.add(request);
      observe(request);
    },
    () => daemonShare(configuration, present),
  );
  if (!archives.ok) return archives;
  const rules = rulesOf(configuration);
  const bundle = await bundleAskedFor(configuration);
  if (!bundle.ok) {
    if (rules.every((rule) => rule.method === 'cosegmentation' && rule.onInferenceFailure !== 'seed'))
      return fail({ exit: EXIT.cannotStart, says: [`no rule can run: ${bundle.error}; set method: grabcut`] });
    log.event('model.unusable', { bundle: configuration.segmentation.bundle, reason: 'bundle-unavailable' });
  }
  const options = databaseOptions(configuration, configurationFile, as);
  if (!options.ok) return options;
  let lose: (problem: StartProblem) => void = () => undefined;
  const lost = new Promise<StartProblem>((resolve) => (lose = resolve));
  const broken = (error: Error) => log.event('database.failing', { error: error.name });
  const database = await openPatiently(as, options.value, {
    broken,
    lost: (problem) => lose({ exit: EXIT.cannotStart, says: [problem.says] }),
  });
  if (!database.ok) return fail({ exit: EXIT.cannotStart, says: [database.error.says] });
  log.event('database.ready', {
    kind: database.value.kind,
    how: database.value.how,
    took: Math.round(database.value.tookMs),
  });
  const ledger = await openLedger(database.value);
  if (!ledger.ok) {
    await database.value.close();
    return fail({ exit: EXIT.cannotStart, says: [ledger.error.says] });
  }
  await registerRoles(configuration, ledger.value);
  answersAgain = (archive) =>
    void ledger.value.archiveAnswers(archive).then(
      (waited) => log.event('archive.answers-again', { archive, waited }),
      // what waits goes on when its own wait is over
      broken,
    );
  const look = async () => {
    present = await askers(database.value.pool);
  };
  await look();
  const looking = setInterval(() => void look().catch(broken), LOOK_EVERY_MS);
  const loadWritten = () => load.writeTo(ledger.value).catch(broken);
  const writingLoad = setInterval(() => void loadWritten(), LOAD_WRITTEN_EVERY_MS);
  const kernels = startKernelPool({
    threads: KERNEL_THREADS,
    onCrash: (error) => log.event('worker.crashed', { error: error?.name ?? 'ended' }),
  });
  const { bundle: bundleName, device } = configuration.segmentation;
  const network =
    bundle.ok && bundle.value
      ? startCosegmentation(bundle.value, kernels, { device, ...loggedStates(bundleName, log) })
      : undefined;
  const sparing = new Map(
    [...archives.value].map(([name, archive]) => [name, withoutRecall(archive, Date.now)] as const),
  );
  const named = namedNetworks(bundleName, network, kernels, { device }, log);
  const world: World = {
    sources: new Map(
      configuration.sources
        .filter((source) => source.mode !== 'paused')
        .map((source) => [
          source.archive,
          {
            name: source.archive,
            archive: archives.value.get(source.archive)!,
            images: source.images.map((name) =>
              (source.nearline === 'wait' ? sparing : archives.value).get(name === 'same' ? source.archive : name)!,
            ),
            carriers: source.carriers,
            nearline: source.nearline,
          },
        ]),
    ),
    destinations: new Map(
      configuration.destinations.map((d) => [
        d.archive,
        {
          name: d.archive,
          archive: archives.value.get(d.archive)!,
          canary: d.canary,
          confirm: d.confirm,
          requireStudy: d.requireStudy,
          storeFrom: d.storeFrom === 'first-live' || d.storeFrom === 'always' ? d.storeFrom : new Date(d.storeFrom),
          segmentation: d.segmentation,
          resultReport: d.resultReport,
          rejectionNotes: d.rejectionNotes,
        },
      ]),
    ),
    rules,
    extent: configuration.segmentation.extent,
    digests: runDigests(configuration, network?.bundle),
    kernels,
    network,
    networkOf: named.networkOf,
    ledger: ledger.value,
    installation: { id: installationId(configurationFile), softwareVersion: softwareVersion() },
    log,
    now: Date.now,
  };
  return ok({
    world,
    plans: plansOf(configuration),
    database: database.value,
    owner: `${hostname()}/${process.pid}/${randomUUID().slice(0, 8)}`,
    lost,
    async close() {
      await network?.close();
      await named.close();
      await kernels.close();
      await Promise.all([...archives.value.values()].map((archive) => archive.close()));
      clearInterval(looking);
      clearInterval(writingLoad);
      await loadWritten();
      await database.value.close();
    },
  });
}

const LOAD_WRITTEN_EVERY_MS = 60_000;

/** A daemon waits for a site's database that is not there yet, since nobody may be there to start it again. */
async function openPatiently(
  as: 'daemon' | 'guest',
  options: DatabaseOptions,
  world: Parameters<typeof openDatabase>[1],
): ReturnType<typeof openDatabase> {
  for (;;) {
    const database = await openDatabase(options, world);
    if (database.ok || as === 'guest' || database.error.code !== 'database-unreachable') return database;
    world.broken(new Error(database.error.code));
    await new Promise((done) => setTimeout(done, DATABASE_RETRY_MS));
  }
}

const DATABASE_RETRY_MS = 2_000;

export function databaseOptions(
  configuration: Configuration,
  file: string,
  as: 'daemon' | 'guest',
): Result<DatabaseOptions, StartProblem> {
  if (configuration.database === 'embedded')
    return ok({ kind: 'embedded', folder: resolve(dirname(resolve(file)), configuration.stateFolder), as });
  const url = resolveSecret(configuration.database.url, secretSources);
  return url.ok
    ? ok({ kind: 'site', url: url.value })
    : fail({ exit: EXIT.usage, says: [`database.url: ${url.error}`] });
}

/** Tells the ledger which sources and destinations there are now. */
export async function registerRoles(configuration: Configuration, ledger: Ledger): Promise<void> {
  for (const source of configuration.sources) await ledger.registerRole('source', source.archive, source.mode);
  for (const destination of configuration.destinations)
    await ledger.registerRole('destination', destination.archive, destination.mode);
}

const plansOf = (configuration: Configuration): readonly WatchPlan[] =>
  configuration.sources
    .filter((source) => source.mode !== 'paused')
    .map((source) => {
      const archive = configuration.archives.find((a) => a.name === source.archive)!;
      return {
        source: source.archive,
        timeZone: archive.timeZone,
        layers: source.watch.map((layer) => ({ days: layer.studyDates, everyMs: layer.every })),
        carriers: source.carriers,
        since: source.since === 'never' ? undefined : source.since.replaceAll('-', ''),
        quietHours: archive.budget.quietHours,
      };
    });

/** Tells installations apart in the objects they write; says nothing about the machine to somebody who does not know it already. */
export const installationId = (configurationFile: string): string =>
  createHash('sha256')
    .update(`${hostname()} ${resolve(configurationFile)}`)
    .digest('hex')
    .slice(0, 12);
