import type { Pool, PoolConfig } from './pool.ts';

/** A Postgres that runs elsewhere, given by its URL. It has the same interface as the embedded one; `stop` does nothing. */
export interface ForeignPostgres {
  /** How to connect. With a role, the connection logs in as the URL's user and acts as that role. */
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
 * Whether connections of this pool may act as a role: the role exists, and the pool's user is a member of it. It is not so in
 * a foreign database whose user may not make roles. Then the application has to work as the owner, and only the triggers
 * guard the log; the operator has to be told.
 */
export async function canActAs(ownerPool: Pool, role: string): Promise<boolean> {
  const { rows } = await ownerPool.query<{ isMember: boolean }>(
    `select pg_has_role(rolname, 'member') as "isMember" from pg_roles where rolname = $1`,
    [role],
  );
  return rows[0]?.isMember ?? false;
}
