import { dirname, join } from 'node:path';
import { openDatabase, type Database } from '../../src/ledger/index.js';
import type { SmallWorld } from './small-world.js';

/** Does something to the tables of a small world's ledger, as nothing of the product does: to let time pass. */
export async function onTables<T>({ folder }: SmallWorld, work: (pool: Database['pool']) => Promise<T>): Promise<T> {
  const database = await openDatabase(
    { kind: 'embedded', folder: join(dirname(folder), 'state'), as: 'guest' },
    { broken: () => undefined, lost: () => undefined },
  );
  if (!database.ok) throw new Error(database.error.says);
  const result = await work(database.value.pool);
  await database.value.close();
  return result;
}
