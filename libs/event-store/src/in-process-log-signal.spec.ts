import { describe, expect, it } from 'vitest';
import { InProcessLogSignal } from './in-process-log-signal.ts';
import { timers } from './note-decider.contract.ts';

describe('InProcessLogSignal', () => {
  it('wakes who waits for a position, and only those', async () => {
    const signal = new InProcessLogSignal(timers);
    const woken: number[] = [];
    const waits = [0, 5].map((after) =>
      signal.waitFor(after, 60_000).then(() => woken.push(after)),
    );
    signal.notify(3);
    await waits[0];
    expect(woken).toEqual([0]);
    signal.notify(2);
    signal.notify(6);
    await Promise.all(waits);
    expect(woken).toEqual([0, 5]);
  });

  it('does not wait for what was notified before', async () => {
    const signal = new InProcessLogSignal(timers);
    signal.notify(3);
    await signal.waitFor(2, 60_000);
  });

  it('ends with the time, and with the abort', async () => {
    const signal = new InProcessLogSignal(timers);
    await signal.waitFor(0, 1);
    const abort = new AbortController();
    const wait = signal.waitFor(0, 60_000, abort.signal);
    abort.abort();
    await wait;
    await signal.waitFor(0, 60_000, abort.signal);
  });
});
