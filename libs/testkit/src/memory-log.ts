import {
  Appender,
  InProcessLogSignal,
  MailboxDeciderRunner,
  PlanCache,
  type PreparedAppend,
  type StagedBatch,
  StoreLogTail,
} from '#libs/event-store';
import { type Clock, Fault, type Ids, type Timers } from '#libs/kernel';
import { MemoryEventStore } from '../../event-store/src/memory-event-store.ts';

/** The log of a simulated world. Processes come and go, the log stays; now and then it cannot be reached. */
export class SimulatedLog extends MemoryEventStore {
  isAway = false;

  constructor(clock: Clock) {
    super(clock, { incarnation: '00000000-0000-8000-8000-000000000000' });
  }

  override stage(batch: readonly PreparedAppend[]): StagedBatch {
    const send = super.stage(batch);
    return async () => {
      this.#reach();
      return await send();
    };
  }

  override async readStream(...args: Parameters<MemoryEventStore['readStream']>) {
    this.#reach();
    return await super.readStream(...args);
  }

  override async readLog(...args: Parameters<MemoryEventStore['readLog']>) {
    this.#reach();
    return await super.readLog(...args);
  }

  override async head() {
    this.#reach();
    return await super.head();
  }

  #reach(): void {
    if (this.isAway) throw new Fault('log.unavailable', 'backoff', 'the log is away');
  }
}

let processes = 0;

/** The same ids in the same order each time that a world is played. */
function countedIds(): Ids {
  processes += 1;
  const process = processes;
  let count = 0;
  return {
    uuid: () => {
      count += 1;
      const digits = (value: number, length: number) => value.toString(16).padStart(length, '0');
      return `${digits(process, 8)}-0000-7000-8000-${digits(count, 12)}`;
    },
  };
}

/** One simulated process beside the log: its own runner, tail and caches. */
export function logProcess(store: MemoryEventStore, clock: Clock & Timers) {
  const signal = new InProcessLogSignal(clock);
  const ids = countedIds();
  const appender = new Appender({ store, signal, clock, timers: clock, ids, random: () => 0.5 });
  const plans = new PlanCache(store);
  const runner = new MailboxDeciderRunner({ store, appender, plans, clock });
  const tail = new StoreLogTail({ store, signal, timers: clock });
  appender.onAppended((events) => tail.feed(events));
  return { store, plans, runner, tail };
}

export type LogProcess = ReturnType<typeof logProcess>;
