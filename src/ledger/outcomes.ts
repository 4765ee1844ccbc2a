import type { OutcomeKind, ReasonCode } from '../domain/index.js';
import type { DeliveryState } from './transitions.js';

export interface DeliveryEnd {
  readonly state: DeliveryState;
  readonly cameFrom: DeliveryState | undefined;
  readonly reason: ReasonCode | undefined;
}

/** The best first: what a measurement has become is its worst delivery. */
const BEST_FIRST: readonly OutcomeKind[] = [
  'stored',
  'already-stored',
  'stored-unconfirmed',
  'would-store',
  'held',
  'skipped',
  'failed',
];

/**
 * The outcome of the measurements of an object. A delivery that has stopped for good, or for a person, speaks at once; otherwise there is no
 * outcome as long as one is under way.
 */
export function outcomeOf(
  deliveries: readonly DeliveryEnd[],
): { readonly kind: OutcomeKind; readonly reason: ReasonCode | undefined } | undefined {
  const ends = deliveries.map((delivery) => ({ kind: kindOf(delivery), reason: delivery.reason }));
  const worst = ends.reduce<(typeof ends)[number] | undefined>(
    (worse, end) => (rank(end.kind) > (worse ? rank(worse.kind) : -1) ? end : worse),
    undefined,
  );
  if (!worst?.kind) return undefined;
  const underWay = ends.some((end) => end.kind === undefined);
  if (underWay && rank(worst.kind) < rank('held')) return undefined;
  return { kind: worst.kind, reason: rank(worst.kind) < rank('held') ? undefined : worst.reason };
}

const NO_LONGER_COUNTS: ReadonlySet<ReasonCode> = new Set<ReasonCode>([
  'contour-of-other-work',
  'rejected-by-note',
  'superseded',
  'duplicate-report',
]);

const rank = (kind: OutcomeKind | undefined): number => (kind === undefined ? -1 : BEST_FIRST.indexOf(kind));

function kindOf({ state, cameFrom, reason }: DeliveryEnd): OutcomeKind | undefined {
  switch (state) {
    case 'stored':
    case 'already-stored':
    case 'stored-unconfirmed':
    case 'would-store':
    case 'held':
      return state;
    case 'dead':
      return 'failed';
    case 'refused':
      // out of `held`, a person refused it; that its report no longer counts is no failure either
      return cameFrom === 'held' || (reason !== undefined && NO_LONGER_COUNTS.has(reason)) ? 'skipped' : 'failed';
    default:
      return undefined;
  }
}
