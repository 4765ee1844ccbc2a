import type { Configuration } from '../configuration/index.js';
import { fail, ok, type Result } from '../domain/index.js';
import { openDatabase, openLedger, type Database, type Ledger } from '../ledger/index.js';
import { databaseOptions, loadConfiguration, type StartProblem } from './configured-world.js';
import { EXIT } from './exit-codes.js';

export interface GuestLedger {
  readonly configuration: Configuration;
  readonly ledger: Ledger;
  readonly database: Database;
  close(): Promise<void>;
}

/** A command's statements are over in a moment: a connection that breaks shows in the one that fails. */
const NOT_FOR_LONG = { broken: () => undefined, lost: () => undefined };

/** The ledger of a configuration, for a command beside the daemon: a running database is used as it is, a stopped one is started meanwhile. */
export async function openLedgerBeside(
  configuration: Configuration,
  configurationFile: string,
): Promise<Result<GuestLedger, StartProblem>> {
  const options = databaseOptions(configuration, configurationFile, 'guest');
  if (!options.ok) return options;
  const database = await openDatabase(options.value, NOT_FOR_LONG);
  if (!database.ok) return fail({ exit: EXIT.cannotStart, says: [database.error.says] });
  const ledger = await openLedger(database.value);
  if (!ledger.ok) {
    await database.value.close();
    return fail({ exit: EXIT.cannotStart, says: [ledger.error.says] });
  }
  return ok({ configuration, ledger: ledger.value, database: database.value, close: () => database.value.close() });
}

/** The same, from the configuration's file. */
export async function openGuestLedger(configurationFile: string): Promise<Result<GuestLedger, StartProblem>> {
  const configuration = await loadConfiguration(configurationFile);
  return configuration.ok ? openLedgerBeside(configuration.value, configurationFile) : configuration;
}
