import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fail, ok, type Result } from '../../domain/index.js';
import { DatabaseRefusal, type DatabaseProblem, type DatabaseWorld, type EmbeddedOptions } from './database-types.js';
import { openEmbedded } from './embedded.js';
import { layoutOf } from './layout.js';
import { livingPostmaster } from './postmaster.js';

/**
 * Deletes a state folder together with its database, which as root lies elsewhere and would stay behind (40 MB). A folder in use is refused; a
 * server that a killed daemon left is stopped first.
 */
export async function deleteState(
  options: EmbeddedOptions,
  world: DatabaseWorld,
): Promise<Result<undefined, DatabaseProblem>> {
  try {
    const layout = await layoutOf(options);
    if (await livingPostmaster(layout.dataFolder))
      await (await openEmbedded({ ...options, as: 'daemon' }, world)).close();
    for (const folder of [dirname(layout.dataFolder), layout.socketFolder, layout.stateFolder])
      await rm(folder, { recursive: true, force: true });
    return ok(undefined);
  } catch (error) {
    if (error instanceof DatabaseRefusal) return fail(error.problem);
    throw error;
  }
}
