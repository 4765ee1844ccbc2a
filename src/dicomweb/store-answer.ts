import { dataSetFromJson } from '../dicom/index.js';
import {
  asReadUid,
  fail,
  tag,
  TAG,
  type DataSet,
  type Ms,
  type ReasonCode,
  type Result,
  type SopInstanceUid,
} from '../domain/index.js';
import { problemOfStatus, type ArchiveProblem } from './archive-problem.js';
import { failureMeaning, warningMeaning, type RefusalMeans, type WarningMeaning } from './failure-reasons.js';
import { parseJson } from './search.js';
import type { Exchange, HttpAnswer } from './exchange.js';

export interface StoreWarning {
  readonly instance: SopInstanceUid;
  /** WarningReason (0008,1196). */
  readonly warningReason: number;
  readonly meaning: WarningMeaning;
}

export interface RefusedInstance {
  readonly instance: SopInstanceUid;
  /** FailureReason (0008,1197); undefined where the archive gave none. */
  readonly failureReason: number | undefined;
  readonly means: RefusalMeans;
  readonly reason: ReasonCode;
}

/** What a store answered; one arm for each thing that has to be treated differently. */
export type StoreAnswer =
  /** All of them, says the archive; only a read-back proves it. */
  | {
      readonly kind: 'stored';
      readonly instances: readonly SopInstanceUid[];
      readonly warnings: readonly StoreWarning[];
    }
  | {
      readonly kind: 'partly';
      readonly stored: readonly SopInstanceUid[];
      readonly warnings: readonly StoreWarning[];
      readonly refused: readonly RefusedInstance[];
    }
  | { readonly kind: 'refused'; readonly refused: readonly RefusedInstance[] }
  /** The archive stored, under identifiers that are not those that were sent. */
  | { readonly kind: 'renumbered'; readonly instances: readonly SopInstanceUid[] }
  | { readonly kind: 'unauthorised' }
  | { readonly kind: 'forbidden' }
  | { readonly kind: 'busy'; readonly retryAfter: Ms | undefined }
  /** It may or may not be stored: look before sending again. */
  | { readonly kind: 'unclear'; readonly problem: ArchiveProblem }
  /** Nothing was stored, and not because of the objects. */
  | { readonly kind: 'failed'; readonly problem: ArchiveProblem };

/** Not in the table of tags that have names here: failures that the archive could not assign to an instance. */
const OTHER_FAILURES_SEQUENCE = tag(0x0008119a);

/**
 * What became of a store (PS3.18 10.5.3 and annex I). The body decides, not the status: an archive that stored one of two says 400 and lists
 * the one, and 200 without a list says nothing at all.
 */
export function storeAnswerOf(exchange: Exchange, sent: readonly SopInstanceUid[], now: number): StoreAnswer {
  if (exchange.kind === 'failed') return withoutAnswer(exchange);
  const { answer } = exchange;
  switch (answer.status) {
    case 401:
      return { kind: 'unauthorised' };
    case 403:
      return { kind: 'forbidden' };
    case 429:
    case 503:
      return { kind: 'busy', retryAfter: problemOfStatus(answer.status, answer.header, now).retryAfter };
    case 413:
    case 415:
      return failed(answer, 'store-refused');
    case 507:
      return failed(answer, 'store-out-of-resources');
    // gateways and servers that broke off: the request may have gone through
    case 408:
    case 500:
    case 502:
    case 504:
      return unclear(answer, 'a failure after the object was sent');
    default:
  }
  if (answer.status >= 200 && answer.status < 300) return byBody(answer, sent);
  if (answer.status === 400 || answer.status === 409) return byBody(answer, sent);
  return { kind: 'failed', problem: problemOfStatus(answer.status, answer.header, now) };
}

function withoutAnswer({ problem, sent }: Extract<Exchange, { kind: 'failed' }>): StoreAnswer {
  if (sent === 'unknown') return { kind: 'unclear', problem };
  return problem.code === 'archive-busy' && problem.unasked === undefined
    ? { kind: 'busy', retryAfter: problem.retryAfter }
    : { kind: 'failed', problem };
}

