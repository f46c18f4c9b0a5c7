import { BugError, Fault } from '#libs/kernel';
import { inTransaction, type Pool, type PoolClient, postgresFault } from '#libs/postgres';
import { CheckpointMoved } from '#libs/subscriptions';

/** A read model cannot take an event of a batch: its projection throws, or the database refuses a row. */
export class EventRefused extends Error {
  override readonly name = 'EventRefused';

  constructor(cause: unknown) {
    super(String(cause), { cause });
  }

  /** Operators are shown why. */
  override toString(): string {
    return this.message;
  }
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
    : new EventRefused(error);
}

/** Errors of the work itself, which never come from the connection, stay what they are. */
const ownKinds = [
  ...[CheckpointMoved, EventRefused, BugError],
  ...[TypeError, RangeError, ReferenceError, SyntaxError],
];

function asFault(error: unknown): unknown {
  return ownKinds.some((kind) => error instanceof kind) ? error : postgresFault(error);
}
