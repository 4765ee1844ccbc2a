import type { ReasonCode } from './reasons.js';
import type { SopInstanceUid } from './uids.js';

/** What became of a measurement. */
export type Outcome =
  | { readonly kind: 'stored'; readonly seg: SopInstanceUid; readonly segmentNumber: number }
  | { readonly kind: 'already-stored'; readonly seg: SopInstanceUid; readonly segmentNumber: number }
  | { readonly kind: 'stored-unconfirmed'; readonly seg: SopInstanceUid; readonly segmentNumber: number }
  | { readonly kind: 'would-store'; readonly seg: SopInstanceUid; readonly segmentNumber: number }
  | { readonly kind: 'held'; readonly reason: ReasonCode }
  | { readonly kind: 'skipped'; readonly reason: ReasonCode }
  | { readonly kind: 'failed'; readonly reason: ReasonCode };

export type OutcomeKind = Outcome['kind'];

export const OUTCOME_KINDS = [
  'stored',
  'already-stored',
  'stored-unconfirmed',
  'would-store',
  'held',
  'skipped',
  'failed',
] as const satisfies readonly OutcomeKind[];
