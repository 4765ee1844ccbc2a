import type { ReasonCode } from '../domain/index.js';
import type { Entry, PartitionEntry } from './entries.js';

/** What a harvest has done and what of the rest is this process's to do. An entry counts when `add` resolves: from then on nothing takes it away. */
export interface WorkBook {
  /** Takes work that nobody has at hand and nobody did; tells what is done. What is in neither set another process has. */
  claim(names: readonly string[]): Promise<Claimed>;
  add(entry: Entry): Promise<void>;
  entryOf(name: string): Promise<Entry | undefined>;
  all(): Promise<readonly Entry[]>;
}

export interface Claimed {
  readonly mine: ReadonlySet<string>;
  readonly done: ReadonlySet<string>;
}

/** The name of a window of a source; a week of one day is not that day. */
export const windowName = (source: string, { width, from, to }: PartitionEntry['partition']): string =>
  `${source} ${width} ${from}-${to}`;

/** By what a piece of work is known: a window by its name, an instance by its pseudonym. */
export const nameOf = (entry: Entry): string =>
  entry.kind === 'partition' ? windowName(entry.source, entry.partition) : entry.report;

/** Whether asking once more may give more. */
export function mayBeHadLater(entry: Entry): boolean {
  if (entry.kind === 'partition') return entry.result.kind === 'failed';
  return entry.kind === 'report' && entry.result.kind === 'lost' && isRetryable(entry.result.reason);
}

const isRetryable = (reason: ReasonCode): boolean =>
  reason.startsWith('archive-') || reason === 'worker-crashed' || reason === 'nearline';
