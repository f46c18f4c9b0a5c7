import type { EventStore, LogHead } from '#libs/event-store';
import { type Pool, postgresFault } from '#libs/postgres';
import { isUsable, readCheckpoints, type TableCheckpoint } from './checkpoints.ts';
import { createEmpty } from './drafts.ts';
import type { Projection } from './projection.ts';
import type { ReadModel } from './read-model.ts';
import { storedColumns } from './stored-columns.ts';
import {
  hasTables,
  olderTables,
  type StoredColumn,
  statedTables,
  type TableSet,
} from './table-set.ts';
import { writeTransaction } from './write-transaction.ts';

/** What the database says of the read models' tables. */
export interface FoundTables {
  readonly checkpoints: ReadonlyMap<string, TableCheckpoint>;
  readonly stored: readonly StoredColumn[];
  /** Read last: another process may move a checkpoint while they are read, never beyond this. */
  readonly head: LogHead;
}

export interface FindParts {
  readonly pool: Pool;
  readonly store: Pick<EventStore, 'head'>;
}

export async function findTables(
  { pool, store }: FindParts,
  models: readonly ReadModel[],
): Promise<FoundTables> {
  const names = models.flatMap(({ projection }) => projection.tables.map(({ name }) => name));
  const checkpoints = await readCheckpoints(pool);
  const stored = await storedColumns(pool, names).catch((error) => {
    throw postgresFault(error);
  });
  return { checkpoints, stored, head: await store.head() };
}

/** Notes which tables of a read model may be read, and how far they are. None may if they are of another log. */
export function placeModel(model: ReadModel, found: FoundTables): void {
  const checkpoint = found.checkpoints.get(model.name);
  const tables = usableTables(model.projection, found);
  // Tables that older code has put in the place of newer ones lack whatever it does not know.
  const isTakenOver = model.live !== undefined && tables && tables.version < model.live.version;
  model.live = isTakenOver ? undefined : tables;
  if (model.live === undefined || checkpoint === undefined) return;
  model.position = checkpoint.position;
  model.incarnation = checkpoint.incarnation;
}

/**
 * Places those that follow the log with the others and whose tables have gone, or have been replaced by another process.
 *
 * @returns these
 */
export async function placeReplaced(
  parts: FindParts,
  models: readonly ReadModel[],
): Promise<readonly ReadModel[]> {
  const follows = ({ isMember, build }: ReadModel) => isMember && build === undefined;
  const found = await findTables(parts, models);
  const replaced = models.filter((model) => follows(model) && isReplaced(model, found));
  for (const model of replaced) placeModel(model, found);
  return replaced;
}

function isReplaced({ name, projection, live }: ReadModel, found: FoundTables): boolean {
  if (found.checkpoints.get(name)?.version !== live?.version) return true;
  return usableTables(projection, found) === undefined;
}

function usableTables(
  projection: Projection,
  { checkpoints, stored, head }: FoundTables,
): TableSet | undefined {
  const checkpoint = checkpoints.get(projection.name);
  if (!isUsable(checkpoint, head)) return undefined;
  if (checkpoint.version !== projection.version)
    return olderTables(projection, checkpoint.version, stored);
  return hasTables(projection, stored) ? statedTables(projection) : undefined;
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
