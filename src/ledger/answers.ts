/** What the ledger answers to questions: counts, lists, and everything it knows of one report. */
import type {
  Agreement,
  Finding,
  MeasurementKey,
  MethodName,
  OutcomeKind,
  ReasonCode,
  SeriesInstanceUid,
  SopInstanceUid,
  StudyInstanceUid,
  Uid,
  WrittenSegment,
} from '../domain/index.js';
import type { DeliveryState, RunState } from './transitions.js';
import type {
  ReportNumber,
  ObjectNumber,
  RunId,
  DeliveryId,
  RunDigests,
  RunCause,
  ReportRow,
  Sighting,
  ReportReading,
  ObjectRecord,
  Review,
} from './values.js';

export interface LedgerStatus {
  readonly reports: number;
  readonly runs: Readonly<Record<RunState, number>>;
  readonly deliveries: Readonly<Record<DeliveryState, number>>;
  /** Of the latest run of every report. `pending`: no outcome yet, the run is under way. */
  readonly outcomes: Readonly<Record<OutcomeKind | 'pending', number>>;
  /** When the work that has been due longest became due. */
  readonly oldestDue: Date | undefined;
}

/** For "work until idle": idle is due = 0, working = 0; then nothing happens before `waitingUntil`. */
export interface Work {
  readonly due: number;
  readonly working: number;
  readonly waiting: number;
  readonly waitingUntil: Date | undefined;
}

export interface MeasurementRow {
  readonly key: MeasurementKey;
  readonly outcome: OutcomeKind | undefined;
  readonly reason: ReasonCode | undefined;
  readonly rule: string | undefined;
  readonly method: MethodName | undefined;
  readonly agreement: Agreement | undefined;
  readonly trackingUID: Uid | undefined;
  readonly findings: readonly Finding[];
  readonly object: ObjectNumber | undefined;
  readonly seg: SopInstanceUid | undefined;
  readonly segmentNumber: number | undefined;
}

export interface DeliveryRow {
  readonly id: DeliveryId;
  readonly destination: string;
  readonly state: DeliveryState;
  readonly reason: ReasonCode | undefined;
  readonly due: Date;
  readonly attempts: number;
  readonly changed: Date;
}

export interface ObjectRow {
  readonly number: ObjectNumber;
  readonly kind: ObjectRecord['kind'];
  readonly report: ReportNumber;
  readonly run: RunId;
  readonly sopInstanceUID: SopInstanceUid;
  readonly seriesInstanceUID: SeriesInstanceUid;
  readonly studyInstanceUID: StudyInstanceUid;
  readonly digest: string;
  readonly segments: readonly WrittenSegment[];
  readonly warnings: readonly string[];
  readonly created: Date;
  readonly bytesHeld: number | undefined;
  readonly deliveries: readonly DeliveryRow[];
}

export interface EventEntry {
  readonly at: Date;
  readonly what: 'run' | 'delivery';
  readonly object: ObjectNumber | undefined;
  readonly destination: string | undefined;
  /** Undefined for the first entry of a row. */
  readonly from: RunState | DeliveryState | undefined;
  readonly to: RunState | DeliveryState;
  readonly reason: ReasonCode | undefined;
  readonly by: string | undefined;
}

export interface RunRow {
  readonly id: RunId;
  readonly state: RunState;
  readonly reason: ReasonCode | undefined;
  readonly cameFrom: RunState | undefined;
  readonly cause: RunCause;
  readonly digests: RunDigests;
  readonly due: Date;
  readonly attempts: number;
  readonly owner: string | undefined;
  readonly opened: Date;
  readonly changed: Date;
  readonly reading: ReportReading | undefined;
  readonly measurements: readonly MeasurementRow[];
  readonly objects: readonly ObjectRow[];
  readonly events: readonly EventEntry[];
}

/** Everything the ledger knows of one report: what `explain` and the page tell. */
export interface ReportStory {
  readonly report: ReportRow;
  readonly sightings: readonly Sighting[];
  /** The latest first. */
  readonly runs: readonly RunRow[];
  readonly reviews: readonly Review[];
}

/** One line of the list of reports: the latest run of each. */
export interface ReportLine {
  readonly number: ReportNumber;
  readonly firstSeen: Date;
  readonly sources: readonly string[];
  readonly state: RunState | undefined;
  readonly reason: ReasonCode | undefined;
  readonly due: Date | undefined;
  readonly changed: Date;
  readonly outcomes: Readonly<Partial<Record<OutcomeKind | 'pending', number>>>;
}

export interface ReportFilter {
  readonly limit: number;
  /** Page on: reports with a smaller number. */
  readonly before?: ReportNumber;
  readonly state?: RunState;
  readonly outcome?: OutcomeKind;
  readonly source?: string;
}
