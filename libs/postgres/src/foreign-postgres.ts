import type { Pool, PoolConfig } from './pool.ts';

/** A Postgres that runs by itself, told by its URL. The same face as the embedded one, with nothing to stop. */
export interface ForeignPostgres {
  /** How to connect; with a role: logged in as the URL's user, acting as that role. */
  poolConfig(role?: string): PoolConfig;
  stop(): Promise<void>;
}

export function foreignPostgres(url: string): ForeignPostgres {
  return {
    poolConfig: (role) => ({
      connectionString: url,
      ...(role === undefined ? {} : { options: `-c role=${role}` }),
    }),
    stop: async () => {},
  };
}

/**
 * Whether connections of this pool may act as a role: it exists and the pool's user is a member of it. Where a foreign
 * database gives its user no right to make roles the answer is no: then the application has to work as the owner, and
 * only the triggers guard the log. Say so to the operator.
 */
export async function canActAs(ownerPool: Pool, role: string): Promise<boolean> {
  const { rows } = await ownerPool.query<{ isMember: boolean }>(
    `select pg_has_role(rolname, 'member') as "isMember" from pg_roles where rolname = $1`,
    [role],
  );
  return rows[0]?.isMember ?? false;
}
