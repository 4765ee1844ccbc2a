import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ifThere } from '../dataset/index.js';
import { ok, type Result } from '../domain/index.js';
import { together } from './at-once.js';
import { syncFolder, writeDurably } from './durable-files.js';
import type { NoPicture } from './entries.js';

/** Name of a slice below its series' folder. */
export const sliceName = (number: number, kind: 'png' | 'dcm' = 'png'): string =>
  `${String(number).padStart(3, '0')}.${kind}`;

/** Where pictures lie while a harvest works, and in the finished set of our own form. */
export const imagePath = (folder: string, number: number): string => `images/${folder}/${sliceName(number)}`;
export const maskPath = (id: string): string => `masks/${id}.png`;
export const seedPath = (id: string): string => `seeds/${id}.png`;

/** Gives a file's bytes, or why there are none. */
type Make = () => Promise<Result<Uint8Array, NoPicture>>;

interface Made {
  /** Resolves when the file has its name on the disk. */
  readonly written: Promise<void>;
}

/** Files of the set, each made once by whoever comes first; its name says what it holds. */
export class SetFiles {
  readonly #out: string;
  readonly #making = new Map<string, Promise<Result<Made, NoPicture>>>();
  /** Folders whose own names are on the disk for good. */
  readonly #lasting = new Set<string>(['.']);

  constructor(out: string) {
    this.#out = out;
  }

  /** Makes a file unless it is there, and begins to write it. */
  once(path: string, make: Make): Promise<Result<Made, NoPicture>> {
    const known = this.#making.get(path);
    if (known) return known;
    const making = this.#make(path, make);
    this.#making.set(path, making);
    // what failed is tried again by the next who needs it; what stands on the disk need not be remembered
    const forget = () => this.#making.delete(path);
    making.then((made) => (made.ok ? made.value.written.then(forget, forget) : forget()), forget);
    return making;
  }

  async #make(path: string, make: Make): Promise<Result<Made, NoPicture>> {
    const whole = join(this.#out, path);
    if (await ifThere(stat(whole))) return ok({ written: Promise.resolve() });
    const bytes = await make();
    return bytes.ok ? ok({ written: writeDurably(whole, bytes.value) }) : bytes;
  }

  /** Makes the names of files in a folder last, and that of the folder itself. */
  async sync(folder: string): Promise<void> {
    await syncFolder(join(this.#out, folder));
    if (this.#lasting.has(folder)) return;
    await this.sync(dirname(folder));
    this.#lasting.add(folder);
  }
}

/** The files that one report needs. They are made while it is worked on; it counts when they are on the disk. */
export class FilesOfReport {
  readonly #files: SetFiles;
  readonly #writing: Promise<void>[] = [];
  readonly #folders = new Set<string>();

  constructor(files: SetFiles) {
    this.#files = files;
  }

  /** Makes a file unless it is there; fails by the reason for which there is none. */
  async once(path: string, make: Make): Promise<Result<undefined, NoPicture>> {
    const made = await this.#files.once(path, make);
    if (!made.ok) return made;
    this.#writing.push(made.value.written);
    this.#folders.add(dirname(path));
    return ok(undefined);
  }

  /** Resolves when every file would be there after a power cut: all at once, and each folder once. */
  async onDisk(): Promise<void> {
    await together(this.#writing);
    await together([...this.#folders].map((folder) => this.#files.sync(folder)));
  }
}
