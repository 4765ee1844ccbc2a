/** What is said to the ledger and what it answers. All times are the database's. */
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
  Result,
  SegmentationObject,
  SeriesInstanceUid,
  Skipped,
  SopClassUid,
  SopInstanceUid,
  StudyInstanceUid,
  Uid,
  WrittenSegment,
} from '../domain/index.js';
import type { DeliveryState, RunState, WorkingRunState } from './transitions.js';

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
}
export type Urgency = 'today' | 'backlog';

/**
 * Why a run was opened. `replay` and `review` are a person's doing, and thereby the permission to store for a report that is older than a
 * destination's storeFrom.
 */
export type RunCause = 'sighting' | 'amended' | 'replay' | 'review';

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
  readonly sopClassUID: SopClassUid | undefined;
  readonly findings: readonly Finding[];
  readonly skipped: readonly Skipped[];
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
  /** An own object that was at the destination already holds it: `already-stored` without an object of this run. */
  readonly alreadyIn?: { readonly seg: SopInstanceUid; readonly segmentNumber: number };
}

/** An object and the destinations it goes to: at least one. */
export interface ObjectRecord {
  readonly object: SegmentationObject;
  readonly kind: 'segmentation' | 'result-report';
  readonly destinations: readonly string[];
}

/** What a step hands over when it ends: written in the transaction of the move. */
export interface Account {
  readonly reading?: ReportReading;
  /** Added, or replacing what was known under the same key. */
  readonly measurements?: readonly MeasurementRecord[];
  /**
   * Idempotent by SOPInstanceUID: an object that exists is not made again (its bytes are put back where they were dropped, its deliveries
   * that are `would-store` or `dead` become due). Measurements of the object's segments point to it from then on.
   */
  readonly objects?: readonly ObjectRecord[];
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
  readonly firstSeenFrom?: Date;
  readonly firstSeenUntil?: Date;
}

export type LeaseLost = 'lease-lost';

/**
 * What became of each report. Each method is one transaction, and each move writes its event in it. A write with a claim that somebody else
 * has taken over answers `lease-lost` and changes nothing. An illegal transition throws: it is a bug of the caller. Everything throws where
 * the database does not answer.
 */
export interface Ledger {
  // watch
  /** How many instances each of these series had when it was last searched completely; a series that is not in the map is unknown. */
  seriesCounts(source: string, series: readonly SeriesInstanceUid[]): Promise<ReadonlyMap<SeriesInstanceUid, number>>;
  /** Records what a source showed. `new`: the numbers of reports seen for the first time anywhere. */
  sight(sighted: Sighted): Promise<{ readonly new: readonly ReportNumber[] }>;
  /**
   * Opens a run for each report of the scope that has none under these digests. Runs of older digests that are not being worked on and have
   * made no object yet are taken over by the new digests (their decisions are still to come); those of a replay keep theirs.
   */
  ensureRuns(digests: RunDigests, scope: RunScope): Promise<{ readonly opened: number; readonly takenOver: number }>;

  // work
  /**
   * Claims a run that is due: `today` before `backlog`, then the longest due; given a run, that one if it is due. A run is due when it is
   * in a working state without a living lease, or when its wait is over. Runs of one report are worked one after another.
   */
  claimRun(owner: string, leaseMs: Ms, run?: RunId): Promise<Claim | undefined>;
  /** Prolongs the lease; false when somebody else has taken over. To be called at least before every STOW. */
  renew(claim: Claim): Promise<boolean>;
  /** Gives the run back unchanged and due at once (a daemon that stops). */
  release(claim: Claim): Promise<void>;
  /** Writes what is known so far without moving the run. */
  record(claim: Claim, account: Account): Promise<Result<RecordAnswer, LeaseLost>>;
  /**
   * Ends a step. `done` throws while a measurement has no outcome or a delivery has not ended (a run with a held delivery is `held`). `held`
   * holds the measurements that have no outcome and no object; `refused` and `dead` end what is open: deliveries as dead (held ones as
   * refused), other measurements as skipped or failed, with the reason. Stops and `done` end the claim: the answer's `claim` is undefined.
   */
  moveRun(claim: Claim, move: RunMove): Promise<Result<MoveAnswer, LeaseLost>>;

  // deliver
  /** The deliveries of the run's objects, ended ones too, by object and destination. */
  deliveries(claim: Claim): Promise<readonly Delivery[]>;
  /** The Part 10 file, as long as a delivery of the object has not ended. */
  objectBytes(object: ObjectNumber): Promise<Uint8Array | undefined>;
  /**
   * Moves a delivery, and with it the outcomes of its object's measurements (the worst delivery speaks). A waiting delivery that is due goes
   * on with `resume`. Bytes are dropped when the last delivery of the object ends.
   */
  moveDelivery(claim: Claim, delivery: DeliveryId, move: DeliveryMove): Promise<Result<Delivery, LeaseLost>>;
  /** Puts a waiting delivery back where it stood. */
  resumeDelivery(claim: Claim, delivery: DeliveryId): Promise<Result<Delivery, LeaseLost>>;

  // people
  /**
   * A held run goes on: `reading` and `segmenting` open its held measurements again, `delivering` makes its held deliveries due, `refused` ends
   * both as skipped.
   */
  decideHeld(run: RunId, decision: HeldDecision, by: string): Promise<Result<void, 'not-held'>>;
  /**
   * Works the selected reports again: their run of these digests goes back to `seen`; where there is none, one is opened. Reports with a run
   * under way, or whose run of these digests is held (see `decideHeld`), are left alone. `by`: who asked.
   */
  reopen(
    selection: ReplaySelection,
    digests: RunDigests,
    cause: Exclude<RunCause, 'sighting'>,
    by: string,
  ): Promise<readonly ReportNumber[]>;
  addReview(review: Omit<Review, 'at'>): Promise<void>;

  // sources and destinations
  /** Tells the ledger the configured mode; the first time that it is live is kept for ever. */
  registerRole(role: Role['role'], name: string, configured: Mode): Promise<Role>;
  /** Pauses until `resumeRole`, through restarts. `reason`: a reason code, or who did it. */
  pauseRole(role: Role['role'], name: string, reason: string): Promise<Role>;
  resumeRole(role: Role['role'], name: string): Promise<Role>;
  roles(): Promise<readonly Role[]>;

  // questions
  status(): Promise<LedgerStatus>;
  work(): Promise<Work>;
  recentReports(filter: ReportFilter): Promise<readonly ReportLine[]>;
  reportByNumber(number: ReportNumber): Promise<ReportStory | undefined>;
  objectByNumber(number: ObjectNumber): Promise<ObjectRow | undefined>;
  /** The report with this UID, or the report that an object of ours with this UID was made for. */
  findUid(uid: Uid): Promise<ReportNumber | undefined>;
  /** Objects that are stored somewhere, the latest first (`list --written`). */
  writtenObjects(filter: { readonly limit: number; readonly before?: ObjectNumber }): Promise<readonly ObjectRow[]>;
  /** Forgets events older than this many milliseconds of runs that have ended; gives how many. */
  purgeEvents(olderThanMs: Ms): Promise<number>;
}

export interface RecordAnswer {
  /** Only where a reading was recorded. `amended`: the data set under this UID is another one than last time. */
  readonly report: 'first-read' | 'unchanged' | 'amended' | undefined;
  /** Numbers of the given objects, in their order. */
  readonly objects: readonly ObjectNumber[];
}

export interface MoveAnswer extends RecordAnswer {
  readonly claim: Claim | undefined;
}
