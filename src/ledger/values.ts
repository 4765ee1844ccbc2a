/** What is said to the ledger and what it gives to work with. All times are the database's. */
import type {
  Agreement,
  Branded,
  Finding,
  FoundReport,
  MeasurementKey,
  MethodName,
  Ms,
  OutcomeKind,
  ReasonCode,
  SegmentationObject,
  SeriesInstanceUid,
  Skipped,
  SopClassUid,
  SopInstanceUid,
  StudyInstanceUid,
  Uid,
  WrittenSegment,
} from '../domain/index.js';
import type { DeliveryState, WorkingRunState } from './transitions.js';

/** The numbers in which reports and objects are spoken of outside the database: `r-1042`, `o-77`. */
export type ReportNumber = Branded<number, 'report number'>;
export type ObjectNumber = Branded<number, 'object number'>;
export type RunId = Branded<number, 'run'>;
export type DeliveryId = Branded<number, 'delivery'>;

/** SHA-256 in hex of what decides what a run does: the rules, and the method with its bundle and kernel revision. */
export interface RunDigests {
  readonly policyDigest: string;
  readonly methodDigest: string;
}

/** What a search layer saw. One call, one transaction: a series' count is never recorded without its reports. */
export interface Sighted {
  readonly source: string;
  /** Rows of searched series. */
  readonly found: readonly FoundReport[];
  /** Number of instances of the searched series, where the archive answers it. */
  readonly seriesCounts: ReadonlyMap<SeriesInstanceUid, number>;
  /** Series that were not searched because their count is the known one: their reports were seen again. */
  readonly unchangedSeries: readonly SeriesInstanceUid[];
  /** New reports of a `backlog` are worked after all of `today`. */
  readonly urgency: Urgency;
  /** Default `new`. */
  readonly arrival?: Arrival;
}
/** `was-there`: shown by the first search of a layer in this ledger, so that it may be of any age. */
export type Arrival = 'new' | 'was-there';
export type Urgency = 'today' | 'backlog';

/**
 * Why a run was opened. `amended`: its report no longer counts, and what is stored for it is looked after. `overwritten`: its archive shows the report
 * made at another time than before, so that it is read again. `replay` and `review` are a person's doing, and thereby the permission to store for a report that is older than a
 * destination's storeFrom.
 */
export type RunCause = 'sighting' | 'amended' | 'overwritten' | 'replay' | 'review';

/** What a replay asks for in place of the method of the rules. */
export interface Again {
  readonly method: 'grabcut' | 'cosegmentation';
  /** Name of the bundle, where it is another than the configured one. */
  readonly bundle?: string;
  /** What becomes of the contours that are there: `reject` has a note reject them once the new ones are confirmed. */
  readonly earlier: 'keep' | 'reject';
}

/** Which reports get a run under the given digests (none is made where one with these digests exists). */
export type RunScope = { readonly kind: 'reports-without-run' } | { readonly kind: 'every-report' };

export interface ReportRow {
  readonly number: ReportNumber;
  readonly sopInstanceUID: SopInstanceUid;
  /** Undefined where no archive answered it and the report was not read yet. */
  readonly sopClassUID: SopClassUid | undefined;
  readonly studyInstanceUID: StudyInstanceUid;
  readonly seriesInstanceUID: SeriesInstanceUid;
  readonly firstSeen: Date;
  readonly arrival: Arrival;
  /** SHA-256 (hex) of the report's data set as last read; undefined before the first read. */
  readonly digest: string | undefined;
  /** When it was last read with another data set than before under the same UID. */
  readonly amended: Date | undefined;
}

/** A report at a source, as that source numbers it. */
export interface Sighting {
  readonly source: string;
  readonly studyInstanceUID: StudyInstanceUid;
  readonly seriesInstanceUID: SeriesInstanceUid;
  readonly firstSeen: Date;
  readonly lastSeen: Date;
  /** Instance Availability as the source answered it last: ONLINE, NEARLINE ...; undefined where it does not. */
  readonly availability: string | undefined;
}

/**
 * The right to work on one run until the lease ends or somebody with a newer fence takes over. A value: each move gives a new one. Every write
 * with it says `where fence = $n`.
 */
