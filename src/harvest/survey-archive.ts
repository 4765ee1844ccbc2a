import { todayIn } from '../dicomweb/index.js';
import { isReportClass } from '../pipeline/index.js';
import { asReadUid, type SopClassUid } from '../domain/index.js';
import { windows } from './calendar.js';
import { searchPartition } from './crawl.js';
import { FIRST_DATE } from './partitions.js';
import { Patience } from './patience.js';
import { politely } from './polite-archive.js';
import { isQuietAt } from './quiet-hours.js';
import type { HarvestPlan, HarvestWorld } from './settings.js';

/** What a window of an archive holds. */
export interface SurveyedWindow {
  readonly source: string;
  readonly from: string;
  readonly to: string;
  readonly instances: number;
  /** Of them those of a class that may carry marks. */
  readonly reports: number;
  readonly failed: string | undefined;
}

/** Searches and nothing else: what a harvest would look at. Nothing is retrieved and nothing is written. */
export async function* surveyArchive(
  plan: HarvestPlan,
  world: HarvestWorld,
): AsyncGenerator<{
  readonly window: SurveyedWindow;
  readonly requests: number;
  readonly monthsDone: number;
  readonly months: number;
}> {
  for (const source of plan.sources) {
    const polite = politely(source.archive, plan.terms(source.archive.name), world);
    const patience = new Patience(source.name, plan.patienceMs, {
      ...world,
      isQuiet: () => isQuietAt(source.quietHours, source.timeZone, world.now()),
      waiting: () => undefined,
    });
    const { from, to } = plan.scope;
    const search = (partition: Parameters<typeof searchPartition>[1]) =>
      searchPartition({ ...source, archive: polite.archive }, partition, patience);
    const until = to ?? todayIn(source.timeZone, world.now());
    for await (const { entry, monthsDone, months } of windows(from ?? FIRST_DATE, until, search)) {
      const { result, partition } = entry;
      if (result.kind === 'split') continue;
      const found = result.kind === 'listed' ? result.found : [];
      yield {
        window: {
          source: source.name,
          from: partition.from,
          to: partition.to,
          instances: found.length,
          reports: found.filter(
            ([, , , sopClass]) => sopClass === null || isReportClass(asReadUid<SopClassUid>(sopClass)),
          ).length,
          failed: result.kind === 'failed' ? result.reason : undefined,
        },
        requests: polite.load().requests,
        monthsDone,
        months,
      };
    }
  }
}
