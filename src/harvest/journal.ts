import { type FileHandle, open, readFile, truncate } from 'node:fs/promises';
import { ifThere } from '../dataset/index.js';
import { ok, fail, type Result } from '../domain/index.js';
import type { Entry } from './entries.js';

/**
 * What a harvest has done, an entry a line, each on the disk before it counts. The process may end at any byte: a last line without its end is cut
 * off when the journal is opened again, and what it was about is done again.
 */
export class Journal {
  readonly #file: FileHandle;
  #queue: Promise<void> = Promise.resolve();
  #waiting: string[] = [];

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  static async open(path: string): Promise<Result<{ journal: Journal; entries: readonly Entry[] }, 'damaged'>> {
    const bytes = await ifThere(readFile(path));
    const entries: Entry[] = [];
    if (bytes !== undefined) {
      const whole = bytes.lastIndexOf(0x0a) + 1;
      if (whole < bytes.length) await truncate(path, whole);
      for (const line of bytes.toString('utf8', 0, whole).split('\n')) {
        if (line === '') continue;
        const entry = entryOf(line);
        if (!entry) return fail('damaged');
        entries.push(entry);
      }
    }
    return ok({ journal: new Journal(await open(path, 'a', 0o600)), entries });
  }

  /** Resolves when the entry is on the disk; entries that come together go together. */
  async add(entry: Entry): Promise<void> {
    this.#waiting.push(`${JSON.stringify(entry)}\n`);
    this.#queue = this.#queue.then(() => this.#flush());
    await this.#queue;
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
