import { schedule } from 'node-cron';
import type { Archive } from '../dicomweb/index.js';
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
  /** Whether there is room for what a search may find. Where there is not, what is known is worked off, and nothing new is taken in. */
  readonly hasRoom: () => Promise<boolean>;
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
  let hadRoom = true;

  const tick = async () => {
    for (const archive of archivesOf(world)) knock(archive, world);
    if (!(await leadership.isLeader())) return;
    const room = await options.hasRoom();
    if (room !== hadRoom) world.log.event(room ? 'disk.has-room' : 'disk.low', {});
    hadRoom = room;
    if (!room) return;
    for (const job of jobsDue(plans, dueAt, world.now())) await queue.send({ kind: 'search', id: job });
    if (options.retainEventsMs === undefined || isEarly(world.now(), purgeDue, PURGE_EVERY_MS)) return;
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

const archivesOf = ({ sources, destinations }: World): ReadonlySet<Archive> =>
  new Set([...sources.values(), ...destinations.values()].map(({ archive }) => archive));

const knocking = new WeakSet<Archive>();

/** Not waited for: an archive that does not answer must not stop the clock of the others. */
function knock(archive: Archive, { log }: World): void {
  if (knocking.has(archive)) return;
  knocking.add(archive);
  void archive
    .tryAgain()
    .catch((error: unknown) =>
      log.event('queue.failing', { error: error instanceof Error ? error.name : typeof error }),
    )
    .finally(() => knocking.delete(archive));
}

/** A clock that was set back makes no pause longer than it would have been. */
const isEarly = (now: number, dueAt: number | undefined, everyMs: number): boolean =>
  dueAt !== undefined && now < dueAt && dueAt - now <= everyMs;

/** The search layers whose time has come, as `source/index` and `source/tail`; sets when they are due next. */
export function jobsDue(plans: readonly WatchPlan[], dueAt: Map<string, number>, now: number): readonly string[] {
  const jobs: string[] = [];
  for (const plan of plans) {
    const quiet = isQuiet(plan, now);
    plan.layers.forEach(({ days, everyMs }, i) => {
      const id = `${plan.source}/${i}`;
      if (quiet && days > QUIET_DAYS) return;
      if (isEarly(now, dueAt.get(id), everyMs)) return;
      dueAt.set(id, now + everyMs);
      jobs.push(id);
    });
    const tail = `${plan.source}/tail`;
    if (plan.since !== undefined && !quiet && !isEarly(now, dueAt.get(tail), TAIL_EVERY_MS)) {
      dueAt.set(tail, now + TAIL_EVERY_MS);
      jobs.push(tail);
    }
  }
  return jobs;
}
