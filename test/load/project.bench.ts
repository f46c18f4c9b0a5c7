import { InProcessLogSignal, type PgEventStore, PlanCache, StoreLogTail } from '#libs/event-store';
import { defaultTenant } from '#libs/events';
import type { Pool } from '#libs/postgres';
import { Projector, RunReader } from '#libs/projections';
import { timers } from './append-workload.ts';
import { withDatabase } from './bench-database.ts';
import { storeHistory } from './history-workload.ts';

const historyEvents = Number(process.env.BENCH_EVENTS ?? 400_000);
const rounds = 3;

/**
 * How many events per second the projector writes into the tables of all read models together, and what a new version of
 * one costs beside it: how long the start takes, how reads are answered until the swap.
 */
export async function run(): Promise<Record<string, number>> {
  return await withDatabase(async (pool) => {
    console.error(`storing ${historyEvents} events`);
    const store = await storeHistory(pool, historyEvents);
    const rates: number[] = [];
    for (let round = 1; round <= rounds; round += 1) {
      rates.push(await measureTables(pool, store));
      console.error(`round ${round}: ${rates.at(-1)} events/s into all tables`);
    }
    return {
      history_events: historyEvents,
      table_events_per_s: rates.toSorted((a, b) => a - b)[Math.floor(rates.length / 2)] ?? 0,
      table_events_per_s_best: Math.max(...rates),
      ...(await measureVersion(pool, store)),
    };
  });
}

/** From empty tables to the end of the log, all read models in one transaction a batch. */
async function measureTables(pool: Pool, store: PgEventStore): Promise<number> {
  const { incarnation, position } = await store.head();
  const empty = {
    ...store,
    readLog: async () => [],
    head: async () => ({ incarnation, position: 0 }),
  };
  const first = openProjector(pool, empty as unknown as PgEventStore);
  await pool.query('delete from projection_checkpoints');
  await first.start();
  await first.stop();
  const projector = openProjector(pool, store);
  const startMs = performance.now();
  await projector.start();
  if (!(await projector.waitFor(position, 600_000))) throw new Error('not there in time');
  const rate = Math.round((position * 1_000) / (performance.now() - startMs));
  await projector.stop();
  return rate;
}

async function measureVersion(pool: Pool, store: PgEventStore): Promise<Record<string, number>> {
  await pool.query(
    `update projection_checkpoints set version = version - 1 where name = 'run-detail'`,
  );
  const projector = openProjector(pool, store);
  const startMs = performance.now();
  await projector.start();
  const readyMs = performance.now();
  const reader = new RunReader(pool);
  const readMs: number[] = [];
  const [{ id = '' } = {}] = (await reader.list(defaultTenant, { limit: 1 })).items;
  const before = JSON.stringify(await reader.show(id));
  let changed = 0;
  while (projector.readable.olderOf(['run-detail']) !== undefined) {
    const askedMs = performance.now();
    if (
      projector.readable.unreadable.length > 0 ||
      JSON.stringify(await reader.show(id)) !== before
    )
      changed += 1;
    readMs.push(performance.now() - askedMs);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const doneMs = performance.now();
  if (JSON.stringify(await reader.show(id)) !== before) changed += 1;
  await projector.stop();
  return {
    version_start_ms: Math.round(readyMs - startMs),
    version_build_s: Math.round((doneMs - readyMs) / 100) / 10,
    version_build_events_per_s: Math.round((historyEvents * 1_000) / (doneMs - readyMs)),
    version_reads: readMs.length,
    version_reads_changed: changed,
    version_read_ms_max: Math.round(Math.max(...readMs)),
  };
}

function openProjector(pool: Pool, store: PgEventStore): Projector {
  const tail = new StoreLogTail({ store, signal: new InProcessLogSignal(timers), timers });
  const logger = {
    warn: (fields: object, text: string) => console.error(text, fields),
    error: (fields: object, text: string) => console.error(text, fields),
  };
  return new Projector({ pool, store, tail, timers, logger, plans: new PlanCache(store) });
}
