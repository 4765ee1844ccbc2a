import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { openDatabase, restoreLines } from '../ledger/index.js';
import { databaseOptions, loadConfiguration } from './configured-world.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import { ended } from './run.js';
import type { Terminal } from './terminal.js';

/** `caliper restore`: puts a backup into an empty ledger, while no daemon works on it. What happened since, the next sweeps find in the archives. */
export async function restore(
  { config, file }: { readonly config: string; readonly file: string },
  terminal: Terminal,
): Promise<ExitCode> {
  const configuration = await loadConfiguration(config);
  if (!configuration.ok) return ended(configuration.error, terminal);
  const options = databaseOptions(configuration.value, config, 'daemon');
  if (!options.ok) return ended(options.error, terminal);
  const bytes = createReadStream(file);
  await new Promise<void>((opened, failed) => bytes.once('open', () => opened()).once('error', failed));
  const database = await openDatabase(options.value, { broken: () => undefined, lost: () => undefined });
  if (!database.ok) {
    bytes.destroy();
    return ended({ exit: EXIT.cannotStart, says: [database.error.says] }, terminal);
  }
  try {
    const restored = await restoreLines(database.value, linesOf(bytes));
    if (!restored.ok) {
      terminal.err(restored.error.says);
      return EXIT.someFailed;
    }
    const { report = 0, object = 0, review = 0 } = restored.value;
    terminal.err(`${report} reports, ${object} objects, ${review} reviews`);
    return EXIT.done;
  } finally {
    bytes.destroy();
    await database.value.close();
  }
}

/** A file that is no gzip, or that breaks off, has no further line. */
async function* linesOf(bytes: NodeJS.ReadableStream): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let begun: string[] = [];
  try {
    for await (const chunk of bytes.pipe(createGunzip())) {
      const [first, ...others] = decoder.decode(chunk as Buffer, { stream: true }).split('\n');
      begun.push(first!);
      for (const next of others) {
        yield begun.join('');
        begun = [next];
      }
    }
  } catch (error) {
    if (!String((error as NodeJS.ErrnoException).code).startsWith('Z_')) throw error;
  }
}
