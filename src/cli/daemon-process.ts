import type { Configuration } from '../configuration/index.js';
import { fail, ms, ok, type EventLog, type Result } from '../domain/index.js';
import { openLeadership, openQueue, type Database, type Ledger } from '../ledger/index.js';
import type { Cosegmentation } from '../compute/index.js';
import {
  Sessions,
  startMetrics,
  startObservations,
  startPage,
  type ConfigurationState,
  type NetworkState,
  type PageWorld,
} from '../operations/index.js';
import { lesionViews, lookUpNamed, neighbourSlice, startDaemon, type World } from '../pipeline/index.js';
import { openConfiguredAudit, withStoresAudited } from './audit-file.js';
import { openConfiguredWorld, type ConfiguredWorld, type StartProblem } from './configured-world.js';
import { EXIT } from './exit-codes.js';
import { listenAddress, pageAccess } from './page-access.js';
import { softwareVersion } from './software-version.js';

export interface RunningDaemon {
  readonly configured: ConfiguredWorld;
  readonly pageUrl: string;
  stop(): Promise<void>;
}

/** How many reports are worked on at a time. */
export const PARALLEL_RUNS = 2;

/** Starts everything that `run` and the demo consist of: database, page, audit, watching, working. */
export async function startDaemonProcess(
  configuration: Configuration,
  configurationFile: string,
  unmeasuredLog: EventLog,
  configurationState: () => ConfigurationState = always({ loaded: new Date(), refused: undefined }),
  sessions: Sessions = new Sessions(Date.now),
): Promise<Result<RunningDaemon, StartProblem>> {
  const started = Date.now();
  const access = pageAccess(configuration);
  if (!access.ok) return access;
  const metrics = startMetrics(unmeasuredLog);
  const observations = startObservations(metrics.log, Date.now);
  const audit = await openConfiguredAudit(configuration, configurationFile, observations.log);
  if (!audit.ok) return audit;
  const known: { ledger?: Ledger } = {};
  const log = withStoresAudited(observations.log, audit.value, () => known.ledger);
  const opened = await openConfiguredWorld(configuration, configurationFile, log, 'daemon', metrics.request);
  if (!opened.ok) {
    await audit.value.close();
    return opened;
  }
  const { world, plans, database, owner } = opened.value;
  known.ledger = world.ledger;
  const page = await startPage(address(configuration), {
    ...answers(world),
    log,
    metrics,
    observations,
    now: Date.now,
    configuration: configurationState,
    softwareVersion: softwareVersion(),
    access: access.value,
    sessions,
    audit: (record) => audit.value.record(record),
    viewer: configuration.page.viewer,
  });
  if (!page.ok) {
    await opened.value.close();
    await audit.value.close();
    if (page.error.kind === 'not-safe') return fail({ exit: EXIT.usage, says: page.error.says });
    const why =
      page.error.code === 'EADDRINUSE' ? 'is in use by another program' : `cannot be opened (${page.error.code})`;
    return fail({ exit: EXIT.cannotStart, says: [`page.listen: ${configuration.page.listen} ${why}`] });
  }
  const leadership = openLeadership(database, {
    broken: (error) => log.event('database.failing', { error: error.name }),
  });
  const queue = await openQueue(database, leadership, {
    failed: (_job, error) => log.event('queue.failing', { error: error instanceof Error ? error.name : typeof error }),
  });
  const daemon = startDaemon(
    owner,
    plans,
    { parallel: PARALLEL_RUNS, retainEventsMs: retainMs(configuration), hasRoom: () => hasRoom(database) },
    world,
    queue,
    leadership,
  );
  audit.value.record({ event: { kind: 'application-start' }, by: undefined, outcome: 'success' });
  log.event('daemon.started', { version: softwareVersion(), page: page.value.url, took: Date.now() - started });
  return ok({
    configured: opened.value,
    pageUrl: page.value.url,
    async stop() {
      await daemon.stop();
      await queue.close();
      await leadership.close();
      await page.value.close();
      await opened.value.close();
      audit.value.record({ event: { kind: 'application-stop' }, by: undefined, outcome: 'success' });
      await audit.value.close();
      log.event('daemon.stopped', {});
    },
  });
}

/** Kept free for what is under way: its writes, and what PostgreSQL needs to end them in order. */
const RESERVE_BYTES = 128 * 2 ** 20;

async function hasRoom(database: Database): Promise<boolean> {
  const free = await database.freeBytes();
  return free === undefined || free > RESERVE_BYTES;
}

function always<T>(value: T): () => T {
  return () => value;
}

function address(configuration: Configuration): { readonly host: string; readonly port: number } {
  const [host, port] = listenAddress(configuration.page.listen);
  return { host, port };
}

/** What the page asks of the work itself. */
const answers = (
  world: World,
): Pick<PageWorld, 'ledger' | 'network' | 'lesionViews' | 'neighbour' | 'replay' | 'lookUp'> => ({
  ledger: world.ledger,
  network: () => networkState(world.network),
  lesionViews: (story) => lesionViews(story, world),
  neighbour: (view, step, story) => neighbourSlice(view, step, story, world),
  replay: (selection, by) => world.ledger.reopen(selection, world.digests, 'replay', by),
  async lookUp(name, references) {
    const source = world.sources.get(name);
    if (!source) return fail('unknown-source');
    const looked = await lookUpNamed(source, references, world);
    return looked.ok ? looked : fail(looked.error.code);
  },
});

function networkState(network: Cosegmentation | undefined): NetworkState {
  if (!network) return { state: 'not-asked-for' };
  const { state } = network;
  if (state.kind === 'ready') return { state: 'ready', provider: state.provider, because: state.because };
  return { state: state.kind, ...(state.kind === 'down' ? { because: state.because } : {}) };
}

const retainMs = ({ retention }: Configuration) =>
  retention.events === 'forever' ? undefined : ms(retention.events * 86_400_000);
