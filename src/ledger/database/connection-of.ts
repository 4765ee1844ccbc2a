import type pg from 'pg';
import type { DatabaseOptions } from './database-types.js';
import { connectionTo } from './embedded.js';
import { hasDatabase, layoutOf } from './layout.js';
import { livingPostmaster } from './postmaster.js';
import { connectionToSite } from './site.js';

/** How a database is reached as it is; undefined for an embedded one that does not run, which is not started. */
export async function connectionOf(options: DatabaseOptions): Promise<pg.ClientConfig | undefined> {
  if (options.kind === 'site') return connectionToSite(options.url);
  if (!(await hasDatabase(options))) return undefined;
  const { dataFolder, socketFolder } = await layoutOf(options);
  const server = await livingPostmaster(dataFolder);
  return server && connectionTo(server.socketFolder || socketFolder);
}
