/** What waited for an archive goes on when it answers again, the oldest first. */
import type { Pool } from 'pg';
import type { ReasonCode } from '../domain/index.js';

/** Waits for the archive itself, as opposed to something in it that is still to come. */
const FOR_THE_ARCHIVE: readonly ReasonCode[] = [
  'archive-unreachable',
  'archive-timeout',
  'archive-busy',
  'archive-unauthorised',
  'archive-forbidden',
];

/**
 * Makes due what waits because of an archive. All of it becomes due at the same moment, so that it is worked in the order in which it was found,
 * and not in that of waits that grew at random.
 */
export async function archiveAnswers(pool: Pool, archive: string): Promise<number> {
  const values = [archive, FOR_THE_ARCHIVE];
  await pool.query(
    `update caliper.delivery set due = now()
     where state = 'waiting' and destination = $1 and reason = any($2)`,
    values,
  );
  const { rowCount } = await pool.query(
    `update caliper.run r set due = now()
     where r.state = 'waiting' and r.reason = any($2) and (
       (r.came_from = 'delivering' and exists (select 1 from caliper.object o join caliper.delivery d on d.object = o.number
          where o.run = r.id and d.destination = $1 and d.state = 'waiting'))
       -- before anything is written, destinations are asked too
       or r.came_from = 'segmenting'
       or (r.came_from in ('seen', 'reading') and exists (select 1 from caliper.sighting s where s.report = r.report and s.source = $1)))`,
    values,
  );
  return rowCount ?? 0;
}
