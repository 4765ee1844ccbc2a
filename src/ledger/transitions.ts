/**
 * What may follow what: the only place that knows. Documentation, diagram and property tests read these tables. A row of either table carries
 * its state, the reason of its stop and the state it came from.
 */
export type RunState =
  'seen' | 'reading' | 'segmenting' | 'delivering' | 'waiting' | 'held' | 'done' | 'refused' | 'dead';

export type DeliveryState =
  | 'due'
  | 'looking'
  | 'storing'
  | 'confirming'
  | 'waiting'
  | 'held'
  | 'stored'
  | 'already-stored'
  | 'stored-unconfirmed'
  | 'would-store'
  | 'refused'
  | 'dead';

/** Reachable from every working state: `waiting` with a time and a cause, the others with a reason. */
const STOPS = ['waiting', 'held', 'refused', 'dead'] as const;

export const RUN_TRANSITIONS = {
  seen: ['reading', ...STOPS],
  reading: ['segmenting', 'done', ...STOPS], // done: nothing to segment, every measurement accounted for
  segmenting: ['delivering', 'done', 'reading', ...STOPS], // done: everything skipped, no object; reading: overwritten meanwhile
  delivering: ['done', ...STOPS], // done: every delivery of every object has ended
  waiting: ['seen', 'reading', 'segmenting', 'delivering', 'dead'], // resumes where it stood; waiting is not an attempt
  held: ['reading', 'segmenting', 'delivering', 'refused'], // a person accepts, asks for another look, or rejects; reading: overwritten
  done: ['seen'], // replay, or overwritten; a new bundle or rule makes a new run instead
  refused: ['seen'],
  dead: ['seen'],
} as const satisfies Record<RunState, readonly RunState[]>;

export const DELIVERY_TRANSITIONS = {
  due: ['looking', ...STOPS],
  looking: ['storing', 'already-stored', 'would-store', ...STOPS], // would-store: shadow, or before storeFrom
  storing: ['confirming', 'stored-unconfirmed', 'looking', ...STOPS], // looking: the answer was unclear, so look before repeating
  confirming: ['stored', 'looking', ...STOPS], // looking: read-back does not find it
  waiting: ['due', 'looking', 'storing', 'confirming', 'dead'],
  held: ['due', 'refused'],
  'would-store': ['due'], // replay --outcome would-store
  stored: [],
  'already-stored': [],
  'stored-unconfirmed': [],
  refused: [],
  dead: ['due'],
} as const satisfies Record<DeliveryState, readonly DeliveryState[]>;

/** States in which a worker has something to do now. */
export const RUN_WORKING = ['seen', 'reading', 'segmenting', 'delivering'] as const satisfies readonly RunState[];
export type WorkingRunState = (typeof RUN_WORKING)[number];

/** A delivery that has ended needs nothing more; `held` has not ended, since a person is expected. */
export const DELIVERY_ENDED = [
  'stored',
  'already-stored',
  'stored-unconfirmed',
  'would-store',
  'refused',
  'dead',
] as const satisfies readonly DeliveryState[];

export const mayFollow = <S extends string>(table: Readonly<Record<S, readonly S[]>>, from: S, to: S): boolean =>
  table[from].includes(to);
