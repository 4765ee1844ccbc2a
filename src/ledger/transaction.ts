import type { Pool, PoolClient } from 'pg';

/** A connection in a transaction. Nothing but statements may be awaited while one is open. */
export type Transaction = PoolClient;

export async function inTransaction<T>(pool: Pool, work: (transaction: Transaction) => Promise<T>): Promise<T> {
  return within(pool, 'begin', work);
}

/** Several questions about one moment. */
export async function inSnapshot<T>(pool: Pool, work: (transaction: Transaction) => Promise<T>): Promise<T> {
  return within(pool, 'begin isolation level repeatable read read only', work);
}

async function within<T>(pool: Pool, begin: string, work: (transaction: Transaction) => Promise<T>): Promise<T> {
  return withConnection(pool, async (connection) => {
    await connection.query(begin);
    const result = await work(connection);
    await connection.query('commit');
    return result;
  });
}

/**
 * One connection of the pool for several statements. After any error it is not used again: it may have broken, or be in a transaction that is
 * thereby rolled back.
 */
export async function withConnection<T>(pool: Pool, work: (connection: PoolClient) => Promise<T>): Promise<T> {
  const connection = await pool.connect();
  // A connection that breaks between two statements says so by an event, which without a listener would end the process; the next statement
  // then rejects.
  let broken: Error | undefined;
  const onError = (error: Error): void => {
    broken = error;
  };
  connection.on('error', onError);
  try {
    const result = await work(connection);
    connection.off('error', onError);
    connection.release(broken);
    return result;
  } catch (error) {
    connection.release(error instanceof Error ? error : true);
    throw error;
  }
}
