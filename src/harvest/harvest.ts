import { mkdir } from 'node:fs/promises';
import { todayIn } from '../dicomweb/index.js';
import { asReadUid, fail, ok, type ReasonCode, type Result, type SopClassUid } from '../domain/index.js';
import { isReportClass, type ReviewedWorld } from '../pipeline/index.js';
import { assemble, partitionName, type AssembledSet, type Known } from './assemble.js';
import { windows } from './calendar.js';
import { searchPartition } from './crawl.js';
import type { Entry, Found, PartitionEntry } from './entries.js';
import { finishSet, restoreWorkingNames } from './finish-set.js';
import { Journal } from './journal.js';
import { FIRST_DATE } from './partitions.js';
import { ArchiveGone, Interrupted, Patience } from './patience.js';
import { readRegistry } from './patients.js';
import { politely, type PoliteArchive } from './polite-archive.js';
import { Pseudonyms } from './pseudonyms.js';
import { isQuietAt } from './quiet-hours.js';
import { entryOf, isNoteClass, type ReportContext } from './report-entry.js';
import { FilesOfReport, SetFiles } from './set-files.js';
import type { HarvestPlan, HarvestProgress, HarvestSource, HarvestWorld } from './settings.js';
import { SliceTaker } from './slice-taker.js';
import { steady } from './steady-kernels.js';
import { openWorkFolder, type StartRefusal, type WorkFolder } from './work-folder.js';

export type HarvestOutcome =
  | { readonly kind: 'done'; readonly set: AssembledSet; readonly retryable: number }
  | { readonly kind: 'already-complete' }
  | { readonly kind: 'interrupted' }
  | { readonly kind: 'archive-gone'; readonly archive: string; readonly reason: ReasonCode };

/**
 * Archive -> data set. Everything that was done is in the journal of the state folder before it counts, so that the process may end at any moment and a
 * later one goes on; the set is complete when this resolves with `done`.
 */
export async function harvest(plan: HarvestPlan, world: HarvestWorld): Promise<Result<HarvestOutcome, StartRefusal>> {
  const names = new Pseudonyms(plan.key);
  const today = todayIn(plan.sources[0]?.timeZone ?? 'UTC', world.now());
  const work = await openWorkFolder(plan, names, today);
  if (!work.ok) return work;
  if (work.value === 'already-complete') return ok({ kind: 'already-complete' });
  try {
    const opened = await Journal.open(work.value.journal);
    if (!opened.ok)
      return fail({ says: `the journal ${work.value.journal} is damaged: delete it and ${plan.out}, and begin again` });
    await mkdir(plan.out, { recursive: true });
    await restoreWorkingNames(plan.out, work.value.journal);
    const run = new Run(plan, world, names, work.value, opened.value.journal, opened.value.entries);
    try {
      return ok(await run.work());
    } finally {
      await opened.value.journal.close();
    }
  } finally {
    await work.value.release();
  }
}

/** What may be had by asking once more. */
const isRetryable = (reason: ReasonCode): boolean => reason.startsWith('archive-') || reason === 'worker-crashed';

interface Task {
  readonly found: Found;
  readonly context: SourceContext;
}

/** What the reports of a source share. */
type SourceContext = Omit<ReportContext, 'files'>;

/** How many found reports may wait for a lane. */
const MOST_WAITING = 500;

class Run {
  readonly #plan: HarvestPlan;
  readonly #world: HarvestWorld;
  readonly #names: Pseudonyms;
  readonly #folder: WorkFolder;
  readonly #journal: Journal;
  readonly #entries: Entry[] = [];
  readonly #partitions = new Map<string, PartitionEntry>();
  readonly #accounted = new Set<string>();
  readonly #seen = new Set<string>();
  readonly #found: Known['found'][number][] = [];
  readonly #tasks: Task[] = [];
  readonly #polite = new Map<HarvestSource['archive'], PoliteArchive>();
  readonly #slices: SliceTaker;
  readonly #files: SetFiles;
  #crawled: 'no' | 'yes' = 'no';
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

  constructor(
    plan: HarvestPlan,
    world: HarvestWorld,
    names: Pseudonyms,
    folder: WorkFolder,
    journal: Journal,
    before: readonly Entry[],
  ) {
    this.#plan = plan;
    this.#world = { ...world, kernels: steady(world.kernels) };
    this.#names = names;
    this.#folder = folder;
    this.#journal = journal;
    this.#slices = new SliceTaker(plan.scope.contextMm);
    this.#files = new SetFiles(plan.out);
    for (const entry of before) this.#remember(entry);
  }

