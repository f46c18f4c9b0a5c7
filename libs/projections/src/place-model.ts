import type { LogHead } from '#libs/event-store';
import type { Pool } from '#libs/postgres';
import type { TableCheckpoint } from './checkpoints.ts';
import type { ReadModel } from './read-model.ts';
import { storedColumns } from './stored-columns.ts';
import { olderTables, statedTables } from './table-set.ts';

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
