import {
  asReadUid,
  TAG,
  type DataSet,
  type SeriesInstanceUid,
  type SopInstanceUid,
  type StudyInstanceUid,
} from '../domain/index.js';
import type { InstanceReference } from './archive.js';
import type { ArchiveProblem } from './archive-problem.js';
import type { Channel } from './channel.js';
import type { ProbeRow } from './probe-row.js';
import type { Level, Query, SearchOptions } from './query.js';
import { retrieve } from './retrieve.js';
import { survey } from './search.js';
import { storeAnswerOf } from './store-answer.js';

/** One cheap request of a kind; what is answered is the circuit's to judge. */
export async function knock(channel: Channel, method: 'GET' | 'POST'): Promise<void> {
  if (method === 'GET') await sample(channel, 'studies', { StudyInstanceUID: NOBODYS_UID });
  else await probeStore(channel);
}

/** Every date on which anything could have been acquired: a filter, but one that lets everything with a date through. */
const ANY_DATE = '19000101-29991231';

/** A UID that nothing has: of our own making (PS3.5 B.2), the same at every check. */
const NOBODYS_UID = '2.25.329800735698586629295641978511506172918';

/** The keys that are relied on, each with a value that nothing has. */
const RELIED_ON: readonly { readonly level: Level; readonly keyword: string; readonly nothing: string }[] = [
  { level: 'studies', keyword: 'StudyDate', nothing: '18000101-18000102' },
  { level: 'studies', keyword: 'ModalitiesInStudy', nothing: 'ZZ' },
  { level: 'series', keyword: 'Modality', nothing: 'ZZ' },
  { level: 'series', keyword: 'StudyDate', nothing: '18000101-18000102' },
  { level: 'series', keyword: 'StudyInstanceUID', nothing: NOBODYS_UID },
  { level: 'instances', keyword: 'SOPInstanceUID', nothing: NOBODYS_UID },
  { level: 'instances', keyword: 'SOPClassUID', nothing: NOBODYS_UID },
];

/** The first row of an answer and nothing more. */
const sample = (channel: Channel, level: Level, query: Query, options: SearchOptions = {}) =>
  survey(channel, level, query, options, { kind: 'sample', rows: 1 });

const bad = (what: string, problem: ArchiveProblem): ProbeRow => ({
  what,
  ok: false,
  reason: problem.code,
  detail: [problem.status === undefined ? '' : `status ${problem.status}`, problem.detail ?? '']
    .filter((part) => part !== '')
    .join(', '),
});

/**
 * Whether searching works and every key that is relied on filters: asked for a value that nothing has, the archive has to show nothing; asked
 * for a value that one of its own objects has, it has to show something.
 */
export async function probeSearch(channel: Channel): Promise<readonly ProbeRow[]> {
  const what = 'search for studies (QIDO-RS)';
  const studies = await sample(channel, 'studies', { StudyDate: ANY_DATE });
  if (!studies.ok) return [bad(what, studies.error)];
  const study = studies.value.rows[0];
  const rows: ProbeRow[] = [{ what, ok: true, detail: study === undefined ? 'nothing stored yet' : 'answers' }];
  const instance = study === undefined ? undefined : await someInstance(channel, study);
  for (const { level, keyword, nothing } of RELIED_ON) {
    const label = `${keyword} at the level of ${level}`;
    const none = await sample(channel, level, { [keyword]: nothing });
    if (!none.ok) rows.push(bad(label, none.error));
    else if (none.value.rows.length > 0 || none.value.ignoredKeys.length > 0)
      rows.push({
        what: label,
        ok: false,
        reason: 'search-key-ignored',
        detail: 'a value that nothing has finds something',
      });
    else rows.push(await positiveProof(channel, level, keyword, instance));
  }
  return rows;
}

async function positiveProof(
  channel: Channel,
  level: Level,
  keyword: string,
  instance: DataSet | undefined,
): Promise<ProbeRow> {
  const what = `${keyword} at the level of ${level}`;
  const value = instance === undefined ? undefined : valueFor(keyword, instance);
  if (value === undefined)
    return { what, ok: true, detail: 'shows nothing where there is nothing; no object to try it on yet' };
  const some = await sample(channel, level, { [keyword]: value });
  if (!some.ok) return bad(what, some.error);
  return some.value.rows.length > 0
    ? { what, ok: true, detail: 'filters' }
    : { what, ok: false, reason: 'search-key-ignored', detail: 'a value that an object has finds nothing' };
}

