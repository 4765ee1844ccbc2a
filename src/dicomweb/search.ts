import { dataSetFromJson } from '../dicom/index.js';
import { fail, ok, TAG, type DataSet, type Result, type Tag } from '../domain/index.js';
import { problemOfStatus, type ArchiveProblem } from './archive-problem.js';
import type { Channel } from './channel.js';
import { fitOf, isBound, isUidKey, keyTag } from './matching.js';
import { afterPage, PAGE_SIZES, START, type PageSizes } from './pages.js';
import { isPathIdentifier } from './path-identifier.js';
import type { Level, Query, SearchAnswer, SearchOptions, Shortfall } from './query.js';
import type { HttpAnswer } from './exchange.js';

const DICOM_JSON = { accept: 'application/dicom+json' };

const LEVEL_UID: Readonly<Record<Level, Tag>> = {
  studies: TAG.StudyInstanceUID,
  series: TAG.SeriesInstanceUID,
  instances: TAG.SOPInstanceUID,
};

/** How much of an answer is wanted: everything, or the first page as a sample. */
type Extent = { readonly kind: 'all'; readonly sizes: PageSizes } | { readonly kind: 'sample'; readonly rows: number };

export const EVERYTHING: Extent = { kind: 'all', sizes: PAGE_SIZES };

/** The rows of a search, all of them: what is not known to be complete is a problem. */
export async function search(
  channel: Channel,
  level: Level,
  query: Query,
  options: SearchOptions = {},
): Promise<Result<readonly DataSet[], ArchiveProblem>> {
  const answer = await survey(channel, level, query, options, EVERYTHING);
  if (!answer.ok) return answer;
  const { rows, ignoredKeys, shortfalls } = answer.value;
  if (shortfalls.includes('key-ignored')) return fail({ code: 'search-key-ignored', detail: ignoredKeys.join(', ') });
  const shortfall = shortfalls[0];
  return shortfall === undefined ? ok(rows) : fail({ code: 'archive-answer-invalid', detail: shortfall });
}

/** QIDO-RS with all its pages; rows that do not fit what was asked are dropped, and the answer says what may be missing. */
export async function survey(
  channel: Channel,
  level: Level,
  asked: Query,
  options: SearchOptions,
  extent: Extent,
): Promise<Result<SearchAnswer, ArchiveProblem>> {
  const query = placed(level, asked, options);
  // nothing is stored under an identifier that would lead to another path than meant
  if (query === 'not-askable') return ok({ rows: [], ignoredKeys: [], shortfalls: [], requests: 0 });
  const sizes = extent.kind === 'all' ? extent.sizes : { rows: extent.rows, overlap: 0 };
  const ignored = new Set<string>();
  const shortfalls = new Set<Shortfall>();
  let paging = START;
  let requests = 0;
  while (paging.offset !== undefined) {
    const rows = await onePage(channel, level, query, sizes.rows, paging.offset);
    requests++;
    if (!rows.ok) return rows;
    const judged = rows.value.rows.map((row) => judge(row, level, query));
    for (const verdict of judged) {
      if (verdict.kind === 'unusable') shortfalls.add('row-unusable');
      if (verdict.kind === 'differs') for (const keyword of verdict.keywords) ignored.add(keyword);
    }
    if (extent.kind === 'all' && rows.value.rows.length === sizes.rows) channel.habits.fillsPages = true;
    const largest = channel.habits.largestPage[level];
    channel.habits.largestPage[level] = Math.max(largest, rows.value.rows.length);
    paging = afterPage(
      paging,
      {
        rows: judged.filter((verdict) => verdict.kind !== 'unusable'),
        count: rows.value.rows.length,
        announcesMore: rows.value.announcesMore,
        fillsPages: channel.habits.fillsPages,
        largest,
      },
      sizes,
    );
    const astray = judged.filter((verdict) => verdict.kind === 'differs' && verdict.keywords.some(isBound));
    // a row or two whose dates were corrected meanwhile are no sign of it
    const unbounded = astray.length > judged.length / 2;
    if (unbounded && paging.offset !== undefined) shortfalls.add('key-ignored');
    if (unbounded || extent.kind === 'sample') break;
  }
  for (const shortfall of paging.shortfalls) shortfalls.add(shortfall);
  return ok({
    rows: [...paging.rows.values()].filter((row) => misfits(row, query).length === 0),
    ignoredKeys: [...ignored].sort(),
    shortfalls: [...shortfalls],
    requests,
  });
}

/** A query with its UIDs where the client can put them: in the path as far as that goes, else among the keys. */
interface PlacedQuery {
  readonly path: { readonly studyInstanceUID?: string; readonly seriesInstanceUID?: string };
  readonly keys: Query;
  /** Path and keys. */
  readonly asked: Query;
  readonly include: readonly string[];
}

