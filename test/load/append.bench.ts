import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Appender, InProcessLogSignal, PgEventStore } from '#libs/event-store';
import type { DomainEvent } from '#libs/events';
import { migrate, openPool, type Pool, startEmbeddedPostgres } from '#libs/postgres';
import { clock, eventsOf, freshUuid, ids, originOf, timers } from './append-workload.ts';
import { floorStyles, makeFloorTable } from './floor.ts';
import { measureSingles } from './single-commands.ts';

/** Each measurement of throughput stores this many events. */
const eventsPerRound = 40_000;
/** Alternating, so that a busy moment of the machine hits floor and log alike. */
const rounds = 5;
/** Events that callers keep in flight: what a loaded process has waiting. */
const eventsInFlight = 4_000;

/**
 * How many events per second one process appends, against bare `pg` inserting the same rows into the same kind of table
 * (partitioned, same keys), 1,000 per statement, by whichever of two styles is faster; all durable. And what a single
 * command waits for.
 */
export async function run(): Promise<Record<string, number>> {
  const dataDir = mkdtempSync(join(tmpdir(), 'millrace-bench-'));
  const server = await startEmbeddedPostgres({ dataDir });
  const owner = openPool(server.poolConfig(), {
    max: 1,
    applicationName: 'bench-floor',
    // A checkpoint of everything that was written.
    answerWithinMs: 60_000,
  });
  const pool = openPool(server.poolConfig('millrace_app'), { max: 4, applicationName: 'bench' });
  try {
    await migrate(owner, { dir: join(import.meta.dirname, '..', '..', 'migrations') });
    const throughput = await measureThroughput(owner, pool);
    const singles = await measureSingles(pool);
    return { ...throughput, ...singles };
  } finally {
    await pool.end();
    await owner.end();
    await server.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

async function measureThroughput(owner: Pool, pool: Pool): Promise<Record<string, number>> {
  await makeFloorTable(owner);
  const rates: Record<string, number[]> = { five: [], one: [], values: [], unnest: [] };
  for (let round = 0; round <= rounds; round += 1) {
    const measured = {
      values: await measureFloor(owner, 'values'),
      five: await measureLog(pool, 5),
      unnest: await measureFloor(owner, 'unnest'),
      one: await measureLog(pool, 1),
    };
    // The first round warms up: plans, caches, just-in-time code, the files' space on disk.
    if (round === 0) continue;
    for (const [name, rate] of Object.entries(measured)) rates[name]?.push(rate);
    console.error(`round ${round}: ${JSON.stringify(measured)} events/s`);
  }
  const floors = [median(rates.values), median(rates.unnest)];
  const floor = Math.max(...floors);
  return {
    events_per_s: Math.max(...(rates.five ?? [])),
    events_per_s_median_5: median(rates.five),
    events_per_s_median_1: median(rates.one),
    floor_events_per_s: floor,
    floor_values_events_per_s: floors[0] ?? 0,
    floor_unnest_events_per_s: floors[1] ?? 0,
    ratio_5: round2(median(rates.five) / floor),
    ratio_1: round2(median(rates.one) / floor),
  };
}

async function measureFloor(owner: Pool, style: keyof typeof floorStyles): Promise<number> {
  const rowsPerStatement = 1_000;
  await owner.query('checkpoint');
  const insert = await floorStyles[style](owner);
  return await rateOf(async () => {
    for (let stored = 0; stored < eventsPerRound; stored += rowsPerStatement) {
      await insert(rowsPerStatement);
    }
  });
}

/** Callers that each append to a fresh stream, wait for the answer, and begin again. */
async function measureLog(pool: Pool, eventsPerAppend: 1 | 5): Promise<number> {
  await pool.query('select 1');
  const store = new PgEventStore(pool);
  const signal = new InProcessLogSignal(timers);
  const appender = new Appender({ store, signal, clock, timers, ids, random: Math.random });
  let left = eventsPerRound / eventsPerAppend;
  const caller = async () => {
    while (left > 0) {
      left -= 1;
      const run = freshUuid();
      const events: readonly DomainEvent[] = eventsOf(eventsPerAppend);
      const append = {
        stream: `run-${run}`,
        expectedVersion: 0,
        events,
        origin: originOf(run),
      } as const;
      const answer = await appender.append(append);
      if (answer.kind !== 'appended') throw new Error(`an append ended as ${answer.kind}`);
    }
  };
  const callers = eventsInFlight / eventsPerAppend;
  return await rateOf(() => Promise.all(Array.from({ length: callers }, caller)));
}

async function rateOf(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return Math.round((eventsPerRound * 1_000) / (performance.now() - start));
}

function median(values: readonly number[] = []): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

function round2(value: number): number {
  return Math.round(value * 100) / 100;
}
