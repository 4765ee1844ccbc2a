import { ms } from '../domain/index.js';
import { deleteState } from '../ledger/index.js';
import { databaseOptions, loadConfiguration } from './configured-world.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import { openGuestLedger } from './guest-ledger.js';
import { ended } from './run.js';
import type { Terminal } from './terminal.js';

interface PurgeOptions {
  readonly config: string;
  readonly olderThanDays: number | undefined;
  readonly everything: boolean;
  readonly yes: boolean;
}

const DAY_MS = 86_400_000;

/** `caliper purge`: forgets old history, or with `--everything` the whole state folder. Objects in archives stay as they are. */
export async function purge(options: PurgeOptions, terminal: Terminal): Promise<ExitCode> {
  if (options.everything) return purgeEverything(options, terminal);
  const opened = await openGuestLedger(options.config);
  if (!opened.ok) return ended(opened.error, terminal);
  const { configuration, ledger } = opened.value;
  try {
    const { events } = configuration.retention;
    const days = options.olderThanDays ?? (events === 'forever' ? undefined : events);
    if (days === undefined) {
      terminal.err('retention.events is forever: say --older-than DAYS');
      return EXIT.usage;
    }
    terminal.out(`${await ledger.purgeEvents(ms(days * DAY_MS))} events older than ${days} days forgotten`);
    return EXIT.done;
  } finally {
    await opened.value.close();
  }
}

async function purgeEverything({ config, yes }: PurgeOptions, terminal: Terminal): Promise<ExitCode> {
  const configuration = await loadConfiguration(config);
  if (!configuration.ok) return ended(configuration.error, terminal);
  const options = databaseOptions(configuration.value, config, 'daemon');
  if (!options.ok) return ended(options.error, terminal);
  if (options.value.kind !== 'embedded') {
    terminal.err("the ledger lies in the site's PostgreSQL: drop its schema caliper there");
    return EXIT.usage;
  }
  if (!yes) {
    terminal.err(
      `${options.value.folder} with its database would be deleted, reviews and unfinished work with it; add --yes to do it`,
    );
    return EXIT.usage;
  }
  const deleted = await deleteState(options.value, { broken: () => undefined, lost: () => undefined });
  if (!deleted.ok) return ended({ exit: EXIT.cannotStart, says: [deleted.error.says] }, terminal);
  terminal.out(`${options.value.folder} is deleted`);
  return EXIT.done;
}