function placed(level: Level, asked: Query, { include = [] }: SearchOptions): PlacedQuery | 'not-askable' {
  for (const keyword of include) keyTag(keyword);
  if (Object.values(asked).every((value) => /^[*,\s]*$/.test(value)))
    throw new Error('an unfiltered query would read the whole archive');
  for (const [keyword, value] of Object.entries(asked))
    if (isUidKey(keyword) && !value.split(',').every(isPathIdentifier)) return 'not-askable';

  const keys: Record<string, string> = { ...asked };
  const path: { studyInstanceUID?: string; seriesInstanceUID?: string } = {};
  const study = keys['StudyInstanceUID'];
  if (level !== 'studies' && study !== undefined && !study.includes(',')) {
    path.studyInstanceUID = study;
    delete keys['StudyInstanceUID'];
    const series = keys['SeriesInstanceUID'];
    if (level === 'instances' && series !== undefined && !series.includes(',')) {
      path.seriesInstanceUID = series;
      delete keys['SeriesInstanceUID'];
    }
  }
  return { path, keys, asked, include };
}

async function onePage(
  channel: Channel,
  level: Level,
  query: PlacedQuery,
  limit: number,
  offset: number,
): Promise<Result<{ rows: readonly unknown[]; announcesMore: boolean }, ArchiveProblem>> {
  // keys are asked for in the answer too, so that every row can be checked
  const include = [...new Set([...query.include, ...Object.keys(query.keys)])];
  const queryParams = {
    ...query.keys,
    ...(include.length === 0 ? {} : { includefield: include.join(',') }),
    limit: String(limit),
    ...(offset === 0 ? {} : { offset: String(offset) }),
  };
  const exchange = await channel.client.call(DICOM_JSON, (calls, request) => {
    switch (level) {
      case 'studies':
        return calls.searchForStudies({ queryParams, request });
      case 'series':
        return calls.searchForSeries({ ...query.path, queryParams, request });
      case 'instances':
        return calls.searchForInstances({ ...query.path, queryParams, request });
    }
  });
  if (exchange.kind === 'failed') return fail(exchange.problem);
  const { answer } = exchange;
  // some archives answer a study that is not there with 404 where others say 200 []
  if (answer.status === 204 || (answer.status === 404 && query.path.studyInstanceUID !== undefined))
    return ok({ rows: [], announcesMore: false });
  const rows = jsonRows(answer, channel.now());
  return rows.ok ? ok({ rows: rows.value, announcesMore: /\b299\b/.test(answer.header('warning') ?? '') }) : rows;
}

/** The array of an answer in DICOM JSON. */
export function jsonRows(answer: HttpAnswer, now: number): Result<readonly unknown[], ArchiveProblem> {
  if (answer.status < 200 || answer.status > 299) return fail(problemOfStatus(answer.status, answer.header, now));
  const invalid = (detail: string) => fail({ code: 'archive-answer-invalid' as const, status: answer.status, detail });
  if (answer.body.kind !== 'bytes') return invalid('multipart instead of JSON');
  const json = parseJson(answer.body.bytes);
  if (!json.ok) return invalid(json.error);
  return Array.isArray(json.value) ? ok(json.value as readonly unknown[]) : invalid('JSON, but not a list');
}

/** The failure says what it looks like instead; never what stands in it. */
export function parseJson(bytes: Uint8Array): Result<unknown, string> {
  const text = new TextDecoder().decode(bytes).trim();
  try {
    return ok(JSON.parse(text) as unknown);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return fail(text === '' ? 'empty' : text.startsWith('<') ? 'HTML or XML instead of JSON' : 'broken JSON');
  }
}

type Verdict =
  | { readonly kind: 'fits'; readonly identity: string; readonly dataSet: DataSet }
  | {
      readonly kind: 'differs';
      readonly identity: string;
      readonly dataSet: DataSet;
      readonly keywords: readonly string[];
    }
  | { readonly kind: 'unusable' };

function judge(json: unknown, level: Level, query: PlacedQuery): Verdict {
  const dataSet = dataSetFromJson(json);
  if (!dataSet.ok) return { kind: 'unusable' };
  const uid = dataSet.value.text(LEVEL_UID[level]);
  if (uid === undefined || !isPathIdentifier(uid)) return { kind: 'unusable' };
  // the same UID may lie in two places
  const identity = Object.values(LEVEL_UID)
    .map((tag) => dataSet.value.text(tag) ?? '')
    .join(' ');
  const keywords = misfits(dataSet.value, query);
  return keywords.length === 0
    ? { kind: 'fits', identity, dataSet: dataSet.value }
    : { kind: 'differs', identity, dataSet: dataSet.value, keywords };
}

const misfits = (row: DataSet, { asked }: PlacedQuery): string[] =>
  Object.entries(asked).flatMap(([keyword, value]) => (fitOf(row, keyword, value) === 'differs' ? [keyword] : []));
