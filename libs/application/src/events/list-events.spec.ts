import { expect, it } from 'vitest';
import { allPermissions } from '#libs/api-contract';
import { type DomainEvent, defaultTenant, streamName } from '#libs/events';
import { uuidFromName } from '#libs/kernel';
import { MemoryEventStore } from '#libs/testkit';
import { Reading, type ReadingParts } from '../reading.ts';
import { ListEvents } from './list-events.ts';

const clock = { nowMs: () => 0, monotonicMs: () => 0 };
const runId = uuidFromName('run');
const caller = {
  origin: { tenant: defaultTenant, actor: 'system' },
  permissions: allPermissions,
};

/** A log of 45,000 events, of which the first and one late are of a rare type. */
async function longLog(): Promise<MemoryEventStore> {
  const store = new MemoryEventStore(clock, { incarnation: uuidFromName('log') });
  const usual = { type: 'run.cancel-requested', data: { by: 'user:admin', force: false } } as const;
  const rare: DomainEvent = {
    type: 'run.finished',
    data: { outcome: 'success', failedSteps: [] },
  };
  const events = Array.from({ length: 45_000 }, (_, at) =>
    at === 0 || at === 41_000 ? rare : usual,
  );
  await store.append([
    {
      stream: streamName('run', runId),
      expectedVersion: 0,
      events,
      origin: { tenant: defaultTenant, actor: 'system' },
    },
  ]);
  return store;
}

const partsOf = (store: MemoryEventStore) => ({
  store,
  reading: new Reading({ store } as unknown as ReadingParts),
});

it('looks for rare types in bounded pieces, and pages on over those that are empty', async () => {
  const store = await longLog();
  const spans: number[] = [];
  const scanLog = (options: Parameters<typeof store.scanLog>[0]) => {
    spans.push(options.span);
    return store.scanLog(options);
  };
  const list = new ListEvents({ ...partsOf(store), store: { readLog: store.readLog, scanLog } });
  const pages: number[][] = [];
  for (let cursor: string | undefined | null; cursor !== null; ) {
    const query = { after: 0, limit: 50, types: ['run.finished'], cursor };
    const answer = await list.execute(caller, query);
    if (!answer.ok) expect.fail(answer.refusal.message);
    pages.push(answer.value.items.map(({ position }) => position));
    cursor = answer.value.next;
  }
  expect(pages).toEqual([[1], [], [41_001]]);
  expect(spans).toEqual([20_000, 20_000, 20_000]);
});

it('refuses a type that does not exist, and a cursor that is not its own', async () => {
  const store = await longLog();
  const list = new ListEvents(partsOf(store));
  const query = { after: 0, limit: 50 };
  expect(await list.execute(caller, { ...query, types: ['run.finishd'] })).toMatchObject({
    refusal: { code: 'request.invalid', message: 'there is no event type run.finishd' },
  });
  expect(await list.execute(caller, { ...query, cursor: 'x' })).toMatchObject({
    refusal: { code: 'request.cursor' },
  });
});

it('refuses a position that the log has not come to: a reader who has it has read another log', async () => {
  const list = new ListEvents(partsOf(await longLog()));
  for (const types of [undefined, ['run.finished']]) {
    const answer = await list.execute(caller, { after: 45_001, limit: 50, types });
    expect(answer).toMatchObject({
      refusal: {
        code: 'position.not-reached',
        message: 'the log ends at position 45000, so 45001 is not of this log',
        hint: expect.stringContaining('from the beginning'),
      },
    });
  }
  const atEnd = await list.execute(caller, { after: 45_000, limit: 50 });
  expect(atEnd).toEqual({ ok: true, value: { items: [], next: null } });
});
