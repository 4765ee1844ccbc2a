/** Sources and destinations as the ledger knows them: modes that last through restarts, and since when they are live. */
import type { Pool } from 'pg';
import type { ReasonCode } from '../domain/index.js';
import type { Mode, Role } from './values.js';

const COLUMNS = 'role, name, configured, paused_reason, first_live';

interface StoredRole {
  readonly role: Role['role'];
  readonly name: string;
  readonly configured: Mode;
  readonly paused_reason: string | null;
  readonly first_live: Date | null;
}

const roleOf = (row: StoredRole): Role => ({
  role: row.role,
  name: row.name,
  mode: row.paused_reason === null ? row.configured : 'paused',
  configured: row.configured,
  pausedReason: row.paused_reason ?? undefined,
  firstLive: row.first_live ?? undefined,
});

export async function registerRole(pool: Pool, role: Role['role'], name: string, configured: Mode): Promise<Role> {
  const { rows } = await pool.query<StoredRole>(
    `insert into caliper.archive_role as known (role, name, configured, first_live)
     values ($1, $2, $3, case when $3 = 'live' then now() end)
     on conflict (role, name) do update set configured = excluded.configured,
       first_live = coalesce(known.first_live, excluded.first_live)
     returning ${COLUMNS}`,
    [role, name, configured],
  );
  return roleOf(rows[0]!);
}

export async function pauseRole(pool: Pool, role: Role['role'], name: string, reason: string): Promise<Role> {
  return setPause(pool, role, name, reason);
}

/** What waited for it goes on at once, not when its wait would have ended. */
export async function resumeRole(pool: Pool, role: Role['role'], name: string): Promise<Role> {
  const resumed = await setPause(pool, role, name, null);
  const reason: ReasonCode = role === 'source' ? 'source-paused' : 'destination-paused';
  await pool.query("update caliper.delivery set due = now() where state = 'waiting' and reason = $1", [reason]);
  await pool.query("update caliper.run set due = now() where state = 'waiting' and reason = $1", [reason]);
  return resumed;
}

async function setPause(pool: Pool, role: Role['role'], name: string, reason: string | null): Promise<Role> {
  const { rows } = await pool.query<StoredRole>(
    `update caliper.archive_role set paused_reason = $3 where role = $1 and name = $2 returning ${COLUMNS}`,
    [role, name, reason],
  );
  if (!rows[0]) throw new Error(`the ${role} ${name} was never registered`);
  return roleOf(rows[0]);
}

export async function roles(pool: Pool): Promise<readonly Role[]> {
  const { rows } = await pool.query<StoredRole>(`select ${COLUMNS} from caliper.archive_role order by role, name`);
  return rows.map(roleOf);
}
