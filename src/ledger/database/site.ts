/** The site's own PostgreSQL. */
import pg from 'pg';
import { ms } from '../../domain/index.js';
import { openPool, withOurTypes } from './connection.js';
import { codeOf, DatabaseRefusal, type Database, type DatabaseWorld } from './database-types.js';

/** The oldest version that the tests run on. */
const OLDEST = 150_000;

export const connectionToSite = (url: string): pg.ClientConfig =>
  withOurTypes({
    connectionString: url,
    application_name: 'caliper',
    keepAlive: true,
    connectionTimeoutMillis: 10_000,
  });

export async function openSite(url: string, world: DatabaseWorld): Promise<Database> {
  const began = performance.now();
  const connection = connectionToSite(url);
  await refuseUnusable(connection, url);
  const pool = openPool(connection, world);
  return {
    kind: 'site',
    how: 'found',
    tookMs: ms(performance.now() - began),
    pool,
    connection,
    freeBytes: () => Promise.resolve(undefined),
    close: () => pool.end(),
  };
}

async function refuseUnusable(connection: pg.ClientConfig, url: string): Promise<void> {
  let version: number;
  try {
    const client = new pg.Client(connection);
    client.on('error', () => undefined); // the query's own rejection says it
    await client.connect();
    const { rows } = await client.query<{ version: string }>("select current_setting('server_version_num') as version");
    await client.end();
    version = Number(rows[0]!.version);
  } catch (error) {
    throw new DatabaseRefusal(
      'database-unreachable',
      `The database at ${placeOf(url)} cannot be used (${codeOf(error) ?? 'no connection'}). Check database.url, that the server runs, and that it lets this user in.`,
      { cause: error },
    );
  }
  if (version < OLDEST)
    throw new DatabaseRefusal(
      'database-version-unsupported',
      `The database at ${placeOf(url)} is PostgreSQL ${Math.floor(version / 10_000)}; ${OLDEST / 10_000} or newer is needed.`,
    );
}

/** The address without user and password. */
function placeOf(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  return parsed ? `${parsed.host}${parsed.pathname}` : 'database.url (which is no postgres:// address)';
}
