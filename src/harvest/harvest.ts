import { mkdir } from 'node:fs/promises';
import { todayIn } from '../dicomweb/index.js';
import { asReadUid, ok, type ReasonCode, type Result, type SopClassUid } from '../domain/index.js';
import { isReportClass, withoutRecall, type ReviewedWorld } from '../pipeline/index.js';
import { assemble, type AssembledSet, type Known } from './assemble.js';
import { windows } from './calendar.js';
import { searchPartition } from './crawl.js';
import type { Entry, Found, PartitionEntry } from './entries.js';
import { finishSet, restoreWorkingNames } from './finish-set.js';
import { FIRST_DATE } from './partitions.js';
import { ArchiveGone, Interrupted, Patience } from './patience.js';
import { politely, type PoliteArchive } from './polite-archive.js';
import { Pseudonyms } from './pseudonyms.js';
import { isQuietAt } from './quiet-hours.js';
import { entryOf, isNoteClass, type ReportContext } from './report-entry.js';
import { ReportQueue } from './report-queue.js';
import { FilesOfReport, SetFiles } from './set-files.js';
import type { HarvestPlan, HarvestProgress, HarvestSource, HarvestWorld } from './settings.js';
import { OutOfTouch } from './shared-book.js';
import { openSharedWork } from './shared-work.js';
import { SliceTaker } from './slice-taker.js';
import { steady } from './steady-kernels.js';
import { mayBeHadLater, windowName, type WorkBook } from './work-book.js';
import { openWorkFolder } from './work-folder.js';
import type { StartRefusal, WorkState } from './work-state.js';

export type HarvestOutcome =
  | { readonly kind: 'done'; readonly set: AssembledSet; readonly retryable: number }
  /** Another process that works on the same harvest made the set. */
  | { readonly kind: 'done-together'; readonly rows: number; readonly retryable: number }
  | { readonly kind: 'already-complete' }
  /** Others may do what this process had at hand. */
  | { readonly kind: 'out-of-touch' }
  | { readonly kind: 'interrupted' }
  | { readonly kind: 'archive-gone'; readonly archive: string; readonly reason: ReasonCode };

/**
 * Archive -> data set. Everything that was done is in the journal of the state folder before it counts, so that the process may end at any moment and a
 * later one goes on; the set is complete when this resolves with `done`.
 */
export async function harvest(plan: HarvestPlan, world: HarvestWorld): Promise<Result<HarvestOutcome, StartRefusal>> {
  const names = new Pseudonyms(plan.key);
  const today = todayIn(plan.sources[0]?.timeZone ?? 'UTC', world.now());
  const work =
    typeof plan.start === 'string'
      ? await openWorkFolder(plan, names, today)
      : await openSharedWork(plan, plan.start.shared, names, today);
  if (!work.ok) return work;
  if (work.value === 'already-complete') return ok({ kind: 'already-complete' });
  try {
    await mkdir(plan.out, { recursive: true });
    if (typeof plan.start === 'string') await restoreWorkingNames(plan.out, work.value);
    return ok(await new Run(plan, world, names, work.value).work());
  } finally {
    await work.value.release();
  }
}

interface Task {
  readonly found: Found;
  readonly context: SourceContext;
}

/** What the reports of a source share. */
type SourceContext = Omit<ReportContext, 'files'>;

/** How often it is asked whether another process has searched a window or made the set. */
const LOOK_AGAIN_MS = 200;

class Run {
  readonly #plan: HarvestPlan;
  readonly #world: HarvestWorld;
  readonly #names: Pseudonyms;
  readonly #state: WorkState;
  readonly #book: WorkBook;
  readonly #queue: ReportQueue<Task>;
  readonly #seen = new Set<string>();
  readonly #found: Known['found'][number][] = [];
  readonly #polite = new Map<HarvestSource['archive'], PoliteArchive>();
  readonly #sparing = new Map<HarvestSource['archive'], HarvestSource['archive']>();
  readonly #slices: SliceTaker;
  readonly #files: SetFiles;
  #taken = 0;
  #reports = 0;
  #done = 0;
  #doneHere = 0;
  #measurements = 0;
  #rows = 0;
  #lost = 0;
  #calendar = { done: 0, all: 0 };
  #waiting: HarvestProgress['waiting'];
  #failure: unknown;

