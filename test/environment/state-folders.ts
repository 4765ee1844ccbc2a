import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { deleteState } from '../../src/ledger/index.js';

/** Deletes a scratch folder with the databases of the state folders in it, which for root lie elsewhere. */
export async function deleteWithDatabases(folder: string): Promise<void> {
  const states = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('state')) : [];
  for (const name of states) {
    const deleted = await deleteState(
      { kind: 'embedded', folder: join(folder, name), as: 'daemon' },
      { broken: () => undefined, lost: () => undefined },
    );
    if (!deleted.ok) throw new Error(deleted.error.says);
  }
  rmSync(folder, { recursive: true, force: true });
}
