import type {
  DataSet,
  Result,
  SeriesInstanceUid,
  SopClassUid,
  SopInstanceUid,
  StudyInstanceUid,
} from '../domain/index.js';
import type { ArchiveProblem } from './archive-problem.js';
import type { ProbeRow } from './probe-row.js';
import type { Level, Query, SearchAnswer, SearchOptions } from './query.js';
import type { StoreAnswer } from './store-answer.js';

export interface SeriesReference {
  readonly study: StudyInstanceUid;
  readonly series: SeriesInstanceUid;
}

export interface InstanceReference extends SeriesReference {
  readonly instance: SopInstanceUid;
}

/** Where an instance was found. */
export interface LocatedInstance extends InstanceReference {
  readonly sopClass: SopClassUid | undefined;
}

/** Someone else's archive, asked within its budget. Every expected failure is a value; nothing is retried here. */
export interface Archive {
  readonly name: string;
  /**
   * QIDO-RS, all pages, every row checked against what was asked. A query that filters nothing throws; an answer that is not known to be
   * complete is a problem.
   */
  search(level: Level, query: Query, options?: SearchOptions): Promise<Result<readonly DataSet[], ArchiveProblem>>;
  /** The same, where an incomplete answer is of use too: it says which keys are ignored and what may be missing. */
  survey(level: Level, query: Query, options?: SearchOptions): Promise<Result<SearchAnswer, ArchiveProblem>>;
  /** Where an instance is whose series is not known: in that study first, then anywhere. `image-gone` when it is nowhere. */
  locate(
    instance: SopInstanceUid,
    study: StudyInstanceUid | undefined,
  ): Promise<Result<LocatedInstance, ArchiveProblem>>;
  /** WADO-RS: the Part 10 file as stored, where the archive gives it so. `image-gone` when it is not there. */
  retrieve(instance: InstanceReference): Promise<Result<Uint8Array, ArchiveProblem>>;
  /** WADO-RS metadata of one instance or of every instance of a series, without bulk data. `image-gone` when it is not there. */
  metadata(of: SeriesReference | InstanceReference): Promise<Result<readonly DataSet[], ArchiveProblem>>;
  /** STOW-RS, one request. Every object is a Part 10 file of this study. */
  store(study: StudyInstanceUid, objects: readonly Uint8Array[]): Promise<StoreAnswer>;
  /** Whether searching works and every key that is relied on filters. */
  probeSearch(): Promise<readonly ProbeRow[]>;
  /** Whether an instance can be retrieved. */
  probeRetrieve(): Promise<readonly ProbeRow[]>;
  /** Whether the store route is there and lets us in; leaves nothing behind. */
  probeStore(): Promise<readonly ProbeRow[]>;
  /** Why the archive is left alone just now, with what a request would be answered; undefined where it is not. Asks nothing. */
  leftAlone(): ArchiveProblem | undefined;
  /** Where the archive is left alone, and has been for long enough, asks it for next to nothing. Costs nothing otherwise; to be called every second. */
  tryAgain(): Promise<void>;
  /** Ends what is under way (as `archive-unreachable`) and closes all connections. */
  close(): Promise<void>;
}
