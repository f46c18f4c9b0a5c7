import { operations } from '#libs/api-contract';
import { openPool, type Pool, startEmbeddedPostgres } from '#libs/postgres';
import { freshDirectory, TestServer } from '../scenarios/harness.ts';
import { storeHistory } from './history-workload.ts';

const historyEvents = Number(process.env.BENCH_EVENTS ?? 400_000);

/**
 * A server whose read models of runs were made by an older version: how long until it is ready, how reads are answered
 * until the new tables take their place, and whether the answers change by that.
 */
export async function run(): Promise<Record<string, number>> {
  const directory = freshDirectory();
  const { path: dataDir } = directory;
  try {
    await (await TestServer.start({ dataDir })).stop();
    console.error(`storing ${historyEvents} events`);
    await withPool(dataDir, 'millrace_app', (pool) => storeHistory(pool, historyEvents));
    const first = await TestServer.start({ dataDir });
    await untilCurrent(first);
    await first.stop();
    await withPool(dataDir, undefined, (pool) =>
      pool.query(
        `update projection_checkpoints set version = version - 1 where name in ('run-list', 'run-detail')`,
      ),
    );
    const startMs = performance.now();
    const server = await TestServer.start({ dataDir });
    const readyMs = performance.now() - startMs;
    try {
      return {
        history_events: historyEvents,
        ready_ms: Math.round(readyMs),
        ...(await watch(server)),
      };
    } finally {
      await server.stop();
    }
  } finally {
    directory.remove();
  }
}

/** Reads a list and a run, again and again, until nothing is built any more, and a second longer. */
async function watch({ client }: TestServer): Promise<Record<string, number>> {
  const startMs = performance.now();
  const list = () => client.call(operations.listRuns, { query: { limit: 50 } });
  const answers = new Set<string>();
  const readMs: number[] = [];
  let failed = 0;
  let doneMs = 0;
  while (doneMs === 0 || performance.now() - doneMs < 1_000) {
    const askedMs = performance.now();
    try {
      const { items } = await list();
      const run = await client.call(operations.showRun, { params: { id: items[0]?.id ?? '' } });
      // The executors of the history are declared lost meanwhile, so the log goes on.
      answers.add(JSON.stringify([items, { ...run, position: 0 }]));
    } catch (error) {
      console.error(String(error));
      failed += 1;
    }
    readMs.push(performance.now() - askedMs);
    const { items: models } = await client.call(operations.listProjections);
    if (doneMs === 0 && models.every(({ build }) => build === null)) doneMs = performance.now();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return {
    build_s: Math.round((doneMs - startMs) / 100) / 10,
    reads: readMs.length,
    reads_failed: failed,
    different_answers: answers.size,
    read_ms_p50: Math.round(readMs.toSorted((a, b) => a - b)[Math.floor(readMs.length / 2)] ?? 0),
    read_ms_max: Math.round(Math.max(...readMs)),
  };
}

async function untilCurrent({ client }: TestServer): Promise<void> {
  for (;;) {
    const { items } = await client.call(operations.listProjections);
    if (items.every(({ lag, build }) => lag === 0 && build === null)) return;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

async function withPool<Value>(
  dataDir: string,
  role: string | undefined,
  work: (pool: Pool) => Promise<Value>,
): Promise<void> {
  const server = await startEmbeddedPostgres({ dataDir });
  const pool = openPool(server.poolConfig(role), { max: 4, applicationName: 'bench' });
  try {
    await work(pool);
  } finally {
    await pool.end();
    await server.stop();
  }
}
