import type { Ms } from '../domain/index.js';

/** Job types: `run`: a run of the ledger may be due; `search`: a layer of a source; `harvest`: a partition of a harvest. */
export const JOB_KINDS = ['run', 'search', 'harvest'] as const;
export type JobKind = (typeof JOB_KINDS)[number];

/** All that a job carries: a number of the ledger or a name of the configuration, never an identifier of a patient, study or instance. */
export interface Job {
  readonly kind: JobKind;
  readonly id: string;
}

export interface Worker {
  /** Takes no further job and waits for those in hand. */
  stop(): Promise<void>;
}

/** Wake-ups. A job that is lost, repeated or late changes only when something happens: what is to be done stands in the ledger. */
export interface Queue {
  /** Queues a job unless the same one is queued already and not yet taken. */
  send(job: Job): Promise<'sent' | 'already-queued'>;
  /**
   * Gives due runs without a job one, up to 500 at a time, the most urgent first (a backlog only while fewer than 1,000 are queued); answers
   * how many. Runs by itself every 10 s in the leader; to be called after new runs were opened.
   */
  wakeDueRuns(): Promise<number>;
  /**
   * Takes jobs of a kind, `parallel` at a time, and looks for new ones every `pollMs` (at once when this process sends one). A handler that
   * throws is told to `failed`; the job is not repeated, since the ledger knows what is left to do.
   */
  work(
    kind: JobKind,
    options: { readonly parallel: number; readonly pollMs: Ms },
    handle: (job: Job) => Promise<void>,
  ): Worker;
  /** Stops all workers and the sweep. */
  close(): Promise<void>;
}

/** At most one process at a time is leader. */
export interface Leadership {
  /** Asks the database on the connection that holds the lock; takes the lock where it is free. To be called before each sweep. */
  isLeader(): Promise<boolean>;
  close(): Promise<void>;
}
