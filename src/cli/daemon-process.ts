import type { Configuration } from '../configuration/index.js';
import { fail, ms, ok, type EventLog, type Result } from '../domain/index.js';
import { openLeadership, openQueue } from '../ledger/index.js';
import type { Cosegmentation } from '../compute/index.js';
import { startMetrics, startPage, type NetworkState } from '../operations/index.js';
import { lesionViews, startDaemon } from '../pipeline/index.js';
import { openConfiguredWorld, type ConfiguredWorld, type StartProblem } from './configured-world.js';
import { EXIT } from './exit-codes.js';
import { softwareVersion } from './software-version.js';

export interface RunningDaemon {
  readonly configured: ConfiguredWorld;
  readonly pageUrl: string;
  stop(): Promise<void>;
}

/** How many reports are worked on at a time. */
export const PARALLEL_RUNS = 2;

/** Starts everything that `run` and the demo consist of: database, page, watching, working. */
export async function startDaemonProcess(
  configuration: Configuration,
  configurationFile: string,
  unmeasuredLog: EventLog,
): Promise<Result<RunningDaemon, StartProblem>> {
  const started = Date.now();
  const metrics = startMetrics(unmeasuredLog);
  const { log } = metrics;
  const opened = await openConfiguredWorld(configuration, configurationFile, log, 'daemon');
  if (!opened.ok) return opened;
  const { world, plans, database, owner } = opened.value;
  const [host, port] = listenAddress(configuration.page.listen);
  const page = await startPage(
    { host, port },
    {
      ledger: world.ledger,
      log,
      metrics,
      now: Date.now,
      network: () => networkState(world.network),
      softwareVersion: softwareVersion(),
      lesionViews: (story) => lesionViews(story, world),
    },
  );
  if (!page.ok) {
    await opened.value.close();
    return fail({
      exit: EXIT.cannotStart,
      says: [`page.listen: ${configuration.page.listen} is in use by another program`],
    });
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
    { parallel: PARALLEL_RUNS, retainEventsMs: retainMs(configuration) },
    world,
    queue,
    leadership,
  );
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
      log.event('daemon.stopped', {});
    },
  });
}

function networkState(network: Cosegmentation | undefined): NetworkState {
  if (!network) return { state: 'not-asked-for' };
  const { state } = network;
  if (state.kind === 'ready') return { state: 'ready', provider: state.provider, because: state.because };
  return { state: state.kind, ...(state.kind === 'down' ? { because: state.because } : {}) };
}

const retainMs = ({ retention }: Configuration) =>
  retention.events === 'forever' ? undefined : ms(retention.events * 86_400_000);

export function listenAddress(listen: string): readonly [host: string, port: number] {
  const colon = listen.lastIndexOf(':');
  const host = listen.slice(0, colon).replace(/^\[|\]$/g, '');
  return [host, Number(listen.slice(colon + 1))];
}
