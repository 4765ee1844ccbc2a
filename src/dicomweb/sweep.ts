import {
  asReadUid,
  fail,
  ok,
  TAG,
  type DataSet,
  type FoundReport,
  type Result,
  type SeriesInstanceUid,
  type StudyInstanceUid,
} from '../domain/index.js';
import type { Archive, SeriesReference } from './archive.js';
import { isNotInThisWay, type ArchiveProblem } from './archive-problem.js';
import { askingForLess, foundReport } from './found-report.js';
import { isPathIdentifier } from './path-identifier.js';
import type { SearchAnswer, Shortfall } from './query.js';
import { halvesOf, type ReportModality, type SearchLayer } from './search-plan.js';

/** A series that a sweep saw. */
export interface SeriesCount extends SeriesReference {
  /** What to compare with next time; undefined where the archive does not count. */
  readonly count: number | undefined;
  readonly looked: 'skipped' | 'listed';
}

/** A series whose instances could not be listed; the sweep went on without it. */
export interface FailedSeries extends SeriesReference {
  readonly problem: ArchiveProblem;
}

export interface SweepResult {
  readonly found: readonly FoundReport[];
  readonly series: readonly SeriesCount[];
  readonly failed: readonly FailedSeries[];
  readonly requests: number;
  /** Rows of instances that were looked at. */
  readonly instances: number;
  readonly ignoredKeys: readonly string[];
  /** Why this sweep may not have seen everything; a complete one has none, and no failed series. */
  readonly shortfalls: readonly Shortfall[];
}

/**
 * How many instances each of these series had in the last sweep; one that is not in the map is listed whatever its count. Asked once a sweep, for
 * all series that the archive counts.
 */
export type KnownCounts = (
  series: readonly SeriesReference[],
) => ReadonlyMap<SeriesInstanceUid, number> | Promise<ReadonlyMap<SeriesInstanceUid, number>>;

/** What a sweep saw since it last told. */
export type SweepPart = Pick<SweepResult, 'found' | 'series'>;

/** After so many lists what was found is told: a search that ends in the middle has then not been for nothing. */
const LISTED_A_PART = 10;

/** Problems of the archive as a whole: what comes next would end the same. */
const OF_THE_WHOLE_ARCHIVE: ReadonlySet<string> = new Set([
  'archive-unreachable',
  'archive-timeout',
  'archive-unauthorised',
  'archive-forbidden',
  'archive-busy',
  'archive-redirects',
]);

/**
 * One search layer: series of the wanted modalities in a window of StudyDate, then the instances of those whose count changed. A quiet sweep
 * costs the pages of the series and nothing else. The SOP class stands in the row, so that nothing is retrieved here. `record` is told everything in
 * parts, also where the sweep ends before its end: an archive that refuses one question in fifty would else never show a thousand series.
 */
export async function sweep(
  archive: Archive,
  layer: SearchLayer,
  known: KnownCounts,
  record: (part: SweepPart) => Promise<void> = () => Promise.resolve(),
): Promise<Result<SweepResult, ArchiveProblem>> {
  const log = new SweepLog();
  const rows = await seriesOf(archive, layer, log);
  if (!rows.ok) return rows;

  const found: FoundReport[] = [];
  const series: SeriesCount[] = [];
  const told = { found: 0, series: 0 };
  const tell = async () => {
    if (series.length > told.series)
      await record({ found: found.slice(told.found), series: series.slice(told.series) });
    Object.assign(told, { found: found.length, series: series.length });
  };
  const failed: FailedSeries[] = [];
  const counts = await known(rows.value.flatMap(({ reference, said }) => (said === undefined ? [] : [reference])));
  let instances = 0;
  let lists = 0;
  for (const { reference, said } of rows.value) {
    if (said !== undefined && counts.get(reference.series) === said) {
      series.push({ ...reference, count: said, looked: 'skipped' });
      continue;
    }
    const listed = await instancesOf(archive, reference, log);
    if (!listed.ok) {
      log.failedRequest();
      if (OF_THE_WHOLE_ARCHIVE.has(listed.error.code)) {
        await tell();
        return listed;
      }
      failed.push({ ...reference, problem: listed.error });
      continue;
    }
    log.add(listed.value);
    instances += listed.value.rows.length;
    found.push(...listed.value.rows.map((row) => foundReport(archive.name, reference, row)));
    // an instance that arrived between the two answers is not counted as known
    const count = said === undefined ? undefined : Math.min(said, listed.value.rows.length);
    series.push({ ...reference, count, looked: 'listed' });
    if (++lists % LISTED_A_PART === 0) await tell();
  }
  await tell();
  return ok({ found, series, failed, instances, ...log.summary() });
}

/** The instances of a series, as far as the archive tells of them. */
async function instancesOf(
  archive: Archive,
  { study, series }: SeriesReference,
  log: SweepLog,
): Promise<Result<SearchAnswer, ArchiveProblem>> {
  const query = { StudyInstanceUID: study, SeriesInstanceUID: series };
  let asked = 0;
  return askingForLess((include) => {
    if (asked++ > 0) log.failedRequest();
    return archive.survey('instances', query, { include });
  });
}

interface SeriesRow {
  readonly reference: SeriesReference;
  /** NumberOfSeriesRelatedInstances, where answered. */
  readonly said: number | undefined;
}

