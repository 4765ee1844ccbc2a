import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { writeDurably } from './durable-files.js';

/** Name of a slice below its series' folder. */
export const sliceName = (number: number, kind: 'png' | 'dcm' = 'png'): string =>
  `${String(number).padStart(3, '0')}.${kind}`;

/** Where pictures lie while a harvest works, and in the finished set of our own form. */
export const imagePath = (folder: string, number: number): string => `images/${folder}/${sliceName(number)}`;
export const seedPath = (id: string): string => `seeds/${id}.png`;

/** Files of the set, each written once by whoever comes first; its name says what it holds. */
export class SetFiles {
  readonly #out: string;
  readonly #writing = new Map<string, Promise<'written' | 'held-back'>>();

  constructor(out: string) {
    this.#out = out;
  }

  /** Makes and writes a file unless it is there; `held-back` where `make` gives nothing. */
  once(path: string, make: () => Promise<Uint8Array | undefined>): Promise<'written' | 'held-back'> {
    const known = this.#writing.get(path);
    if (known) return known;
    const writing = this.#write(path, make);
    this.#writing.set(path, writing);
    // what failed is tried again by the next who needs it; what stands on the disk need not be remembered
    writing.then(
      () => this.#writing.delete(path),
      () => this.#writing.delete(path),
    );
    return writing;
  }

  async #write(path: string, make: () => Promise<Uint8Array | undefined>): Promise<'written' | 'held-back'> {
    const whole = join(this.#out, path);
    if (await exists(whole)) return 'written';
    const bytes = await make();
    if (!bytes) return 'held-back';
    await writeDurably(whole, bytes);
    return 'written';
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch (error) {
    if (typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT') return false;
    throw error;
  }
}