  constructor(plan: HarvestPlan, world: HarvestWorld, names: Pseudonyms, state: WorkState) {
    this.#plan = plan;
    this.#world = { ...world, kernels: steady(world.kernels) };
    this.#names = names;
    this.#state = state;
    this.#book = state.book;
    this.#queue = new ReportQueue(state.book, plan.parallel, {
      sleep: (ms) => world.sleep(ms),
      ended: () => this.#isEnded(),
      doneElsewhere: () => {
        this.#done++;
        this.#tell();
      },
    });
    this.#slices = new SliceTaker(plan.scope.contextMm);
    this.#files = new SetFiles(plan.out);
  }

  async work(): Promise<HarvestOutcome> {
    const lanes = Array.from({ length: this.#plan.parallel }, () => this.#lane());
    await Promise.all([this.#crawl().catch((error: unknown) => this.#fail(error)), ...lanes]);
    const failure = this.#failure;
    if (failure instanceof Interrupted || (failure === undefined && this.#world.stopped()))
      return { kind: 'interrupted' };
    if (failure instanceof OutOfTouch) return { kind: 'out-of-touch' };
    if (failure instanceof ArchiveGone)
      return { kind: 'archive-gone', archive: failure.archive, reason: failure.reason };
    if (failure instanceof Error) throw failure;
    if (failure !== undefined) throw new Error('a harvest failed', { cause: failure });
    return this.#finish();
  }

  #isEnded(): boolean {
    return this.#failure !== undefined || this.#world.stopped();
  }

  async #crawl(): Promise<void> {
    const { from, to } = this.#plan.scope;
    for (const source of this.#plan.sources) {
      const context = this.#contextOf(source);
      const search = (partition: PartitionEntry['partition']) => this.#search(context, partition);
      for await (const window of windows(from ?? FIRST_DATE, to ?? this.#state.until, search)) {
        this.#calendar = { done: window.monthsDone, all: window.months };
        if (window.entry.result.kind === 'listed')
          for (const found of window.entry.result.found) await this.#take(found, context);
        this.#tell();
        if (this.#isFull() || this.#isEnded()) break;
      }
      if (this.#isFull()) break;
    }
    this.#queue.close();
  }

  /** Searches a window, unless it was searched, or waits for whoever does. */
  async #search(context: SourceContext, partition: PartitionEntry['partition']): Promise<PartitionEntry> {
    const name = windowName(context.source.name, partition);
    while (!this.#isEnded()) {
      const { mine } = await this.#book.claim([name]);
      if (mine.has(name)) {
        const entry = await searchPartition(context.source, partition, context.patience);
        await this.#book.add(entry);
        return entry;
      }
      const known = await this.#book.entryOf(name);
      if (known?.kind === 'partition') return known;
      await this.#world.sleep(LOOK_AGAIN_MS);
    }
    throw new Interrupted();
  }

  #isFull(): boolean {
    return this.#plan.scope.limit !== undefined && this.#taken >= this.#plan.scope.limit;
  }

  /** An instance is counted once, wherever it was seen; what is no report ends by its class. */
  async #take(found: Found, context: SourceContext): Promise<void> {
    const report = this.#names.of('report', found[2]);
    if (this.#seen.has(report)) return;
    this.#seen.add(report);
    const isNote = isNoteClass(found[3]);
    const sopClass = found[3] === null ? undefined : asReadUid<SopClassUid>(found[3]);
    if (!isNote && sopClass !== undefined && !isReportClass(sopClass)) {
      this.#found.push({ report, lost: 'not-a-report' });
      return;
    }
    if (!isNote && this.#isFull()) {
      this.#found.push({ report, lost: 'beyond-limit' });
      return;
    }
    if (!isNote) this.#taken++;
    this.#found.push({ report, lost: undefined });
    this.#reports++;
    await this.#queue.add(report, { found, context });
  }

  /** Takes report after report; while the files of one go to the disk, the next is worked on. */
  async #lane(): Promise<void> {
    let writing = Promise.resolve();
    for (let task = await this.#next(); task; task = await this.#next()) {
      const files = new FilesOfReport(this.#files);
      try {
        const entry = await entryOf(task.found, { ...task.context, files });
        await writing;
        writing = this.#account(entry, files).catch((error: unknown) => this.#fail(error));
      } catch (error) {
        this.#fail(error);
        // nothing is written behind the back of who comes next
        await Promise.allSettled([files.onDisk()]);
      }
    }
    await writing;
  }

  #next(): Promise<Task | undefined> {
    return this.#queue.next().catch((error: unknown) => {
      this.#fail(error);
      return undefined;
    });
  }

  /** A report counts when its files and what is said of it are on the disk, in this order. */
  async #account(entry: Entry, files: FilesOfReport): Promise<void> {
    await files.onDisk();
    await this.#book.add(entry);
    this.#count(entry);
  }

  #count(entry: Entry): void {
    this.#done++;
    this.#doneHere++;
    if (entry.kind === 'report') {
      if (entry.result.kind === 'lost') this.#lost++;
      else
        for (const { result } of entry.result.measurements) {
          this.#measurements++;
          if (result.kind === 'row') this.#rows++;
        }
    }
    this.#tell();
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
  }

  #tell(): void {
    const loads = [...this.#polite.values()].map((p) => p.load());
    this.#world.tell({
      partitions: this.#calendar.all,
      partitionsDone: this.#calendar.done,
      reports: this.#reports,
      reportsDone: this.#done,
      reportsDoneHere: this.#doneHere,
      measurements: this.#measurements,
      rows: this.#rows,
      lost: this.#lost,
      requests: loads.reduce((sum, l) => sum + l.requests, 0),
      bytes: loads.reduce((sum, l) => sum + l.bytes, 0),
      waiting: this.#waiting,
    });
  }

  #contextOf(source: HarvestSource): SourceContext {
    const { terms, patienceMs } = this.#plan;
    const polite = (archive: HarvestSource['archive']) => {
      const known = this.#polite.get(archive) ?? politely(archive, terms(archive.name), this.#world);
      this.#polite.set(archive, known);
      return known.archive;
    };
    const sparing = (archive: HarvestSource['archive']) => {
      const asked = polite(archive);
      if (source.nearline === 'recall') return asked;
      const known = this.#sparing.get(archive) ?? withoutRecall(asked, () => this.#world.now());
      this.#sparing.set(archive, known);
      return known;
    };
    const world = this.#world;
    return {
      source: { ...source, archive: polite(source.archive), images: source.images.map(sparing) },
      slow: sparing(source.archive),
      patience: new Patience(source.name, patienceMs, {
        now: () => world.now(),
        sleep: (ms) => world.sleep(ms),
        stopped: () => this.#isEnded(),
        isQuiet: () => isQuietAt(source.quietHours, source.timeZone, world.now()),
        waiting: (reason) => {
          this.#waiting = reason;
          this.#tell();
        },
      }),
      names: this.#names,
      reviews: this.#reviewsBy(polite),
      slices: this.#slices,
      world,
    };
  }

  /** Archives that hold what was chosen are asked as politely as the others. */
  #reviewsBy(polite: (archive: HarvestSource['archive']) => HarvestSource['archive']): ReviewedWorld | undefined {
    const { reviews } = this.#plan;
    return (
      reviews && {
        ledger: reviews.ledger,
        archiveNamed: (name) => {
          const archive = reviews.archives.get(name);
          return archive && polite(archive);
        },
      }
    );
  }

  /** Makes the set, or waits for whoever does. */
  async #finish(): Promise<HarvestOutcome> {
    for (;;) {
      const claim = await this.#state.claimFinish();
      if (claim === 'mine') return this.#makeSet();
      if (claim !== 'others') return { kind: 'done-together', ...claim };
      if (this.#world.stopped()) return { kind: 'interrupted' };
      await this.#world.sleep(LOOK_AGAIN_MS);
    }
  }

  async #makeSet(): Promise<HarvestOutcome> {
    // whoever tried before may have been killed while it gave pictures their names
    await restoreWorkingNames(this.#plan.out, this.#state);
    const entries = await this.#book.all();
    const set = assemble(
      { found: this.#found, entries },
      this.#plan.scope.form,
      this.#names,
      await this.#state.readRegistry(),
      this.#plan.withdrawn,
    );
    await finishSet(set, this.#plan, this.#names, this.#state);
    const retryable =
      set.partitions.failed.length + entries.filter((entry) => entry.kind === 'report' && mayBeHadLater(entry)).length;
    await this.#state.finished({ rows: set.rows.length, retryable });
    return { kind: 'done', set, retryable };
  }
}
