/** Other people's archives over DICOMweb: what to search for and when, searching, retrieving, storing, within each archive's budget. */
export type { Archive, InstanceReference, LocatedInstance, SeriesReference } from './archive.js';
export type { ArchiveOptions, Timeouts, Tls } from './archive-options.js';
export type { ArchiveProblem } from './archive-problem.js';
export type { CircuitOptions } from './circuit.js';
export type { Credentials } from './credentials.js';
export type { RefusalMeans } from './failure-reasons.js';
export { askingForLess, foundReport } from './found-report.js';
export type { Budget, Clock } from './governor.js';
export { openArchive } from './open-archive.js';
export type { ProbeRow } from './probe-row.js';
export type { Level, Query, SearchAnswer, SearchOptions, Shortfall } from './query.js';
export {
  searchPlan,
  tailPlan,
  todayIn,
  type DicomDate,
  type ReportModality,
  type SearchLayer,
  type WatchLayer,
} from './search-plan.js';
export type { RefusedInstance, StoreAnswer, StoreWarning } from './store-answer.js';
export {
  sweep,
  type FailedSeries,
  type KnownCounts,
  type SeriesCount,
  type SweepPart,
  type SweepResult,
} from './sweep.js';
