import type { Clock, Fault, Ids, Timers } from '#libs/kernel';
import type { Pool } from '#libs/postgres';
import type { Logger } from '#libs/telemetry';
import { Appender } from './appender.ts';
import type { EventStore } from './event-store.ts';
import { InProcessLogSignal } from './in-process-log-signal.ts';
import { StoreLogTail } from './log-tail.ts';
import { MailboxDeciderRunner } from './mailbox-runner.ts';
import { PgEventStore } from './pg-event-store.ts';
import { PlanCache } from './plan-cache.ts';
import type { DeciderRunner, LogTail } from './runner.ts';

/** The log with everything in this process that works on it. A process has one. */
export interface EventLog {
  readonly store: EventStore;
  /** The only way to write. */
  readonly runner: DeciderRunner;
  readonly tail: LogTail;
  readonly plans: PlanCache;
}

export interface EventLogParts {
  /** For the log alone: readers must not delay an append. The caller closes it. */
  readonly pool: Pool;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly ids: Ids;
  /** [0, 1). */
  readonly random: () => number;
  readonly logger: Logger;
  /** A newer version of the server wrote an event: this process must end, since it cannot go on behind it. Must not throw. */
  readonly onNewer: (fault: Fault) => void;
}

/** Opens the log over Postgres. There is nothing to close. */
export function openLog({ pool, logger, onNewer, ...system }: EventLogParts): EventLog {
  const { clock, timers } = system;
  const store = new PgEventStore(pool, { onNewer });
  const signal = new InProcessLogSignal(timers);
  const appender = new Appender({ ...system, store, signal });
  const plans = new PlanCache(store);
  const runner = new MailboxDeciderRunner({ store, appender, plans, clock });
  const tail = new StoreLogTail({
    store,
    signal,
    timers,
    onFault: (fault) => logger.warn({ error: fault.message }, 'the log cannot be read'),
  });
  appender.onAppended((events) => tail.feed(events));
  return { store, runner, tail, plans };
}
