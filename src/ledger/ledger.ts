import type {
  MeasurementKey,
  Ms,
  ReasonCode,
  Result,
  SeriesInstanceUid,
  SopInstanceUid,
  StudyInstanceUid,
  Uid,
} from '../domain/index.js';
import type {
  AgreementDrift,
  ArchiveLoad,
  Choice,
  LedgerStatus,
  LetterFacts,
  ObjectRow,
  OutcomeCount,
  ReportFilter,
  ReportLine,
  ReportStory,
  SourceActivity,
  Work,
  WorklistFilter,
  WorklistLine,
} from './answers.js';
import type { ChoiceRefusal } from './choosing.js';
import type {
  Again,
  ReportNumber,
  ObjectNumber,
  RunId,
  DeliveryId,
  RunDigests,
  Sighted,
  RunCause,
  RunScope,
  Claim,
  Account,
  RunMove,
  DeliveryMove,
  Delivery,
  Mode,
  Role,
  Review,
  HeldDecision,
  ReplaySelection,
  LeaseLost,
  RecordAnswer,
  MoveAnswer,
  DocumentRecord,
  LedgerDocument,
  KeyObjectPlace,
  Outdated,
  OutdatedObject,
  OutdatedReport,
  Outdating,
} from './values.js';

/**
 * What became of each report. Each method is one transaction, and each move writes its event in it. A write with a claim that somebody else
 * has taken over answers `lease-lost` and changes nothing. An illegal transition throws: it is a bug of the caller. Everything throws where
 * the database does not answer.
 */
export interface Ledger {
  // watch
  /** How many instances each of these series had when it was last searched completely; a series that is not in the map is unknown. */
  seriesCounts(source: string, series: readonly SeriesInstanceUid[]): Promise<ReadonlyMap<SeriesInstanceUid, number>>;
  /**
   * Of these series, those that are to be listed whatever their number of instances: their reports are of the last 14 days, were not listed for half
   * a day, and may be overwritten under their UID. None at an archive that does not answer when reports were made.
   */
  seriesToListAgain(source: string, series: readonly SeriesInstanceUid[]): Promise<ReadonlySet<SeriesInstanceUid>>;
  /** Records what a source showed. `new`: the numbers of reports seen for the first time anywhere. */
  sight(sighted: Sighted): Promise<{ readonly new: readonly ReportNumber[] }>;
  /** Whether a search of this layer of a source has come to its end before, in this ledger. */
  wasSearched(source: string, layer: string): Promise<boolean>;
  recordSearched(source: string, layer: string): Promise<void>;
  /**
   * Opens a run for each report of the scope that has none under these digests. Runs of older digests that are not being worked on and have
   * made no object yet are taken over by the new digests (their decisions are still to come); those of a replay keep theirs.
   */
  ensureRuns(digests: RunDigests, scope: RunScope): Promise<{ readonly opened: number; readonly takenOver: number }>;

  /**
   * Takes up the current run of each report that a source showed made at another time than before (cause `overwritten`), once no run of it is under
   * way: `seen` where it had ended, `reading` where it is held.
   */
  reopenOverwritten(): Promise<readonly ReportNumber[]>;
  /**
   * Of a run that `reopenOverwritten` took up, in `reading`, with the digest of its report as it was just read: where that is what was read before,
   * the run stands as it stood and the claim is over.
   */
  standAgain(claim: Claim, digest: string): Promise<Result<'stands-as-before' | 'to-be-read', LeaseLost>>;

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

