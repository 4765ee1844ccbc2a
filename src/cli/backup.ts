import { createWriteStream } from 'node:fs';
import { access, rename, rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { backupLines, openDatabase } from '../ledger/index.js';
import { databaseOptions, loadConfiguration } from './configured-world.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import { ended } from './run.js';
import type { Terminal } from './terminal.js';

/**
 * `caliper backup`: the ledger (reports, outcomes, reviews, history) at one moment as one file, beside a running daemon. The file holds UIDs, and
 * objects that are still on their way; nobody else may read it.
 */
export async function backup(
  { config, file }: { readonly config: string; readonly file: string },
  terminal: Terminal,
): Promise<ExitCode> {
  const configuration = await loadConfiguration(config);
  if (!configuration.ok) return ended(configuration.error, terminal);
  if (await isThere(file)) {
    terminal.err(`${file} is there already: a backup is never written over`);
    return EXIT.usage;
  }
  const options = databaseOptions(configuration.value, config, 'guest');
  if (!options.ok) return ended(options.error, terminal);
  const database = await openDatabase(options.value, { broken: () => undefined, lost: () => undefined });
  if (!database.ok) return ended({ exit: EXIT.cannotStart, says: [database.error.says] }, terminal);
  const unfinished = `${file}.unfinished`;
  try {
    let counts: Readonly<Record<string, number>> | undefined;
    const lines = async function* (): AsyncGenerator<string> {
      for await (const line of backupLines(database.value)) {
        if (line.startsWith('{"end":')) counts = (JSON.parse(line) as { end: Record<string, number> }).end;
        yield `${line}\n`;
      }
    };
    await pipeline(lines(), createGzip(), createWriteStream(unfinished, { mode: 0o600, flush: true }));
    if (!counts) {
      terminal.err('there is no ledger yet');
      return EXIT.someFailed;
    }
    await rename(unfinished, file);
    terminal.out(file);
    terminal.err(
      `${counts['report'] ?? 0} reports, ${counts['object'] ?? 0} objects, ${counts['review'] ?? 0} reviews`,
    );
    return EXIT.done;
  } finally {
    await rm(unfinished, { force: true });
    await database.value.close();
  }
}

async function isThere(file: string): Promise<boolean> {
  try {
    await access(file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
