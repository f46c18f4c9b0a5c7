import { expect, it } from 'vitest';
import type { ServerState } from '#libs/api-contract';
import { type DomainEvent, defaultTenant, type StreamName } from '#libs/events';
import { logProcess, namedUuid, SimulatedLog, VirtualClock } from '#libs/testkit';
import { wakeByLog } from './wake-by-log.ts';

const executor = {
  type: 'executor.lost',
  data: { why: 'left' },
} as const satisfies DomainEvent;
const cancel = {
  type: 'run.cancel-requested',
  data: { by: 'user:admin', force: false },
} as const satisfies DomainEvent;

/** A process at rest, and another on the same log. */
async function resting() {
  const clock = new VirtualClock();
  const store = new SimulatedLog(clock);
  const append = async (stream: StreamName, event: DomainEvent) => {
    const origin = { tenant: defaultTenant, actor: 'system' };
    await store.append([{ stream, expectedVersion: 0, events: [event], origin }]);
  };
  let status: ServerState['status'] = 'at-rest';
  const heard: string[] = [];
  const life = {
    get status() {
      return status;
    },
    heed(events: readonly { readonly type: string }[]) {
      heard.push(...events.map(({ type }) => type));
      if (heard.includes('run.cancel-requested')) status = 'working';
    },
  };
  await append(`run-${namedUuid('before')}`, cancel);
  const logger = { warn: () => {}, error: () => {} };
  const parts = { ...logProcess(store, clock), timers: clock, logger };
  const waking = await wakeByLog(parts, life);
  return { clock, append, heard, waking };
}

it('hears of what another process accepted, from the moment on that it was asked to', async () => {
  const { clock, append, heard, waking } = await resting();
  await append(`executor-${namedUuid('lost')}`, executor);
  await clock.until(() => heard.length === 1, 1_000);
  await append(`run-${namedUuid('next')}`, cancel);
  await clock.until(() => heard.length === 2, 1_000);
  expect(heard).toEqual(['executor.lost', 'run.cancel-requested']);
  await waking.stop();
});

it('no longer follows the log when the process works', async () => {
  const { clock, append, heard, waking } = await resting();
  await append(`run-${namedUuid('next')}`, cancel);
  await clock.until(() => heard.length === 1, 1_000);
  await clock.advance(100);
  await append(`executor-${namedUuid('lost')}`, executor);
  await clock.advance(10_000);
  expect(heard).toEqual(['run.cancel-requested']);
  await waking.stop();
});
