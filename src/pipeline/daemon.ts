import { schedule } from 'node-cron';
import { ms, type Ms } from '../domain/index.js';
import type { Leadership, Queue, RunId } from '../ledger/index.js';
import { isQuiet, layersOf, searchLayer, type WatchPlan } from './watch.js';
import { workOnce } from './work.js';
import type { World } from './world.js';

export interface Daemon {
  /** Takes nothing new and waits for what is in hand. */
  stop(): Promise<void>;
}

export interface DaemonOptions {
  /** How many reports are worked on at a time. */
  readonly parallel: number;
  /** Events of ended runs that are older are forgotten; undefined: never. */
  readonly retainEventsMs: Ms | undefined;
}

const TAIL_EVERY_MS = 20_000;
const PURGE_EVERY_MS = 3_600_000;
/** Layers that reach no further back than this are searched in quiet hours too. */
const QUIET_DAYS = 2;

/**
 * Watches and works until it is stopped. The clock only queues jobs: every second the leader queues the search layers that are due; searches
 * and runs are taken from the queue by any process.
 */
export function startDaemon(
  owner: string,
  plans: readonly WatchPlan[],
  options: DaemonOptions,
  world: World,
  queue: Queue,
  leadership: Leadership,
): Daemon {
  const dueAt = new Map<string, number>();
  const tailMonth = new Map<string, number>();
  let purgeDue = 0;

  const tick = async () => {
    if (!(await leadership.isLeader())) return;
    for (const job of jobsDue(plans, dueAt, world.now())) await queue.send({ kind: 'search', id: job });
    if (options.retainEventsMs === undefined || world.now() < purgeDue) return;
    purgeDue = world.now() + PURGE_EVERY_MS;
    await world.ledger.purgeEvents(options.retainEventsMs);
  };
  const clock = schedule(
    '* * * * * *',
    async () => {
      try {
        await tick();
      } catch (error) {
        world.log.event('sweep.failed', {
          reason: 'unexpected-error',
          layer: error instanceof Error ? error.name : 'clock',
        });
      }
    },
    { noOverlap: true, name: 'watch' },
  );

  const searches = queue.work('search', { parallel: 1, pollMs: ms(1000) }, async ({ id }) => {
    const [name, what] = id.split('/') as [string, string];
    const plan = plans.find((p) => p.source === name);
    const source = world.sources.get(name);
    if (!plan || !source) return;
    const { windows, tail } = layersOf(plan, world.now());
    if (what === 'tail') {
      if (tail.length === 0) return;
      const month = (tailMonth.get(name) ?? 0) % tail.length;
      tailMonth.set(name, month + 1);
      await searchLayer(source, tail[month]!, 'backlog', world);
    } else {
      const layer = windows[Number(what)];
      if (layer) await searchLayer(source, layer, 'today', world);
    }
    await queue.wakeDueRuns();
  });
  const runs = queue.work('run', { parallel: options.parallel, pollMs: ms(500) }, async ({ id }) => {
    await workOnce(owner, world, Number(id) as RunId);
  });

  return {
    async stop() {
      await clock.stop();
      await Promise.all([searches.stop(), runs.stop()]);
    },
  };
}

/** The search layers whose time has come, as `source/index` and `source/tail`; sets when they are due next. */
function jobsDue(plans: readonly WatchPlan[], dueAt: Map<string, number>, now: number): readonly string[] {
  const jobs: string[] = [];
  for (const plan of plans) {
    const quiet = isQuiet(plan, now);
    plan.layers.forEach(({ days, everyMs }, i) => {
      const id = `${plan.source}/${i}`;
      if (quiet && days > QUIET_DAYS) return;
      if (now < (dueAt.get(id) ?? 0)) return;
      dueAt.set(id, now + everyMs);
      jobs.push(id);
    });
    const tail = `${plan.source}/tail`;
    if (plan.since !== undefined && !quiet && now >= (dueAt.get(tail) ?? 0)) {
      dueAt.set(tail, now + TAIL_EVERY_MS);
      jobs.push(tail);
    }
  }
  return jobs;
}
