import type { WorkBook } from './work-book.js';

/** How many found reports may wait for a lane. */
const MOST_WAITING = 500;
/** How often it is asked what became of reports that other processes have at hand. */
const LOOK_AGAIN_MS = 1000;

export interface QueueWorld {
  sleep(ms: number): Promise<void>;
  /** Whether nothing more is to be begun. */
  ended(): boolean;
  /** A report is done, and not by this process now. */
  doneElsewhere(): void;
}

/** Found reports in their order: gives those that are this process's to do, and ends when all are done, by whomever. */
export class ReportQueue<T> {
  readonly #book: WorkBook;
  readonly #atATime: number;
  readonly #world: QueueWorld;
  readonly #waiting = new Map<string, T>();
  readonly #elsewhere = new Map<string, T>();
  readonly #mine: T[] = [];
  #claiming: Promise<void> | undefined;
  #isWhole = false;

  /** `atATime`: how many are claimed together. */
  constructor(book: WorkBook, atATime: number, world: QueueWorld) {
    this.#book = book;
    this.#atATime = atATime;
    this.#world = world;
  }

  /** Resolves when there is room for another. */
  async add(name: string, task: T): Promise<void> {
    while (this.#waiting.size >= MOST_WAITING && !this.#world.ended()) await this.#world.sleep(20);
    this.#waiting.set(name, task);
  }

  /** No more come. */
  close(): void {
    this.#isWhole = true;
  }

  /** Undefined when everything is done or nothing more is to be begun. */
  async next(): Promise<T | undefined> {
    while (!this.#world.ended()) {
      const mine = this.#mine.shift();
      if (mine !== undefined) return mine;
      if (this.#claiming || this.#waiting.size > 0)
        await (this.#claiming ??= this.#claim().finally(() => (this.#claiming = undefined)));
      else if (!this.#isWhole) await this.#world.sleep(5);
      else if (this.#elsewhere.size === 0) return undefined;
      else {
        await this.#world.sleep(LOOK_AGAIN_MS);
        // whoever has them may have done them, or have vanished
        for (const [name, task] of this.#elsewhere) this.#waiting.set(name, task);
        this.#elsewhere.clear();
      }
    }
    return undefined;
  }

  async #claim(): Promise<void> {
    const names = [...firstOf(this.#waiting.keys(), this.#atATime)];
    const { mine, done } = await this.#book.claim(names);
    for (const name of names) {
      const task = this.#waiting.get(name)!;
      this.#waiting.delete(name);
      if (mine.has(name)) this.#mine.push(task);
      else if (done.has(name)) this.#world.doneElsewhere();
      else this.#elsewhere.set(name, task);
    }
  }
}

function* firstOf<T>(all: Iterable<T>, count: number): Generator<T> {
  let left = count;
  for (const one of all) {
    if (left-- === 0) return;
    yield one;
  }
}
