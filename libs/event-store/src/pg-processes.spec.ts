import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RecordedEvent } from '#libs/events';
import { startTestPostgres, type TestDatabase } from '#libs/testkit';
import { freshRun, freshUuid, origin } from './event-store.contract.ts';
import { StoreLogTail } from './log-tail.ts';
import { MailboxDeciderRunner } from './mailbox-runner.ts';
import { appenderFor, clock, noteDecider, timers } from './note-decider.contract.ts';
import { PgEventStore } from './pg-event-store.ts';
import { PlanCache } from './plan-cache.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await (await startTestPostgres()).freshDatabase();
});
afterAll(() => database.close());

/** What a process of Millrace has of the log. */
function openProcess() {
  const store = new PgEventStore(database.appPool());
  const { appender, signal } = appenderFor(store);
  const tail = new StoreLogTail({ store, signal, timers });
  appender.onAppended((events) => tail.feed(events));
  const runner = new MailboxDeciderRunner({ store, appender, plans: new PlanCache(store), clock });
  return { store, runner, tail };
}

async function followTo(tail: StoreLogTail, count: number): Promise<readonly RecordedEvent[]> {
  const abort = new AbortController();
  const events: RecordedEvent[] = [];
  for await (const batch of tail.follow(0, { abort: abort.signal })) {
    events.push(...batch);
    if (events.length >= count) abort.abort();
  }
  return events;
}

it('two processes decide on the same streams and see the same log', async () => {
  const processes = [openProcess(), openProcess()];
  const streams = [freshRun(), freshRun(), freshRun()];
  const commands = Array.from({ length: 60 }, (_, at) => ({
    text: `${at}`,
    commandId: freshUuid(),
  }));
  const logs = Promise.all(processes.map(({ tail }) => followTo(tail, commands.length)));
  // Each command goes to both: one of them appends, the other hears of the first answer.
  const answers = await Promise.all(
    commands.flatMap(({ text, commandId }, at) =>
      processes.map(({ runner }) =>
        runner.run(
          noteDecider,
          streams[at % 3] ?? freshRun(),
          { kind: 'note', text },
          { ...origin, commandId },
        ),
      ),
    ),
  );
  const given = answers.filter((answer) => answer.ok);
  expect(given.filter(({ isRepeat }) => !isRepeat)).toHaveLength(commands.length);
  expect(given.filter(({ isRepeat }) => isRepeat)).toHaveLength(commands.length);

  const [one = [], two = []] = await logs;
  const [{ store, runner } = openProcess()] = processes;
  expect(one).toEqual(await store.readLog({ after: 0 }));
  expect(two).toEqual(one);
  for (const stream of streams) {
    const { state, version } = await runner.load(noteDecider, stream);
    const own = one.filter((event) => event.stream === stream);
    expect(state.notes.map(({ position }) => position)).toEqual(
      own.map(({ position }) => position),
    );
    expect(version).toBe(own.length);
  }
});