/** Series of a layer, each once: across studies, or study by study where the archive cannot. */
async function seriesOf(
  archive: Archive,
  layer: SearchLayer,
  log: SweepLog,
): Promise<Result<readonly SeriesRow[], ArchiveProblem>> {
  const rows = new Map<string, SeriesRow>();
  let way: typeof acrossStudies | typeof studyByStudy = acrossStudies;
  for (const modality of layer.modalities) {
    let given = await way(archive, layer, modality, log);
    if (given.ok && given.value === 'not-in-this-way') {
      way = studyByStudy;
      given = await way(archive, layer, modality, log);
    }
    if (!given.ok) return given;
    if (given.value === 'not-in-this-way') return fail({ code: 'search-key-ignored', detail: 'StudyDate' });
    for (const row of given.value) rows.set(`${row.reference.study} ${row.reference.series}`, row);
  }
  return ok([...rows.values()]);
}

type Series = Result<readonly SeriesRow[] | 'not-in-this-way', ArchiveProblem>;

const SERIES_ATTRIBUTES = { include: ['StudyInstanceUID', 'NumberOfSeriesRelatedInstances'] };

async function acrossStudies(
  archive: Archive,
  layer: SearchLayer,
  modality: ReportModality,
  log: SweepLog,
): Promise<Series> {
  const answer = await archive.survey(
    'series',
    { Modality: modality, StudyDate: `${layer.from}-${layer.to}` },
    SERIES_ATTRIBUTES,
  );
  if (!answer.ok) {
    if (!isNotInThisWay(answer.error)) return answer;
    log.failedRequest();
    return ok('not-in-this-way');
  }
  if (answer.value.shortfalls.includes('key-ignored')) {
    log.abandon(answer.value);
    return ok('not-in-this-way');
  }
  const rows = answer.value.rows.flatMap((row) => seriesRow(row, undefined, log));
  // an archive whose pages cannot be turned is asked for less at a time
  if (layer.from < layer.to && answer.value.shortfalls.some((shortfall) => OF_PAGING.has(shortfall))) {
    log.abandon(answer.value);
    for (const half of halvesOf(layer)) {
      const part = await acrossStudies(archive, half, modality, log);
      if (!part.ok || part.value === 'not-in-this-way') return part;
      rows.push(...part.value);
    }
    return ok(rows);
  }
  log.add(answer.value);
  return ok(rows);
}

const OF_PAGING: ReadonlySet<Shortfall> = new Set<Shortfall>(['offset-ignored', 'rows-moved', 'too-many-rows']);

async function studyByStudy(
  archive: Archive,
  layer: SearchLayer,
  modality: ReportModality,
  log: SweepLog,
): Promise<Series> {
  const studies = await archive.survey('studies', {
    ModalitiesInStudy: modality,
    StudyDate: `${layer.from}-${layer.to}`,
  });
  if (!studies.ok) return studies;
  if (studies.value.shortfalls.includes('key-ignored')) return ok('not-in-this-way');
  log.add(studies.value);
  const rows: SeriesRow[] = [];
  for (const row of studies.value.rows) {
    // search leaves out rows without the UID of their level
    const study = asReadUid<StudyInstanceUid>(row.text(TAG.StudyInstanceUID) ?? '');
    const series = await archive.survey('series', { StudyInstanceUID: study, Modality: modality }, SERIES_ATTRIBUTES);
    if (!series.ok) return series;
    log.add(series.value);
    rows.push(...series.value.rows.flatMap((seriesOfStudy) => seriesRow(seriesOfStudy, study, log)));
  }
  return ok(rows);
}

function seriesRow(row: DataSet, ofStudy: StudyInstanceUid | undefined, log: SweepLog): SeriesRow[] {
  const study = ofStudy ?? row.text(TAG.StudyInstanceUID);
  const series = row.text(TAG.SeriesInstanceUID);
  if (study === undefined || series === undefined || !isPathIdentifier(study)) {
    log.unusable();
    return [];
  }
  return [
    {
      reference: { study: asReadUid<StudyInstanceUid>(study), series: asReadUid<SeriesInstanceUid>(series) },
      said: row.number(TAG.NumberOfSeriesRelatedInstances),
    },
  ];
}

/** What the searches of one sweep add up to. */
class SweepLog {
  #requests = 0;
  readonly #ignoredKeys = new Set<string>();
  readonly #shortfalls = new Set<Shortfall>();

  add(answer: SearchAnswer): void {
    this.abandon(answer);
    for (const shortfall of answer.shortfalls) this.#shortfalls.add(shortfall);
  }

  /** An answer whose rows are not used, because another way is taken. */
  abandon({ requests, ignoredKeys }: SearchAnswer): void {
    this.#requests += requests;
    for (const keyword of ignoredKeys) this.#ignoredKeys.add(keyword);
  }

  failedRequest(): void {
    this.#requests++;
  }

  unusable(): void {
    this.#shortfalls.add('row-unusable');
  }

  summary(): Pick<SweepResult, 'requests' | 'ignoredKeys' | 'shortfalls'> {
    return {
      requests: this.#requests,
      ignoredKeys: [...this.#ignoredKeys].sort(),
      shortfalls: [...this.#shortfalls],
    };
  }
}