  async work(): Promise<HarvestOutcome> {
    const lanes = Array.from({ length: this.#plan.parallel }, () => this.#lane());
    await Promise.all([this.#crawl().catch((error: unknown) => this.#fail(error)), ...lanes]);
    const failure = this.#failure;
    if (failure instanceof Interrupted || (failure === undefined && this.#world.stopped()))
      return { kind: 'interrupted' };
    if (failure instanceof ArchiveGone)
      return { kind: 'archive-gone', archive: failure.archive, reason: failure.reason };
    if (failure instanceof Error) throw failure;
    if (failure !== undefined) throw new Error('a harvest failed', { cause: failure });
    return this.#finish();
  }

  /** What the journal said before, unless asking once more may give more. */
  #remember(entry: Entry): void {
    if (entry.kind === 'partition') {
      if (entry.result.kind === 'failed') return;
      this.#partitions.set(partitionName(entry.source, entry.partition), entry);
    } else {
      if (entry.kind === 'report' && entry.result.kind === 'lost' && isRetryable(entry.result.reason)) return;
      this.#accounted.add(entry.report);
    }
    this.#entries.push(entry);
  }

  async #crawl(): Promise<void> {
    const { from, to } = this.#plan.scope;
    for (const source of this.#plan.sources) {
      const context = this.#contextOf(source);
      const search = (partition: PartitionEntry['partition']) => this.#search(context, partition);
      for await (const window of windows(from ?? FIRST_DATE, to ?? this.#folder.record.until, search)) {
        this.#calendar = { done: window.monthsDone, all: window.months };
        if (window.entry.result.kind === 'listed')
          for (const found of window.entry.result.found) await this.#take(found, context);
        this.#tell();
        if (this.#isFull() || this.#failure !== undefined || this.#world.stopped()) break;
      }
      if (this.#isFull()) break;
    }
    this.#crawled = 'yes';
  }

  async #search(context: SourceContext, partition: PartitionEntry['partition']): Promise<PartitionEntry> {
    const known = this.#partitions.get(partitionName(context.source.name, partition));
    if (known) return known;
    const entry = await searchPartition(context.source, partition, context.patience);
    await this.#journal.add(entry);
    this.#entries.push(entry);
    return entry;
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
    if (this.#accounted.has(report)) {
      this.#done++;
      return;
    }
    while (this.#tasks.length >= MOST_WAITING && this.#failure === undefined && !this.#world.stopped())
      await this.#world.sleep(20);
    this.#tasks.push({ found, context });
  }

  /** Takes report after report; while the files of one go to the disk, the next is worked on. */
  async #lane(): Promise<void> {
    let writing = Promise.resolve();
    while (this.#failure === undefined && !this.#world.stopped()) {
      const task = this.#tasks.shift();
      if (!task) {
        if (this.#crawled === 'yes') break;
        await this.#world.sleep(5);
        continue;
      }
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

  /** A report counts when its files and what is said of it are on the disk, in this order. */
  async #account(entry: Entry, files: FilesOfReport): Promise<void> {
    await files.onDisk();
    await this.#journal.add(entry);
    this.#entries.push(entry);
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
    this.#crawled = 'yes';
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
    const world = this.#world;
    return {
      source: { ...source, archive: polite(source.archive), images: source.images.map(polite) },
      patience: new Patience(source.name, patienceMs, {
        now: () => world.now(),
        sleep: (ms) => world.sleep(ms),
        stopped: () => world.stopped() || this.#failure !== undefined,
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

  async #finish(): Promise<HarvestOutcome> {
    const set = assemble(
      { found: this.#found, entries: this.#entries },
      this.#plan.scope.form,
      this.#names,
      await readRegistry(this.#folder.registry),
      this.#plan.withdrawn,
    );
    await finishSet(set, this.#plan, this.#names, this.#folder);
    const retryable =
      set.partitions.failed.length +
      this.#entries.filter((e) => e.kind === 'report' && e.result.kind === 'lost' && isRetryable(e.result.reason))
        .length;
    if (retryable === 0) await this.#folder.finished();
    return { kind: 'done', set, retryable };
  }
}