  // which reports count
  /**
   * Documents that hang together with one by predecessors, identical documents or equal content, itself as it was last read among them; what a
   * note rejects is left out.
   */
  relatedDocuments(
    document: DocumentRecord & { readonly sopInstanceUID: SopInstanceUid },
  ): Promise<readonly LedgerDocument[]>;
  /**
   * Whether other reports of the study are still to be read. Then the claim is given back, and the run is due again when they have been read (or
   * wait for their archive).
   */
  yieldToUnread(claim: Claim): Promise<boolean>;
  /** Key object documents of these studies that sources showed and that nobody has read. */
  unreadKeyObjects(studies: readonly StudyInstanceUid[]): Promise<readonly KeyObjectPlace[]>;
  /** Which of these key object documents were read. */
  readKeyObjects(instances: readonly SopInstanceUid[]): Promise<ReadonlySet<SopInstanceUid>>;
  /** What a key object document rejects: nothing, unless it is a rejection note. */
  recordKeyObject(instance: SopInstanceUid, rejects: readonly SopInstanceUid[]): Promise<void>;
  /** Which of these instances a note rejects, with the note. */
  rejections(instances: readonly SopInstanceUid[]): Promise<ReadonlyMap<SopInstanceUid, SopInstanceUid>>;
  /** Whether a report of this study with measurements was read. */
  hasMeasuredReport(study: StudyInstanceUid): Promise<boolean>;
  /**
   * Ends reports that no longer count. What is stored stays so, with an event; what is held, failed or would be stored is skipped with the
   * reason; a run under way sees it at its next step (`outdated`). Gives those for which it is news.
   */
  endReports(ends: readonly Outdated[]): Promise<readonly OutdatedReport[]>;
  /** Why a report no longer counts; undefined where it does. */
  outdated(report: ReportNumber): Promise<ReasonCode | undefined>;
  /** The same, with the report or note that says so. */
  outdating(report: ReportNumber): Promise<Outdating | undefined>;
  /** A report counts again, because what replaced it is rejected itself. */
  countAgain(report: ReportNumber): Promise<void>;
  /** Objects that are stored for reports that no longer count, and that no known note rejects: to be rejected where a destination allows it. */
  outdatedObjects(): Promise<readonly OutdatedObject[]>;
  /**
   * Opens the last run of each report again that no longer counts and has something stored at one of these destinations that was not looked after there
   * (`Account.noted`), once the report that replaces it has come to its end. `by`: who asked.
   */
  reopenOutdated(destinations: readonly string[], by: string): Promise<readonly ReportNumber[]>;

  // people
  /**
   * A held run goes on: `reading` and `segmenting` open its held measurements again, `delivering` makes its held deliveries due, `refused` ends
   * both as skipped.
   */
  decideHeld(run: RunId, decision: HeldDecision, by: string): Promise<Result<void, 'not-held'>>;
  /**
   * Works the selected reports again: their run of these digests goes back to `seen`; where there is none, one is opened. `again`: by which
   * method, in place of that of the rules; the digests are then those of it. Reports with a run
   * under way, or whose run of these digests is held (see `decideHeld`), are left alone. `by`: who asked.
   */
  reopen(
    selection: ReplaySelection,
    digests: RunDigests,
    cause: Exclude<RunCause, 'sighting'>,
    by: string,
    again?: Again,
  ): Promise<readonly ReportNumber[]>;
  /** The reports of a selection that no run is under way for: what `reopen` would look at. */
  selectedForReplay(selection: ReplaySelection): Promise<readonly ReportNumber[]>;
  addReview(review: Omit<Review, 'at'>): Promise<void>;

  /**
   * A person's word on a held measurement; the first counts. With a contour, the run goes on (cause `review`) and its worker makes the object; with
   * none, the measurement ends as skipped (`rejected-by-reviewer`).
   */
  choose(choice: Omit<Choice, 'at'>): Promise<Result<Choice, ChoiceRefusal>>;
  /** The choices that stand for a run: to be applied when its contours are made. */
  choices(run: RunId): Promise<readonly Choice[]>;
  /** What was chosen cannot be made again as it was shown: somebody has to choose anew. */
  dropChoice(run: RunId, measurement: MeasurementKey): Promise<void>;

  // sources and destinations
  /** Tells the ledger the configured mode; the first time that it is live is kept for ever. */
  registerRole(role: Role['role'], name: string, configured: Mode): Promise<Role>;
  /** Pauses until `resumeRole`, through restarts. `reason`: a reason code, or who did it. */
  pauseRole(role: Role['role'], name: string, reason: string): Promise<Role>;
  resumeRole(role: Role['role'], name: string): Promise<Role>;
  roles(): Promise<readonly Role[]>;
  /** An archive does what it is asked again: what waited for it is due now, the oldest first. Gives how many runs that were. */
  archiveAnswers(archive: string): Promise<number>;

  // questions
  status(): Promise<LedgerStatus>;
  work(): Promise<Work>;
  /** Reports by their current run, the one that was opened last first. */
  worklist(filter: WorklistFilter): Promise<readonly WorklistLine[]>;
  /** Of current runs, the most frequent first. Takes a look at every measurement. */
  outcomeCounts(): Promise<readonly OutcomeCount[]>;
  sourceActivity(): Promise<readonly SourceActivity[]>;
  agreementDrift(): Promise<AgreementDrift>;
  /** What was seen from a time until before another. */
  letterFacts(from: Date, until: Date): Promise<LetterFacts>;
  /** Adds to what is known of the load on archives. */
  addArchiveLoad(loads: readonly ArchiveLoad[]): Promise<void>;
  /** By archive, hour and kind, in this order: hours that `since` is in or before, and that begin before `until`. */
  archiveLoad(since: Date, until?: Date): Promise<readonly ArchiveLoad[]>;
  /** Another number after whatever happened. */
  pulse(): Promise<number>;
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
