import { contractLifetimeMs, eventStoreContract } from './event-store.contract.ts';
import { MemoryEventStore } from './memory-event-store.ts';

eventStoreContract('MemoryEventStore', async () => {
  let nowMs = 1_760_000_000_000;
  const clock = {
    // A wall clock that jumps back now and then, as wall clocks do.
    nowMs: () => {
      nowMs += nowMs % 3 === 0 ? -5 : 1;
      return nowMs;
    },
    monotonicMs: () => nowMs,
  };
  const store = new MemoryEventStore(clock, {
    incarnation: '0199c000-0000-7000-8000-000000000000',
    commandLifetimeMs: contractLifetimeMs,
  });
  return {
    store,
    passTime: async () => {
      nowMs += contractLifetimeMs + 10;
    },
    end: () => store.close(),
  };
});
