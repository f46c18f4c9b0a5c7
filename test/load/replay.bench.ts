import { PlanCache } from '#libs/event-store';
import type { RecordedEvent } from '#libs/events';
import { SchedulerState } from '#libs/scheduling';
import { withDatabase } from './bench-database.ts';
import { plan, readHistory, storeHistory } from './history-workload.ts';

const historyEvents = Number(process.env.BENCH_EVENTS ?? 400_000);
const rounds = 5;

/** How many events per second the scheduler's fold takes from memory, and how many per second are read for it. */
export async function run(): Promise<Record<string, number>> {
  return await withDatabase(async (pool) => {
    console.error(`storing ${historyEvents} events`);
    const store = await storeHistory(pool, historyEvents);
    await new PlanCache(store).load([]);
    const readFromMs = performance.now();
    const events = await readHistory(store);
    const readMs = performance.now() - readFromMs;
    const rates = Array.from({ length: rounds }, () => fold(events));
    console.error(`rounds: ${rates.join(', ')} events/s`);
    return {
      history_events: events.length,
      folded_events_per_s: rates.toSorted((a, b) => a - b)[Math.floor(rounds / 2)] ?? 0,
      folded_events_per_s_best: Math.max(...rates),
      read_events_per_s: Math.round((events.length * 1_000) / readMs),
    };
  });
}

function fold(events: readonly RecordedEvent[]): number {
  const state = new SchedulerState();
  const startMs = performance.now();
  for (const event of events) state.apply(event, () => plan);
  return Math.round((events.length * 1_000) / (performance.now() - startMs));
}