function valueFor(keyword: string, instance: DataSet): string | undefined {
  switch (keyword) {
    case 'StudyDate':
      return instance.text(TAG.StudyDate);
    case 'ModalitiesInStudy':
    case 'Modality':
      return instance.text(TAG.Modality);
    case 'StudyInstanceUID':
      return instance.text(TAG.StudyInstanceUID);
    case 'SOPInstanceUID':
      return instance.text(TAG.SOPInstanceUID);
    default:
      return instance.text(TAG.SOPClassUID);
  }
}

/** One instance of a study, as the search answers it, with the attributes that the keys are tried on. */
async function someInstance(channel: Channel, study: DataSet): Promise<DataSet | undefined> {
  const uid = asReadUid<StudyInstanceUid>(study.text(TAG.StudyInstanceUID) ?? '');
  const include = ['StudyDate', 'Modality', 'StudyInstanceUID', 'SeriesInstanceUID', 'SOPClassUID'];
  const instances = await sample(channel, 'instances', { StudyInstanceUID: uid }, { include });
  return instances.ok ? instances.value.rows[0] : undefined;
}

/** Whether an instance can be retrieved; where nothing is stored yet, whether the route says so (404). */
export async function probeRetrieve(channel: Channel): Promise<readonly ProbeRow[]> {
  const what = 'retrieve an instance (WADO-RS)';
  const studies = await sample(channel, 'studies', { StudyDate: ANY_DATE });
  if (!studies.ok) return [bad('search for an instance to retrieve (QIDO-RS)', studies.error)];
  const study = studies.value.rows[0];
  const row = study === undefined ? undefined : await someInstance(channel, study);
  const reference = row === undefined ? undefined : referenceOf(row, study);
  const answer = await retrieve(channel, reference ?? NOBODYS_INSTANCE);
  if (answer.ok) return [{ what, ok: true, detail: `${answer.value.length} bytes` }];
  if (reference === undefined && answer.error.code === 'image-gone')
    return [{ what, ok: true, detail: 'nothing to retrieve yet; the route says so' }];
  return [bad(what, answer.error)];
}

const NOBODYS_INSTANCE: InstanceReference = {
  study: asReadUid(NOBODYS_UID),
  series: asReadUid(NOBODYS_UID),
  instance: asReadUid(NOBODYS_UID),
};

function referenceOf(row: DataSet, ofStudy: DataSet | undefined): InstanceReference | undefined {
  const study = row.text(TAG.StudyInstanceUID) ?? ofStudy?.text(TAG.StudyInstanceUID);
  const series = row.text(TAG.SeriesInstanceUID);
  const instance = row.text(TAG.SOPInstanceUID);
  if (study === undefined || series === undefined || instance === undefined) return undefined;
  return {
    study: asReadUid<StudyInstanceUid>(study),
    series: asReadUid<SeriesInstanceUid>(series),
    instance: asReadUid<SopInstanceUid>(instance),
  };
}

/**
 * Whether the store route is there and lets us in: a message whose one part is empty leaves nothing behind, and whatever an archive says
 * of its content, it got as far as reading it. (dicomweb-client cannot send a message without parts.)
 */
export async function probeStore(channel: Channel): Promise<readonly ProbeRow[]> {
  const what = 'store (STOW-RS)';
  const exchange = await channel.client.call({ accept: 'application/dicom+json' }, (calls, request) =>
    calls.storeInstances({ datasets: [new ArrayBuffer(0)], request }),
  );
  if (exchange.kind === 'answered' && READ_AND_REFUSED.has(exchange.answer.status))
    return [
      {
        what,
        ok: true,
        detail: `the route is there and lets us in (status ${exchange.answer.status}); nothing was stored`,
      },
    ];
  const answer = storeAnswerOf(exchange, [], channel.now());
  const status = exchange.kind === 'answered' ? { status: exchange.answer.status } : {};
  switch (answer.kind) {
    case 'unauthorised':
      return [bad(what, { code: 'archive-unauthorised', ...status })];
    case 'forbidden':
      return [bad(what, { code: 'archive-forbidden', ...status })];
    case 'busy':
      return [bad(what, { code: 'archive-busy', ...status })];
    case 'failed':
    case 'unclear':
      return [
        bad(what, answer.problem.code === 'store-unclear' ? { code: 'archive-error', ...status } : answer.problem),
      ];
    case 'stored':
    case 'partly':
    case 'refused':
    case 'renumbered':
      return [bad(what, { code: 'archive-answer-invalid', ...status, detail: 'an answer to what was not sent' })];
  }
}

/** 200, 202, 204: an empty message was stored as such; 400, 409, 415, 422: it was read and refused. */
const READ_AND_REFUSED: ReadonlySet<number> = new Set([200, 202, 204, 400, 409, 415, 422]);
