import { fail, never, ok, type Result } from '../../domain/index.js';
import {
  DatabaseRefusal,
  type Database,
  type DatabaseOptions,
  type DatabaseProblem,
  type DatabaseWorld,
} from './database-types.js';
import { openEmbedded } from './embedded.js';
import { openSite } from './site.js';

/**
 * Opens the database: starts or adopts the embedded server (which is then made again whenever it ends, until `close`), or connects to the
 * site's. A site's database that does not answer yet is `database-unreachable` at once: the caller decides how long to try.
 */
export async function openDatabase(
  options: DatabaseOptions,
  world: DatabaseWorld,
): Promise<Result<Database, DatabaseProblem>> {
  try {
    return ok(await open(options, world));
  } catch (error) {
    if (error instanceof DatabaseRefusal) return fail(error.problem);
    throw error;
  }
}

function open(options: DatabaseOptions, world: DatabaseWorld): Promise<Database> {
  switch (options.kind) {
    case 'embedded':
      return openEmbedded(options, world);
    case 'site':
      return openSite(options.url, world);
    default:
      return never(options);
  }
}
