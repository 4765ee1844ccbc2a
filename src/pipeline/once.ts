import type { ReportNumber } from '../ledger/index.js';
import { reopenOutdated } from './rejection-notes.js';
import { layersOf, searchLayer, type WatchPlan } from './watch.js';
import { workOnce } from './work.js';
import type { World } from './world.js';

export interface Swept {
  /** Sources whose search did not end; the log says why. */
  readonly failedSources: readonly string[];
  readonly newReports: readonly ReportNumber[];
}

/** One sweep over every source: the widest window of its layers, and its calendar where that is searched. */
export async function sweepAll(plans: readonly WatchPlan[], world: World): Promise<Swept> {
  const failed = new Set<string>();
  const found: ReportNumber[] = [];
  for (const plan of plans) {
    const source = world.sources.get(plan.source);
    if (!source) throw new Error('a plan names a source that is not there');
    const { windows, tail } = layersOf(plan, world.now());
    const widest = windows.reduce((a, b) => (a.from <= b.from ? a : b));
    for (const layer of [widest, ...tail.filter((month) => month.from < widest.from)]) {
      const seen = await searchLayer(source, layer, layer === widest ? 'today' : 'backlog', world);
      if (seen) found.push(...seen);
      else failed.add(plan.source);
    }
  }
  return { failedSources: [...failed], newReports: found };
}

/** Works until nothing is due and nobody works: what waits for later is left to later. */
export async function workUntilIdle(
  owner: string,
  parallel: number,
  world: World,
  edge: { readonly sleep: (ms: number) => Promise<void>; readonly stopped: () => boolean },
): Promise<void> {
  const worker = async (name: string) => {
    while (!edge.stopped() && (await workOnce(name, world)));
  };
  for (;;) {
    await Promise.all(Array.from({ length: parallel }, (_, i) => worker(`${owner}/${i}`)));
    if (edge.stopped()) return;
    const { due, working } = await world.ledger.work();
    // what is stored for a report that was replaced is looked after once its replacement is stored
    if (due === 0 && working === 0) {
      if ((await reopenOutdated(world)) === 0) return;
      continue;
    }
    await edge.sleep(200); // another process works on them
  }
}