export interface Claim {
  readonly run: RunId;
  readonly fence: number;
  readonly owner: string;
  readonly leaseMs: Ms;
  /** Where the work stands. A run that waited is given back in the state in which it went to wait. */
  readonly state: WorkingRunState;
  /** Failed tries in this state: counted waits, and takeovers from a worker that vanished. Waiting itself counts nothing. */
  readonly attempts: number;
  readonly cause: RunCause;
  /** Undefined unless a replay names its method. */
  readonly again: Again | undefined;
  readonly digests: RunDigests;
  readonly report: ReportRow;
  /** Where the report was seen, the latest first; never empty. */
  readonly sightings: readonly Sighting[];
  /** What people decided about the report so far, the oldest first. */
  readonly reviews: readonly Review[];
}

export interface ReportReading {
  /** SHA-256 (hex) of the data set. Another one than before under the same UID makes the report `amended`. */
  readonly digest: string;
  readonly kind: string;
  /** Maker and model of what wrote it, where the report says so. */
  readonly writer?: string;
  readonly sopClassUID: SopClassUid | undefined;
  readonly findings: readonly Finding[];
  readonly skipped: readonly Skipped[];
}

/** What of a report decides whether it counts. What identifies a patient or a reader is in it as a digest alone. */
export interface DocumentRecord {
  readonly predecessors: readonly SopInstanceUid[];
  readonly identicalDocuments: readonly SopInstanceUid[];
  readonly contentDateTime: string | undefined;
  readonly completeness: 'finished' | 'partial' | 'preliminary';
  /** Digest of what was measured, by whom, on whom; undefined where nothing was. */
  readonly content: string | undefined;
  /** The image of each measurement, by the measurement's key. */
  readonly places: Readonly<Record<string, string>>;
}

export interface LedgerDocument extends DocumentRecord {
  readonly report: ReportNumber;
  readonly sopInstanceUID: SopInstanceUid;
  /** Whether a contour of it is stored. */
  readonly isStored: boolean;
}

/** A key object document, where a source showed it. */
export interface KeyObjectPlace {
  readonly sopInstanceUID: SopInstanceUid;
  readonly source: string;
  readonly studyInstanceUID: StudyInstanceUid;
  readonly seriesInstanceUID: SeriesInstanceUid;
}

/** A report that no longer counts, and the report or note that says so. */
export interface Outdated {
  readonly sopInstanceUID: SopInstanceUid;
  readonly reason: 'superseded' | 'duplicate-report' | 'rejected-by-note';
  readonly by: SopInstanceUid;
}

export interface OutdatedReport {
  readonly report: ReportNumber;
  readonly reason: Outdated['reason'];
  /** Objects that were stored for it, and stay. */
  readonly objectsStored: number;
}

/** Why a report no longer counts, and the report or note that says so. */
export interface Outdating {
  readonly reason: Outdated['reason'];
  readonly by: SopInstanceUid;
}

/** An object that is stored although its report no longer counts, and that no note rejects yet. */
export interface OutdatedObject {
  readonly object: ObjectNumber;
  readonly report: ReportNumber;
  readonly reason: ReasonCode;
  /** The report that replaces it, or the note. */
  readonly by: SopInstanceUid;
  /** Where it is stored. */
  readonly destinations: readonly string[];
}

/** What is known of a measurement at the end of a step. Without an outcome it is on its way: the deliveries of its object decide. */
export interface MeasurementRecord {
  readonly key: MeasurementKey;
  readonly trackingUID?: Uid;
  readonly rule?: string;
  readonly method?: MethodName;
  readonly agreement?: Agreement;
  readonly findings: readonly Finding[];
  readonly outcome?: { readonly kind: 'held' | 'skipped' | 'failed'; readonly reason: ReasonCode };
  /** An own object that was at the destination already holds it: `already-stored` without an object of this run, unless an outcome says otherwise. */
  readonly alreadyIn?: { readonly seg: SopInstanceUid; readonly segmentNumber: number };
}

/** An object and the destinations it goes to: at least one. */
export interface ObjectRecord {
  readonly object: SegmentationObject;
  readonly kind: 'segmentation' | 'result-report' | 'rejection-note';
  readonly destinations: readonly string[];
}