const failed = ({ status }: HttpAnswer, code: ReasonCode): StoreAnswer => ({
  kind: 'failed',
  problem: { code, status },
});

const unclear = ({ status }: HttpAnswer, detail: string): StoreAnswer => ({
  kind: 'unclear',
  problem: { code: 'store-unclear', status, detail },
});

function byBody(answer: HttpAnswer, sent: readonly SopInstanceUid[]): StoreAnswer {
  const body = storeResponse(answer);
  if (!body.ok) return unclear(answer, body.error);
  const listed = body.value.items(TAG.ReferencedSOPSequence);
  const failures = body.value.items(TAG.FailedSOPSequence);
  const uidOf = (item: DataSet): string | undefined => item.text(TAG.ReferencedSOPInstanceUID);
  const listedUids = listed.map(uidOf);
  const failedUids = failures.map(uidOf);

  const foreign = listedUids.flatMap((uid) =>
    uid === undefined || sent.some((instance) => instance === uid) ? [] : [asReadUid<SopInstanceUid>(uid)],
  );
  if (foreign.length > 0 && sent.some((instance) => !listedUids.includes(instance)))
    return { kind: 'renumbered', instances: foreign };
  if (sent.some((instance) => listedUids.includes(instance) && failedUids.includes(instance)))
    return unclear(answer, 'an instance is listed as stored and as failed');

  const stored = sent.filter((instance) => listedUids.includes(instance));
  // a failure that names no instance, or an archive that judged the message (400, 409) and lists the others: those not named were refused
  const judged =
    answer.status >= 400 || failedUids.includes(undefined) || body.value.items(OTHER_FAILURES_SEQUENCE).length > 0;
  const refused: RefusedInstance[] = [];
  for (const instance of sent) {
    if (stored.includes(instance)) continue;
    const failure = failures[failedUids.indexOf(instance)];
    if (failure === undefined && !judged) return unclear(answer, 'an instance is in no list');
    refused.push(refusal(instance, failure?.number(TAG.FailureReason)));
  }
  const warnings = listed.flatMap((item) => warningOf(item));
  if (refused.length === 0) return { kind: 'stored', instances: stored, warnings };
  return stored.length === 0 ? { kind: 'refused', refused } : { kind: 'partly', stored, warnings, refused };
}

/** Bad syntax without a number (400): the same bytes will be judged the same. */
const refusal = (instance: SopInstanceUid, failureReason: number | undefined): RefusedInstance => ({
  instance,
  failureReason,
  ...(failureReason === undefined
    ? { means: 'never' as const, reason: 'store-refused' as const }
    : failureMeaning(failureReason)),
});

function warningOf(item: DataSet): StoreWarning[] {
  const warningReason = item.number(TAG.WarningReason);
  const instance = item.text(TAG.ReferencedSOPInstanceUID);
  if (warningReason === undefined || instance === undefined) return [];
  return [{ instance: asReadUid(instance), warningReason, meaning: warningMeaning(warningReason) }];
}

/** The Store Instances Response (PS3.18 I.2) in JSON, whatever its Content-Type says: some archives send none. XML is not read. */
function storeResponse({ body }: HttpAnswer): Result<DataSet, string> {
  if (body.kind !== 'bytes') return fail('multipart instead of JSON');
  if (body.bytes.length === 0) return fail('no body');
  const json = parseJson(body.bytes);
  if (!json.ok) return json;
  const object: unknown = Array.isArray(json.value) && json.value.length === 1 ? json.value[0] : json.value;
  const dataSet = dataSetFromJson(object);
  if (!dataSet.ok) return fail('JSON, but no data set');
  const known = [TAG.ReferencedSOPSequence, TAG.FailedSOPSequence, OTHER_FAILURES_SEQUENCE];
  return known.some((sequence) => dataSet.value.has(sequence)) ? dataSet : fail('no list of instances');
}
