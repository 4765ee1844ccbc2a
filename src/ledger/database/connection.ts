/** Connections, and what a refused one means. */
import pg from 'pg';
import { codeOf, type DatabaseWorld } from './database-types.js';

/** Identifiers and counts of the ledger fit a number exactly; PostgreSQL's 64 bits would come as text. */
const types: pg.CustomTypesConfig = {
  getTypeParser: (oid, format) =>
    oid === pg.types.builtins.INT8 && format !== 'binary'
      ? Number
      : (pg.types.getTypeParser(oid, format) as (text: string) => unknown),
};

export const withOurTypes = (config: pg.ClientConfig): pg.ClientConfig => ({ ...config, types });

export function openPool(connection: pg.ClientConfig, world: Pick<DatabaseWorld, 'broken'>): pg.Pool {
  const pool = new pg.Pool({ ...connection, max: 12, idleTimeoutMillis: 30_000, connectionTimeoutMillis: 10_000 });
  pool.on('error', (error) => world.broken(error)); // an idle connection broke: the pool opens another
  return pool;
}

export type Answer =
  | { readonly kind: 'connected'; readonly client: pg.Client }
  /** Nobody listens. */
  | { readonly kind: 'nobody'; readonly error: unknown }
  /** A server is starting, recovering or stopping. */
  | { readonly kind: 'not-now'; readonly error: unknown };

const NOBODY = new Set(['ENOENT', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE']);
/** SQLSTATE cannot_connect_now. */
const NOT_NOW = '57P03';

/** Tries to connect once; what is neither a missing nor an unready server throws. */
export async function tryToConnect(connection: pg.ClientConfig): Promise<Answer> {
  const client = new pg.Client(connection);
  let broke: Error | undefined;
  client.on('error', (error) => (broke = error)); // between connecting and its user's own listener
  try {
    await client.connect();
    if (broke) throw broke;
    return { kind: 'connected', client };
  } catch (error) {
    const code = codeOf(error);
    if (code === NOT_NOW) return { kind: 'not-now', error };
    if ((code !== undefined && NOBODY.has(code)) || isCutOff(error)) return { kind: 'nobody', error };
    throw error;
  }
}

/** pg's words for a connection that ended, before a statement or in it, and its pool's for one that was not made in time; they give no code. */
const CUT_OFF = [
  /^Connection terminated/,
  /^timeout exceeded when trying to connect$/,
  /^Client (has encountered a connection error|was closed) and is not queryable$/,
];
const isCutOff = (error: unknown): boolean =>
  error instanceof Error && CUT_OFF.some((words) => words.test(error.message));

/** SQLSTATE: the server stops, has crashed, or is not ready; class 08: the connection broke. */
const AWAY = /^(57P0[123]|08...)$/;

/** Whether a statement failed because the database was away, which says nothing about what was asked. */
export function isDatabaseAway(error: unknown): boolean {
  const code = codeOf(error);
  if (isCutOff(error) || (code !== undefined && AWAY.test(code))) return true;
  return code !== undefined && NOBODY.has(code) && (error as NodeJS.ErrnoException).syscall !== 'open';
}
