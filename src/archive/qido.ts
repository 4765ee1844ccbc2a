import { setImmediate as nextTurn } from 'node:timers/promises';
import { fail, ok, type Result } from '../domain/index.js';
import { refusal, type Answer, type Refusal } from './answer.js';
import type { Catalogue, SeriesEntry, StudyEntry } from './catalogue/catalogue.js';
import type { InstanceRecord } from './catalogue/instance-record.js';
import { jsonTypeFor } from './media-types.js';
import { queryParametersOf } from './query-string.js';
import type { ResourceUrls } from './resource-urls.js';
import { textsOf, type JsonAttributes } from './search/dicom-json-values.js';
import { DERIVED, INDEXED, keyOf, type Level } from './search/levels.js';
import { answerRow, instanceAttribute, instanceRow, seriesRow, studyRow, type ReturnedLevels } from './search/rows.js';
import { matches, searchRequestOf, type KeyTree, type SearchRequest } from './search/search-request.js';

/** What is searched: all studies, series or instances, or those below what the path names (PS3.18 10.6.1). */
export interface SearchScope {
  readonly level: Level;
  readonly study?: string;
  readonly series?: string;
}

interface SearchSources {
  readonly catalogue: Catalogue;
  readonly urls: ResourceUrls;
  /** All attributes of an instance but its bulk data; undefined when its file cannot be read (any more). */
  attributesOf(record: InstanceRecord): Promise<JsonAttributes | undefined>;
}

/** Rows in one answer; a caller who wants more pages on, and is told so by the Warning header. */
const LARGEST_PAGE = 5000;
/** Files that one search may open because a key is not in the index; beyond that it is too broad (PS3.18 10.6.3.1: 413). */
const FILES_OPENED = 10_000;
/** Rows compared before others have their turn. */
const STRETCH = 5000;

/** QIDO-RS, PS3.18 10.6. No match is 200 with an empty list, which every client reads alike; 204 is left to others. */
export async function search(
  scope: SearchScope,
  target: string,
  accept: string | undefined,
  sources: SearchSources,
): Promise<Answer> {
  const mediaType = jsonTypeFor(accept);
  if (mediaType === undefined) return refusal(406, 'searches are answered as application/dicom+json');
  const parameters = queryParametersOf(target);
  if (!parameters.ok) return refusal(400, 'the query is not percent-encoded UTF-8');
  const request = searchRequestOf(parameters.value, scope.level);
  if (!request.ok) return refusal(400, request.error.message);

  const { limit, offset, fields } = request.value;
  const page = Math.min(limit ?? LARGEST_PAGE, LARGEST_PAGE);
  const found: Match[] = [];
  let total = 0;
  for await (const match of matchesOf(scope, request.value, sources)) {
    if (!match.ok) return match.error;
    if (total >= offset && found.length < page) found.push(match.value);
    total++;
  }
  const body: JsonAttributes[] = [];
  for (const match of found) body.push(await rowOf(match, scope, fields, sources));

  const warnings: string[] = [];
  const remaining = total - offset - found.length;
  if (remaining > 0) warnings.push(`There are ${remaining} additional results that can be requested`);
  if (request.value.fuzzyMatching === 'asked')
    warnings.push('The fuzzymatching parameter is not supported. Only literal matching has been performed.');
  return { kind: 'json', status: 200, mediaType, body, warnings };
}

interface Match {
  readonly study: StudyEntry;
  readonly series?: SeriesEntry;
  readonly record?: InstanceRecord;
}

async function* matchesOf(
  scope: SearchScope,
  request: SearchRequest,
  sources: SearchSources,
): AsyncGenerator<Result<Match, Refusal>> {
  const { keys } = request;
  let [compared, opened] = [0, 0];
  for (const study of studiesIn(scope, sources.catalogue)) {
    if (keys.study.size > 0 && !isMatch(keys.study, studyRow(study))) continue;
    if (scope.level === 'study') {
      yield ok({ study });
      continue;
    }
    for (const series of study.series) {
      if (scope.series !== undefined && series.seriesInstanceUID !== scope.series) continue;
      if (keys.series.size > 0 && !isMatch(keys.series, seriesRow(series))) continue;
      if (scope.level === 'series') {
        yield ok({ study, series });
        continue;
      }
      for (const record of series.instances) {
        if (++compared % STRETCH === 0) await nextTurn();
        if (!matches(keys.instance, (key) => instanceAttribute(record, key))) continue;
        if (keys.file.size > 0) {
          if (++opened > FILES_OPENED) {
            yield fail(TOO_BROAD);
            return;
          }
          if (!(await fileMatches(keys.file, record, study, sources))) continue;
        }
        yield ok({ study, series, record });
      }
    }
  }
}

const TOO_BROAD = refusal(413, `the search would open more than ${FILES_OPENED} files: add a key that narrows it`);

const isMatch = (tree: KeyTree, row: JsonAttributes): boolean => matches(tree, (key) => row[key]);

async function fileMatches(
  tree: KeyTree,
  record: InstanceRecord,
  study: StudyEntry,
  sources: SearchSources,
): Promise<boolean> {
  const attributes = await sources.attributesOf(record);
  const [zone] = textsOf(attributes?.[TIMEZONE] ?? study.attributes[TIMEZONE]);
  return attributes !== undefined && matches(tree, (key) => attributes[key], zone);
}

const TIMEZONE = keyOf('TimezoneOffsetFromUTC');

function studiesIn(scope: SearchScope, catalogue: Catalogue): readonly StudyEntry[] {
  if (scope.study === undefined) return catalogue.studies;
  const study = catalogue.study(scope.study);
  return study ? [study] : [];
}

async function rowOf(
  match: Match,
  scope: SearchScope,
  fields: SearchRequest['fields'],
  sources: SearchSources,
): Promise<JsonAttributes> {
  const { study, series, record } = match;
  const known = {
    ...(record && needsFile(fields) ? await sources.attributesOf(record) : undefined),
    ...studyRow(study),
    ...(series && seriesRow(series)),
    ...(record && instanceRow(record)),
  };
  const { urls } = sources;
  if (!series)
    return answerRow(known, {
      levels: ['study'],
      fields,
      uids: ['StudyInstanceUID'],
      retrieveURL: urls.study(study.studyInstanceUID),
    });
  const [studyUid, seriesUid] = [study.studyInstanceUID, series.seriesInstanceUID];
  if (!record)
    return answerRow(known, {
      levels: returnedLevels(scope),
      fields,
      uids: ['StudyInstanceUID', 'SeriesInstanceUID'],
      retrieveURL: urls.series(studyUid, seriesUid),
    });
  return answerRow(known, {
    levels: returnedLevels(scope),
    fields,
    uids: ['StudyInstanceUID', 'SeriesInstanceUID', 'SOPInstanceUID'],
    retrieveURL: urls.instance(studyUid, seriesUid, record.sopInstanceUID),
  });
}

/** PS3.18 10.6.3.3: attributes of a level that the path names are known to the caller. */
function returnedLevels(scope: SearchScope): ReturnedLevels {
  const above: Level[] = [];
  if (scope.study === undefined) above.push('study');
  if (scope.level === 'instance' && scope.series === undefined) above.push('series');
  return [...above, scope.level];
}

const INDEX_KEYS = new Set([
  ...INDEXED.study,
  ...INDEXED.series,
  ...INDEXED.instance,
  ...DERIVED.study,
  ...DERIVED.series,
  ...DERIVED.instance,
]);

const needsFile = (fields: SearchRequest['fields']): boolean =>
  fields === 'all' || [...fields].some((key) => !INDEX_KEYS.has(key));
