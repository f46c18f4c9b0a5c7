import { Fault } from '#libs/kernel';
import { inTransaction, type Pool, type PoolClient, postgresFault } from '#libs/postgres';
import { CheckpointMoved } from '#libs/subscriptions';

/** A read model cannot take an event of a batch: its projection throws, or the database refuses a row. */
export class EventRefused extends Error {
  override readonly name = 'EventRefused';
}

/**
 * Runs the work in one transaction; rolls back if it throws.
 *
 * @throws Fault `postgres.unreachable` (retry: backoff) if trying again can help
 */
export async function writeTransaction<Value>(
  pool: Pool,
  work: (client: PoolClient) => Promise<Value>,
): Promise<Value> {
  try {
    return await inTransaction(pool, work);
  } catch (error) {
    throw asFault(error);
  }
}

/** What an error of writing rows means: that trying again can help, or that the read model cannot take an event. */
export function asRefusal(error: unknown): unknown {
  const meant = asFault(error);
  return meant instanceof Fault || meant instanceof CheckpointMoved
    ? meant
    : new EventRefused(String(error), { cause: error });
}

/** Errors of the work itself stay what they are. */
function asFault(error: unknown): unknown {
  const isOwn = [CheckpointMoved, EventRefused, TypeError, RangeError].some(
    (kind) => error instanceof kind,
  );
  return isOwn ? error : postgresFault(error);
}
