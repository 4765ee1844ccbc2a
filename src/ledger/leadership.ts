import pg from 'pg';
import type { Database, DatabaseWorld } from './database/database-types.js';
import { LOCK_CLASS, LOCKS } from './database/locks.js';
import type { Leadership } from './queue-types.js';

/**
 * A leader that is stopped, or whose machine vanished, would hold the lock for as long as its connection lives. It asks every second, so that its
 * silence shows; its connection is ended, and whoever asks next leads. Woken, it finds the connection gone.
 */
const DEPOSE_SILENT = `
  select pg_terminate_backend(a.pid) from pg_locks l join pg_stat_activity a using (pid)
  where l.locktype = 'advisory' and l.classid = ${LOCK_CLASS} and l.objid = ${LOCKS.leader} and l.granted
    and a.datname = current_database() and a.pid <> pg_backend_pid()
    and a.state = 'idle' and a.state_change < now() - interval '20 seconds'`;

/**
 * Who watches, where several processes share a database: the holder of an advisory lock on a connection of its own (a pool hands out others).
 * When that connection dies the lock is gone, so it is asked before each sweep. Nothing is opened before the first question.
 */
export function openLeadership(database: Database, world: Pick<DatabaseWorld, 'broken'>): Leadership {
  let session: { readonly client: pg.Client; leads: boolean } | undefined;
  let asking: Promise<boolean> = Promise.resolve(false);

  const connect = async (): Promise<{ readonly client: pg.Client; leads: boolean }> => {
    const client = new pg.Client(database.connection);
    const opened = { client, leads: false };
    client.on('error', (error) => {
      if (session === opened) session = undefined;
      world.broken(error);
    });
    await client.connect();
    // by this the others count who divides the archives' budgets
    await client.query(`select pg_advisory_lock_shared(${LOCK_CLASS}, ${LOCKS.daemon})`);
    return opened;
  };

  const ask = async (): Promise<boolean> => {
    try {
      session ??= await connect();
      // A session that has the lock has it as long as it answers.
      const { rows } = await session.client.query<{ leads: boolean }>(
        session.leads ? 'select true as leads' : `select pg_try_advisory_lock(${LOCK_CLASS}, ${LOCKS.leader}) as leads`,
      );
      session.leads = rows[0]!.leads;
      if (!session.leads) await session.client.query(DEPOSE_SILENT);
      return session.leads;
    } catch (error) {
      session = undefined;
      world.broken(error instanceof Error ? error : new Error('the leader cannot be asked for', { cause: error }));
      return false;
    }
  };

  return {
    isLeader: () => (asking = asking.then(ask)),
    close: async () => {
      await asking;
      await session?.client.end();
      session = undefined;
    },
  };
}
