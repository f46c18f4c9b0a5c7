import { type Pool, type PoolClient, queryRows } from '#libs/postgres';
import type { FailedEvent, Subscription } from '#libs/subscriptions';
import { readCheckpoints } from './checkpoints.ts';
import type { Projection } from './projection.ts';

/** A read model that may follow the log by itself. */
interface FollowingModel {
  readonly name: string;
  readonly position: number;
  readonly alone: Pick<Subscription, 'failed' | 'lookAgain'> | undefined;
}

/** Events that a version of a read model has passed over. */
export interface SkippedEvents {
  readonly count: number;
  /** The position of the newest one; null if there is none. */
  readonly newest: number | null;
}

/** What each read model has passed over, by its name and version. */
export async function countSkips(
  pool: Pool,
): Promise<(projection: Pick<Projection, 'name' | 'version'>) => SkippedEvents> {
  const rows = await queryRows<SkippedEvents & { readonly model: string }>(
    pool,
    `select name || ' ' || version as model, count(*)::int as count, max(position) as newest
     from projection_skips group by name, version`,
    [],
  );
  const found = new Map(rows.map(({ model, count, newest }) => [model, { count, newest }]));
  return ({ name, version }) => found.get(`${name} ${version}`) ?? { count: 0, newest: null };
}

/** The positions that this version of a read model passes over. A new version and a rebuild try them again. */
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
export async function seeSkips(pool: Pool, models: readonly FollowingModel[]): Promise<void> {
  const stopped = models.filter(({ alone }) => alone?.failed);
  if (stopped.length === 0) return;
  const checkpoints = await readCheckpoints(pool);
  const moved = stopped.filter(({ name, position }) => {
    const checkpoint = checkpoints.get(name);
    return checkpoint !== undefined && checkpoint.position > position;
  });
  await Promise.all(moved.map(({ alone }) => alone?.lookAgain()));
}

/** Forgets the skips of a read model but for some, inside the transaction that puts new tables in place. */
export async function forgetOtherSkips(
  client: PoolClient,
  { name, version }: Projection,
  kept: ReadonlySet<number>,
): Promise<void> {
  await client.query(
    'delete from projection_skips where name = $1 and version = $2 and position <> all($3::bigint[])',
    [name, version, [...kept]],
  );
}
