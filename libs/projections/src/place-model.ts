import type { LogHead } from '#libs/event-store';
import type { Pool } from '#libs/postgres';
import { readCheckpoints, type TableCheckpoint } from './checkpoints.ts';
import { createEmpty } from './drafts.ts';
import type { ReadModel } from './read-model.ts';
import { storedColumns } from './stored-columns.ts';
import { olderTables, statedTables } from './table-set.ts';
import { writeTransaction } from './write-transaction.ts';

/** What the database says of a read model's tables, at a head of the log. */
export interface FoundTables {
  readonly checkpoint: TableCheckpoint | undefined;
  readonly head: LogHead;
}

/** Notes which tables of a read model may be read, and how far they are. None may if they are of another log. */
export async function placeModel(
  pool: Pool,
  model: ReadModel,
  { checkpoint, head }: FoundTables,
): Promise<void> {
  const { projection } = model;
  const isUsable =
    checkpoint?.incarnation === head.incarnation && checkpoint.position <= head.position;
  if (!isUsable) {
    model.live = undefined;
    return;
  }
  model.live =
    checkpoint.version === projection.version
      ? statedTables(projection)
      : olderTables(projection, checkpoint.version, await storedColumns(pool, projection));
  model.position = checkpoint.position;
  model.incarnation = checkpoint.incarnation;
}

/** At the beginning of a log there is nothing to build. */
export async function createMissing(
  pool: Pool,
  models: readonly ReadModel[],
  head: LogHead,
): Promise<void> {
  const checkpoints = await readCheckpoints(pool);
  const missing = models.filter(({ name, projection }) => {
    const found = checkpoints.get(name);
    return found?.incarnation !== head.incarnation || found.version !== projection.version;
  });
  if (missing.length === 0) return;
  await writeTransaction(pool, async (client) => {
    for (const { projection } of missing) await createEmpty(client, projection, head.incarnation);
  });
}

/**
 * A process that runs leaves tables of a newer version alone, for another process has raised it. One that starts builds its
 * own: it is what somebody wants to run now.
 */
export function asksForBuild({ live, build, projection }: ReadModel, isFirst: boolean): boolean {
  if (build !== undefined) return false;
  if (live === undefined || live.version < projection.version) return true;
  return isFirst && live.version > projection.version;
}
