import type { Ms, ReasonCode } from '../domain/index.js';
import { ms } from '../domain/index.js';

/** Why an archive did not do what it was asked. */
export interface ArchiveProblem {
  readonly code: ReasonCode;
  /** HTTP status, where there was an answer. */
  readonly status?: number;
  /** How long the archive asked us to wait. */
  readonly retryAfter?: Ms;
  /** Ours or the system's words (an error code, a count); never the archive's text, never an identifier. */
  readonly detail?: string;
  /**
   * Nothing was sent, so that it was no try: the archive is left alone because it is away or refuses us (it is asked again by itself, and then said so),
   * or it asked for patience before.
   */
  readonly unasked?: 'left-alone' | 'patience';
}

/** The reason for an HTTP status that is no success; the resource asked for decides what a 404 means, so callers may see it differently. */
export function problemOfStatus(
  status: number,
  header: (name: string) => string | undefined,
  now: number,
): ArchiveProblem {
  if (status === 429 || status === 503) {
    const retryAfter = retryAfterOf(header('retry-after'), now);
    return { code: 'archive-busy', status, ...(retryAfter === undefined ? {} : { retryAfter }) };
  }
  return { code: codeOfStatus(status), status };
}

function codeOfStatus(status: number): ReasonCode {
  if (status >= 300 && status < 400) return 'archive-redirects';
  switch (status) {
    case 401:
    case 407:
      return 'archive-unauthorised';
    case 403:
      return 'archive-forbidden';
    // a path that exists for other methods only is not the DICOMweb root either
    case 404:
    case 405:
    case 410:
      return 'archive-not-found';
    case 408:
    case 504:
      return 'archive-timeout';
    default:
      return 'archive-error';
  }
}

/** Statuses that say "not in this way", as opposed to "not now" and "not you". */
const NOT_IN_THIS_WAY: ReadonlySet<number | undefined> = new Set([400, 404, 405, 406, 422, 501]);

/** Whether a search of this kind is more than the archive can do. */
export const isNotInThisWay = (problem: ArchiveProblem): boolean => NOT_IN_THIS_WAY.has(problem.status);

/** RFC 9110 10.2.3: seconds, or a date. */
function retryAfterOf(value: string | undefined, now: number): Ms | undefined {
  if (value === undefined) return undefined;
  if (/^\s*\d+\s*$/.test(value)) return ms(Number(value) * 1000);
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : ms(Math.max(0, date - now));
}

const TIMEOUTS = new Set([
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'ETIMEDOUT',
  'ESOCKETTIMEDOUT',
]);

const CLOSED_HERE: ReadonlySet<string | undefined> = new Set([
  'UND_ERR_ABORTED',
  'UND_ERR_DESTROYED',
  'UND_ERR_CLOSED',
]);

/** Before any of these the request had not left this machine. */
const BEFORE_SENDING = new Set([
  'UND_ERR_CONNECT_TIMEOUT',
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
]);

interface NetworkFailure {
  readonly problem: ArchiveProblem;
  /** Whether the archive may have seen the request. */
  readonly sent: 'nothing' | 'unknown';
}

/**
 * What a failure of the network means; undefined for an error that is none (a bug, which is thrown on).
 * `answering`: the head of an answer was there when it happened.
 */
export function networkFailure(error: unknown, stage: 'asking' | 'answering'): NetworkFailure | undefined {
  const { name, code } = marksOf(error);
  if (name === 'TimeoutError') return { problem: { code: 'archive-timeout', detail: 'whole' }, sent: 'unknown' };
  if (name === 'AbortError' || CLOSED_HERE.has(code))
    return { problem: { code: 'archive-unreachable', detail: 'closed' }, sent: 'unknown' };
  if (name === 'HTTPParserError')
    return { problem: { code: 'archive-answer-invalid', detail: 'not HTTP' }, sent: 'unknown' };
  if (code === undefined || code === 'UND_ERR_INVALID_ARG') return undefined;
  const sent = BEFORE_SENDING.has(code) || isCertificateFault(code) ? 'nothing' : 'unknown';
  if (TIMEOUTS.has(code)) return { problem: { code: 'archive-timeout', detail: code }, sent };
  if (stage === 'answering') return { problem: { code: 'archive-answer-invalid', detail: `cut off: ${code}` }, sent };
  return { problem: { code: 'archive-unreachable', detail: code }, sent };
}

/** Not by class: Node's errors, undici's and DOM exceptions have no ancestor that can be relied on. */
function marksOf(error: unknown): { readonly name: string | undefined; readonly code: string | undefined } {
  if (typeof error !== 'object' || error === null) return { name: undefined, code: undefined };
  return {
    name: 'name' in error && typeof error.name === 'string' ? error.name : undefined,
    code: 'code' in error && typeof error.code === 'string' ? error.code : undefined,
  };
}

/** Codes of OpenSSL's certificate verification and of Node's host name check: the handshake failed, no request was sent. */
const isCertificateFault = (code: string): boolean =>
  /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER|HOSTNAME_MISMATCH/.test(code);
