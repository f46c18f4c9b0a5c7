import { inTransaction, type Pool, type PoolClient, postgresFault } from '#libs/postgres';
import type { GuardedWrites, LeaderLease } from './leases.ts';

/** Guarded writes in transactions of one pool, which the caller closes. They throw Fault `postgres.unreachable`. */
export class PgGuardedWrites implements GuardedWrites<PoolClient> {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async write(
    { name, epoch }: LeaderLease,
    work: (transaction: PoolClient) => Promise<unknown>,
  ): Promise<boolean> {
    try {
      return await inTransaction(this.#pool, async (client) => {
        // The lock lasts to the end of the transaction: a claim, which updates this row, waits for it. A claim that was
        // first makes this wait, look at the row again, and find another epoch.
        const { rowCount } = await client.query(
          'select from leaderships where name = $1 and epoch = $2 for share',
          [name, epoch],
        );
        if (rowCount !== 1) return false;
        await work(client);
        return true;
      });
    } catch (error) {
      throw postgresFault(error);
    }
  }
}