/** What a step hands over when it ends: written in the transaction of the move. */
export interface Account {
  readonly reading?: ReportReading;
  /** Of the report that was read. */
  readonly document?: DocumentRecord;
  /** Added, or replacing what was known under the same key. */
  readonly measurements?: readonly MeasurementRecord[];
  /** Added where they are not known; those that are known keep what became of them. */
  readonly newMeasurements?: readonly MeasurementRecord[];
  /**
   * Idempotent by SOPInstanceUID: an object that exists is not made again (its bytes are put back where they were dropped, its deliveries
   * that are `would-store` or `dead` become due). Measurements of the object's segments point to it from then on.
   */
  readonly objects?: readonly ObjectRecord[];
  /** Destinations at which what is stored for the report, which no longer counts, was looked after. */
  readonly noted?: readonly string[];
}

/** Whether a wait counts as a failed try (an error of the work itself) or not (an archive that is away). */
export type Attempt = 'counted' | 'free';

export type RunMove =
  | { readonly to: 'reading' | 'segmenting' | 'delivering' | 'done'; readonly account?: Account }
  | {
      readonly to: 'waiting';
      /** From the database's now. */
      readonly afterMs: Ms;
      readonly reason: ReasonCode;
      readonly attempt: Attempt;
      readonly account?: Account;
    }
  | { readonly to: 'held' | 'refused' | 'dead'; readonly reason: ReasonCode; readonly account?: Account };

export type DeliveryMove =
  | { readonly to: 'looking'; readonly reason?: ReasonCode; readonly attempt?: Attempt }
  | { readonly to: 'storing' | 'confirming' | 'stored' | 'already-stored' | 'stored-unconfirmed' | 'would-store' }
  | { readonly to: 'waiting'; readonly afterMs: Ms; readonly reason: ReasonCode; readonly attempt: Attempt }
  | { readonly to: 'held' | 'refused' | 'dead'; readonly reason: ReasonCode };

/** One object on its way to one destination. */
export interface Delivery {
  readonly id: DeliveryId;
  readonly object: ObjectNumber;
  readonly kind: ObjectRecord['kind'];
  readonly sopInstanceUID: SopInstanceUid;
  readonly studyInstanceUID: StudyInstanceUid;
  readonly seriesInstanceUID: SeriesInstanceUid;
  /** SHA-256 (hex) of the Part 10 file. */
  readonly digest: string;
  readonly segments: readonly WrittenSegment[];
  readonly destination: string;
  readonly state: DeliveryState;
  /** When waiting: the state in which it went to wait, and in which `resumeDelivery` puts it. */
  readonly cameFrom: DeliveryState | undefined;
  readonly reason: ReasonCode | undefined;
  readonly attempts: number;
  /** Milliseconds from the database's now until it is due; 0 when it is. Only for working and waiting deliveries. */
  readonly dueInMs: Ms;
}

export type Mode = 'live' | 'shadow' | 'paused';

/** A source or destination as the ledger knows it. */
export interface Role {
  readonly role: 'source' | 'destination';
  readonly name: string;
  /** `paused` where someone or something paused it, else the configured one. */
  readonly mode: Mode;
  readonly configured: Mode;
  readonly pausedReason: string | undefined;
  /** When it first was live in this ledger. */
  readonly firstLive: Date | undefined;
}

/** What a person decided about a held run, a measurement or an object. */
export interface Review {
  readonly report: ReportNumber;
  readonly measurementKey: MeasurementKey | undefined;
  readonly decision: ReviewDecision;
  /** Name of the account that signed in. */
  readonly by: string;
  readonly at: Date;
}
export type ReviewDecision = 'accepted' | 'rejected' | 'look-again';

export type HeldDecision =
  { readonly to: 'reading' | 'segmenting' | 'delivering' } | { readonly to: 'refused'; readonly reason: ReasonCode };

/** Which reports `replay` reopens, judged by their current run. All given conditions must hold; none given is every report. */
export interface ReplaySelection {
  readonly reports?: readonly ReportNumber[];
  readonly outcome?: OutcomeKind;
  readonly reason?: ReasonCode;
  /** Seen in this source, there or also elsewhere. */
  readonly source?: string;
  readonly firstSeenFrom?: Date;
  readonly firstSeenUntil?: Date;
}

export type LeaseLost = 'lease-lost';

export interface RecordAnswer {
  /** Only where a reading was recorded. `amended`: the data set under this UID is another one than last time. */
  readonly report: 'first-read' | 'unchanged' | 'amended' | undefined;
  /** Numbers of the given objects, in their order. */
  readonly objects: readonly ObjectNumber[];
}

export interface MoveAnswer extends RecordAnswer {
  readonly claim: Claim | undefined;
}
