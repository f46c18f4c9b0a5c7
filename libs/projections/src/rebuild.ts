import type { EventStore, PlanCache } from '#libs/event-store';
import { Fault } from '#libs/kernel';
import { inTransaction, type Pool, type PoolClient } from '#libs/postgres';
import { putCheckpoint } from './checkpoints.ts';
import type { Projection } from './projection.ts';
import { applyBatch, plansOf, readSchema, type TableName } from './read-model-writer.ts';

const batchMax = 2_000;
/** The rest that is applied while the live batches wait, at most. */
const lastStretch = 500;

const draftTable: TableName = (table) => `${readSchema}.${table}_rebuild`;

interface RebuildContext {
  readonly incarnation: string;
  /** Where the live tables are. */
  position(): number;
  /** Runs work while no live batch is applied. */
  swap<Value>(work: () => Promise<Value>): Promise<Value>;
  /** Aborted: the rebuild is given up between two batches; what it has built is thrown away by the next one. */
  readonly stopping: AbortSignal;
}

/** Builds a projection's tables from the first event up to where the live ones are, then takes their place. */
export async function rebuildTables(
  parts: { readonly pool: Pool; readonly store: EventStore; readonly plans: PlanCache },
  projection: Projection,
  context: RebuildContext,
): Promise<void> {
  await inTransaction(parts.pool, (client) => createDrafts(client, projection));
  let position = 0;
  const advance = async (end: number) => {
    while (position < end) {
      if (context.stopping.aborted) throw new Fault('server.draining', 'backoff', 'given up');
      const batch = (await parts.store.readLog({ after: position, limit: batchMax })).filter(
        (event) => event.position <= end,
      );
      const last = batch.at(-1);
      if (!last) return;
      const plans = await plansOf(batch, parts.plans);
      await inTransaction(parts.pool, (client) =>
        applyBatch(client, [projection], batch, { plans, nameOf: draftTable }),
      );
      position = last.position;
    }
  };
  while (context.position() - position > lastStretch) await advance(context.position());
  await context.swap(async () => {
    const { name, version } = projection;
    const { incarnation } = context;
    await advance(context.position());
    await inTransaction(parts.pool, async (client) => {
      for (const table of projection.tables) {
        await client.query(`drop table ${readSchema}.${table.name}`);
        await client.query(`alter table ${draftTable(table.name)} rename to ${table.name}`);
      }
      await putCheckpoint(client, { name, version, position: context.position(), incarnation });
    });
  });
}

/** What could not be applied is found again, or is mended now. */
async function createDrafts(client: PoolClient, projection: Projection): Promise<void> {
  await client.query('delete from projection_failures where name = $1', [projection.name]);
  for (const { name } of projection.tables) {
    await client.query(`drop table if exists ${draftTable(name)}`);
    await client.query(
      `create table ${draftTable(name)} (like ${readSchema}.${name} including all)`,
    );
  }
}
