import {
  sweep,
  searchPlan,
  tailPlan,
  todayIn,
  type ReportModality,
  type SearchLayer,
  type SeriesReference,
  type SweepPart,
} from '../dicomweb/index.js';
import type { SeriesInstanceUid } from '../domain/index.js';
import type { Ledger, ReportNumber, Sighted } from '../ledger/index.js';
import type { OtherCarrier } from '../sr-parser/index.js';
import { reopenOutdated } from './rejection-notes.js';
import type { Source, World } from './world.js';

/** How a source is watched. */
export interface WatchPlan {
  readonly source: string;
  readonly timeZone: string;
  readonly layers: readonly { readonly days: number; readonly everyMs: number }[];
  /** What is read besides structured reports. */
  readonly carriers: readonly OtherCarrier[];
  /** First day of the slow search through the calendar (`20200131`); undefined for none. */
  readonly since: string | undefined;
  /** Local time in which only the last two days are asked for. */
  readonly quietHours: { readonly fromMinute: number; readonly toMinute: number } | undefined;
}

/** Reports are looked for in these series, and the notes that reject them. */
const modalitiesOf = ({ carriers }: WatchPlan): readonly ReportModality[] =>
  carriers.includes('gsps') ? ['SR', 'KO', 'PR'] : ['SR', 'KO'];

/** Every search layer of a plan on this day: the windows, and the calendar beneath them where it is searched. */
export function layersOf(
  plan: WatchPlan,
  now: number,
): { readonly windows: readonly WatchedLayer[]; readonly tail: readonly WatchedLayer[] } {
  const today = todayIn(plan.timeZone, now);
  const modalities = modalitiesOf(plan);
  const windows = searchPlan(
    plan.layers.map((layer) => ({ studyDates: `${layer.days}d`, modalities })),
    today,
  );
  const widest = windows.reduce((a, b) => (a.from <= b.from ? a : b));
  const tail = plan.since === undefined ? [] : tailPlan(plan.since, today, modalities);
  return {
    windows: windows.map((layer) => ({ ...layer, listsAgain: layer === widest ? 'young-reports' : 'nothing' })),
    tail: tail.map((layer) => ({ ...layer, listsAgain: 'nothing' })),
  };
}

/** A search layer, and which series it lists though they have as many instances as before: some archives overwrite reports under their UID. */
export interface WatchedLayer extends SearchLayer {
  readonly listsAgain: 'nothing' | 'young-reports';
}

/** Whether a layer may be searched now: in quiet hours only the days of today's work are. */
export function isQuiet(plan: WatchPlan, now: number): boolean {
  if (!plan.quietHours) return false;
  const [hour, minute] = new Intl.DateTimeFormat('en-GB', {
    timeZone: plan.timeZone,
    hour: '2-digit',
    minute: '2-digit',
    hour12: false,
  })
    .format(now)
    .split(':')
    .map(Number) as [number, number];
  const at = (hour % 24) * 60 + minute;
  const { fromMinute, toMinute } = plan.quietHours;
  return fromMinute <= toMinute ? at >= fromMinute && at < toMinute : at >= fromMinute || at < toMinute;
}

/** Sources that nothing is asked of until someone resumes them. */
export const pausedSources = async (ledger: Ledger): Promise<ReadonlySet<string>> =>
  new Set((await ledger.roles()).filter((r) => r.role === 'source' && r.mode === 'paused').map((r) => r.name));

/**
 * Searches one layer of a source and records what it showed. `new`: reports seen for the first time; undefined where the archive did not do
 * what it was asked (said in the log; the layer comes round again).
 */
export async function searchLayer(
  source: Source,
  layer: WatchedLayer,
  urgency: 'today' | 'backlog',
  world: World,
): Promise<readonly ReportNumber[] | undefined> {
  const started = world.now();
  const { ledger, log } = world;
  if ((await pausedSources(ledger)).has(source.name)) return [];
  const fresh: ReportNumber[] = [];
  const sighting = {
    source: source.name,
    urgency,
    arrival: (await ledger.wasSearched(source.name, layer.name)) ? ('new' as const) : ('was-there' as const),
  };
  const swept = await sweep(
    source.archive,
    layer,
    (series) => knownCounts(source, series, layer, ledger),
    async (part) => void fresh.push(...(await record(part, sighting, ledger))),
  );
  await ledger.ensureRuns(world.digests, { kind: 'reports-without-run' });
  await reopenOverwritten(source, world);
  if (!swept.ok) {
    log.event('sweep.failed', { source: source.name, layer: layer.name, reason: swept.error.code });
    return undefined;
  }
  await ledger.recordSearched(source.name, layer.name);
  const { series, requests, instances } = swept.value;
  await reopenOutdated(world);
  for (const failure of swept.value.failed)
    log.event('sweep.failed', { source: source.name, layer: layer.name, reason: failure.problem.code });
  if (swept.value.ignoredKeys.length > 0)
    log.event('archive.failing', { archive: source.archive.name, reason: 'search-key-ignored' });
  const took = world.now() - started;
  const common = { source: source.name, layer: layer.name, requests, took };
  if (fresh.length === 0) log.event('sweep.quiet', common);
  else log.event('sweep.done', { ...common, series: series.length, instances, found: fresh.length });
  return fresh;
}

/** Reports that a search showed made at another time than before are read again. */
export async function reopenOverwritten({ name }: Source, { ledger, log }: World): Promise<void> {
  const overwritten = await ledger.reopenOverwritten();
  if (overwritten.length > 0) log.event('sweep.overwritten', { source: name, reports: overwritten.length });
}

/** The counts of the last search; of a layer that looks for what was overwritten, without the series that may be so. */
async function knownCounts(
  { name }: Source,
  references: readonly SeriesReference[],
  { listsAgain }: WatchedLayer,
  ledger: Ledger,
): Promise<ReadonlyMap<SeriesInstanceUid, number>> {
  const series = references.map((reference) => reference.series);
  const counts = new Map(await ledger.seriesCounts(name, series));
  if (listsAgain === 'young-reports')
    for (const again of await ledger.seriesToListAgain(name, series)) counts.delete(again);
  return counts;
}

/** Records a part of what a search showed. Runs follow when the search has ended, well or not: an amendment may come in a later part. */
async function record(
  { found, series }: SweepPart,
  sighting: Pick<Sighted, 'urgency' | 'arrival'> & { readonly source: string },
  ledger: Ledger,
): Promise<readonly ReportNumber[]> {
  const seriesCounts = new Map<SeriesInstanceUid, number>();
  for (const s of series) if (s.looked === 'listed' && s.count !== undefined) seriesCounts.set(s.series, s.count);
  const sighted = await ledger.sight({
    ...sighting,
    found: found.map((f) => ({ ...f, source: sighting.source })),
    seriesCounts,
    unchangedSeries: series.filter((s) => s.looked === 'skipped').map((s) => s.series),
  });
  return sighted.new;
}
