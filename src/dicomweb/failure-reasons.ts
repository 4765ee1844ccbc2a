import type { ReasonCode } from '../domain/index.js';

/** What a refused instance is good for: sent again later, never again as it is, or looked for because it may be there already. */
export type RefusalMeans = 'retry' | 'never' | 'duplicate';

interface FailureMeaning {
  readonly means: RefusalMeans;
  readonly reason: ReasonCode;
}

interface FailureRow extends FailureMeaning {
  readonly from: number;
  readonly to: number;
}

/**
 * FailureReason (0008,1197): PS3.18 table I.2-2, PS3.4 table B.2-1, PS3.7 annex C. The first row that covers the number counts.
 * Processing failure (0110) is what archives say when they do not want to say more: worth a few attempts.
 */
const FAILURE_REASONS: readonly FailureRow[] = [
  { from: 0x0110, to: 0x0110, means: 'retry', reason: 'archive-error' },
  { from: 0x0111, to: 0x0111, means: 'duplicate', reason: 'store-unclear' },
  { from: 0x0122, to: 0x0122, means: 'never', reason: 'store-refused' },
  { from: 0x0124, to: 0x0124, means: 'retry', reason: 'archive-forbidden' },
  { from: 0x0213, to: 0x0213, means: 'retry', reason: 'store-out-of-resources' },
  // not in the standard: Microsoft's DICOM service, exists and is being created (by an earlier try of ours, as far as anyone can tell)
  { from: 45070, to: 45071, means: 'duplicate', reason: 'store-unclear' },
  { from: 0xa700, to: 0xa7ff, means: 'retry', reason: 'store-out-of-resources' },
  { from: 0xa900, to: 0xa9ff, means: 'never', reason: 'store-refused' },
  { from: 0xc000, to: 0xcfff, means: 'never', reason: 'store-refused' },
];

/** Other values are allowed; they are no judgement of the object, as far as anyone can tell. */
const UNKNOWN: FailureMeaning = { means: 'retry', reason: 'archive-error' };

export function failureMeaning(failureReason: number): FailureMeaning {
  const { means, reason } =
    FAILURE_REASONS.find(({ from, to }) => failureReason >= from && failureReason <= to) ?? UNKNOWN;
  return { means, reason };
}

export type WarningMeaning = 'coerced' | 'elements-discarded' | 'does-not-match-class' | 'other';

/** WarningReason (0008,1196): PS3.18 table I.2-1, PS3.2 J.4.2. */
const WARNINGS: ReadonlyMap<number, WarningMeaning> = new Map([
  [0xb000, 'coerced'],
  [0xb006, 'elements-discarded'],
  [0xb007, 'does-not-match-class'],
]);

export const warningMeaning = (warningReason: number): WarningMeaning => WARNINGS.get(warningReason) ?? 'other';
