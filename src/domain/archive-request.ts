import type { Ms } from './units.js';

/** What an archive was asked for: QIDO-RS, WADO-RS metadata, WADO-RS instances, STOW-RS. */
export const REQUEST_KINDS = ['search', 'metadata', 'retrieve', 'store'] as const;
export type RequestKind = (typeof REQUEST_KINDS)[number];

export type RequestOutcome =
  /** 2xx. */
  | 'success'
  /** 404, 410: an answer like any other to a question whether something is there. */
  | 'not-there'
  /** 3xx and any other 4xx. */
  | 'refused'
  /** 5xx. */
  | 'error'
  /** No answer, or one that cannot be used. */
  | 'no-answer';

/** Whether a request cost an archive something and gave nothing. */
export const isFailedRequest = (outcome: RequestOutcome): boolean => outcome !== 'success' && outcome !== 'not-there';

/** One HTTP request that an archive was sent. */
export interface ArchiveRequest {
  readonly archive: string;
  readonly kind: RequestKind;
  readonly outcome: RequestOutcome;
  /** Bodies only, as they went over the wire. */
  readonly sentBytes: number;
  readonly receivedBytes: number;
  /** From the first byte sent to the last byte read, without what was waited for the budget. */
  readonly took: Ms;
}

export type RequestObserver = (request: ArchiveRequest) => void;
