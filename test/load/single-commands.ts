import {
  Appender,
  InProcessLogSignal,
  MailboxDeciderRunner,
  PgEventStore,
  PlanCache,
  type StreamDecider,
} from '#libs/event-store';
import type { DomainEvent } from '#libs/events';
import { accept } from '#libs/kernel';
import type { Pool } from '#libs/postgres';
import { clock, eventsOf, freshUuid, ids, originOf, timers } from './append-workload.ts';

const offeredPerSecond = 1_000;
const warmUpMs = 3_000;
const measuredMs = 10_000;
/** Commands that each stream gets, one event each; the first finds an unknown stream and has to look for it. */
const commandsPerStream = 5;

const decider: StreamDecider<number, readonly DomainEvent[], DomainEvent> = {
  initialState: 0,
  decide: (events) => accept(...events),
  evolve: (state) => state + 1,
};

/** Offered at a fixed rate, whatever the answers do; each is timed from the moment it was due. */
export async function measureSingles(pool: Pool): Promise<Record<string, number>> {
  const store = new PgEventStore(pool);
  const signal = new InProcessLogSignal(timers);
  const appender = new Appender({ store, signal, clock, timers, ids, random: Math.random });
  const runner = new MailboxDeciderRunner({ store, appender, plans: new PlanCache(store), clock });
  const latencies: number[] = [];
  const commands: Promise<void>[] = [];
  let run = freshUuid();
  const start = performance.now();
  const count = ((warmUpMs + measuredMs) * offeredPerSecond) / 1_000;
  for (let sent = 0; sent < count; ) {
    const dueMs = (sent * 1_000) / offeredPerSecond;
    if (performance.now() - start < dueMs) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      continue;
    }
    if (sent % commandsPerStream === 0) run = freshUuid();
    commands.push(
      runner.run(decider, `run-${run}`, eventsOf(1), originOf(run)).then((answer) => {
        if (!answer.ok) throw new Error(answer.rejection.message);
        if (dueMs >= warmUpMs) latencies.push(performance.now() - start - dueMs);
      }),
    );
    sent += 1;
  }
  await Promise.all(commands);
  latencies.sort((a, b) => a - b);
  console.error(`single commands: ${latencies.length} at ${offeredPerSecond} offered per second`);
  return {
    single_ms_p50: percentile(latencies, 0.5),
    single_ms_p99: percentile(latencies, 0.99),
  };
}

function percentile(sorted: readonly number[], share: number): number {
  const value = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return Math.round(value * 100) / 100;
}
