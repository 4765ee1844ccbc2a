/** What the ledger answers to questions: counts, lists, and everything it knows of one report. */
import type {
  Agreement,
  Finding,
  MeasurementKey,
  MethodName,
  Ms,
  OutcomeKind,
  ReasonCode,
  RequestKind,
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

/** Which lines of the worklist: all given conditions must hold. */
export interface WorklistFilter {
  readonly limit: number;
  /** Page on: runs that were opened before this one. */
  readonly before?: RunId;
  /** Reports with such a measurement; with `reason`, one that ended so for that reason. */
  readonly outcome?: OutcomeKind | 'pending';
  readonly reason?: ReasonCode;
  readonly source?: string;
  readonly firstSeenFrom?: Date;
  readonly firstSeenUntil?: Date;
}

/** A report with its current run; the run's id is the place in the list. */
export interface WorklistLine extends ReportLine {
  readonly run: RunId;
  /** Why measurements of it ended as they did, each once. */
  readonly reasons: readonly ReasonCode[];
}

/** How many measurements of current runs ended so. */
export interface OutcomeCount {
  readonly outcome: OutcomeKind | 'pending';
  readonly reason: ReasonCode | undefined;
  readonly count: number;
}

/** What a source has shown lately. */
export interface SourceActivity {
  readonly source: string;
  readonly reports: number;
  /** When it last showed a report that was not known. */
  readonly lastNew: Date | undefined;
  /** In the fourteen days before. */
  readonly newInTwoWeeks: number;
  /** The longest time between two new ones in these fourteen days. */
  readonly longestPauseMs: Ms | undefined;
}

/** Agreement of contours, this week beside the four weeks before. */
export interface AgreementDrift {
  readonly recent: AgreementSample;
  readonly before: AgreementSample;
}
export interface AgreementSample {
  readonly count: number;
  readonly mean: number;
  readonly deviation: number;
}

/** What a person chose for a held measurement. */
export interface Choice {
  readonly run: RunId;
  readonly measurementKey: MeasurementKey;
  readonly candidate: string;
  /** SHA-256 (hex) of the pixels that were shown; undefined where none was chosen. */
  readonly maskSha256: string | undefined;
  readonly by: string;
  readonly at: Date;
}

/** What a week has shown. */
export interface LetterFacts {
  /** New reports by hour of the day (UTC), over the whole time. */
  readonly hours: readonly { readonly hour: number; readonly reports: number }[];
  /** Who wrote reports; `readable`: those with a measurement. A writer that is not known: not read, or not said. */
  readonly writers: readonly {
    readonly writer: string | undefined;
    readonly kind: string | undefined;
    readonly reports: number;
    readonly readable: number;
    readonly measurements: number;
  }[];
  /** How the numbers of reports compare with their lines, by writer: findings `length.*`. */
  readonly lengths: readonly {
    readonly writer: string | undefined;
    readonly finding: string;
    readonly count: number;
  }[];
  readonly outcomes: readonly OutcomeCount[];
  /** Reports that ended without a look at a measurement. */
  readonly refused: readonly { readonly reason: ReasonCode; readonly count: number }[];
  /** Reports with something to show, the latest first. */
  readonly pictured: readonly ReportNumber[];
}

/** What one archive was asked for in one hour, in one kind of request; requests of all processes together. */
export interface ArchiveLoad {
  /** Its name in the configuration. */
  readonly archive: string;
  /** When the hour began. */
  readonly hour: Date;
  readonly kind: RequestKind;
  readonly requests: number;
  /** Those of them that gave nothing: refused, answered with an error or not at all. */
  readonly failures: number;
  /** Bodies only. */
  readonly sentBytes: number;
  readonly receivedBytes: number;
  /** Added up; requests may run beside each other. */
  readonly tookMs: number;
}
