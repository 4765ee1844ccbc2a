import { type FileHandle, open, readFile, truncate } from 'node:fs/promises';
import { ifThere } from '../dataset/index.js';
import { ok, fail, type Result } from '../domain/index.js';
import type { Entry } from './entries.js';
import { mayBeHadLater, nameOf, type Claimed, type WorkBook } from './work-book.js';

/**
 * What a harvest of one process has done, an entry a line, each on the disk before it counts. The process may end at any byte: a last line without its
 * end is cut off when the journal is opened again, and what it was about is done again. What may be had later is asked for once more.
 */
export class Journal implements WorkBook {
  readonly #file: FileHandle;
  readonly #entries: Map<string, Entry>;
  #queue: Promise<void> = Promise.resolve();
  #waiting: string[] = [];

  private constructor(file: FileHandle, entries: Map<string, Entry>) {
    this.#file = file;
    this.#entries = entries;
  }

  static async open(path: string): Promise<Result<Journal, 'damaged'>> {
    const bytes = await ifThere(readFile(path));
    const entries = new Map<string, Entry>();
    if (bytes !== undefined) {
      const whole = bytes.lastIndexOf(0x0a) + 1;
      if (whole < bytes.length) await truncate(path, whole);
      // a line at a time: a text of all of them may be longer than a text can be
      for (let from = 0; from < whole;) {
        const end = bytes.indexOf(0x0a, from);
        const entry = entryOf(bytes.toString('utf8', from, end));
        if (!entry) return fail('damaged');
        if (!mayBeHadLater(entry)) entries.set(nameOf(entry), entry);
        from = end + 1;
      }
    }
    return ok(new Journal(await open(path, 'a', 0o600), entries));
  }

  /** Everything that is not done is this process's: nobody else works here. */
  claim(names: readonly string[]): Promise<Claimed> {
    const done = new Set(names.filter((name) => this.#entries.has(name)));
    return Promise.resolve({ done, mine: new Set(names.filter((name) => !done.has(name))) });
  }

  /** Entries that come together go to the disk together. */
  async add(entry: Entry): Promise<void> {
    this.#waiting.push(`${JSON.stringify(entry)}\n`);
    this.#queue = this.#queue.then(() => this.#flush());
    await this.#queue;
    this.#entries.set(nameOf(entry), entry);
  }

  entryOf(name: string): Promise<Entry | undefined> {
    return Promise.resolve(this.#entries.get(name));
  }

  all(): Promise<readonly Entry[]> {
    return Promise.resolve([...this.#entries.values()]);
  }

  async close(): Promise<void> {
    await this.#queue.catch(() => undefined);
    await this.#file.close();
  }

  async #flush(): Promise<void> {
    if (this.#waiting.length === 0) return;
    const lines = this.#waiting.join('');
    this.#waiting = [];
    await this.#file.appendFile(lines);
    await this.#file.datasync();
  }
}

function entryOf(line: string): Entry | undefined {
  try {
    return JSON.parse(line) as Entry;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
