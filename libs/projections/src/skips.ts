import { type Pool, type PoolClient, queryRows } from '#libs/postgres';
import type { FailedEvent } from '#libs/subscriptions';
import { readCheckpoints } from './checkpoints.ts';
import type { Projection } from './projection.ts';
import type { ReadModel } from './read-model.ts';

/** The positions that this version of a read model passes over. A new version tries them again. */
export async function readSkips(pool: Pool, { name, version }: Projection): Promise<Set<number>> {
  const rows = await queryRows<{ position: number }>(
    pool,
    'select position from projection_skips where name = $1 and version = $2',
    [name, version],
  );
  return new Set(rows.map(({ position }) => position));
}

/** Inside the transaction that moves the checkpoint past the event. */
export async function putSkip(
  client: PoolClient,
  { name, version }: Projection,
  { position, error }: FailedEvent,
): Promise<void> {
  await client.query(
    `insert into projection_skips (name, version, position, error) values ($1, $2, $3, $4) on conflict do nothing`,
    [name, version, position, error],
  );
}

/** Stopped read models that another process has let go on look at their checkpoint again. */
export async function seeSkips(pool: Pool, models: readonly ReadModel[]): Promise<void> {
  const stopped = models.filter(({ alone }) => alone?.failed);
  if (stopped.length === 0) return;
  const checkpoints = await readCheckpoints(pool);
  const moved = stopped.filter(({ name, position }) => {
    const checkpoint = checkpoints.get(name);
    return checkpoint !== undefined && checkpoint.position > position;
  });
  await Promise.all(moved.map(({ alone }) => alone?.lookAgain()));
}
